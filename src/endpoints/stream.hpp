// A stream: its head is sent at once, then whatever there is to say while the client listens. No
// sockets here: the server asks a stream for its next bytes. Used on one serving thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "http/response.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::endpoints {

class Stream {
  public:
    virtual ~Stream() = default;
    // Appends the bytes to send now, at most about 64 KiB if they can be split. The server asks at
    // the begin, after each publication, when `next()` has come, and when all former bytes were
    // taken. It never asks while bytes wait for a slow reader, so the stream must find out by
    // itself what it has missed.
    virtual void pull(std::string& out, Steady now) = 0;
    // When to ask again even if nothing was published.
    virtual Steady next() const noexcept = 0;
    // After pull(): there is more to say at once.
    virtual bool more() const noexcept { return false; }
    // After pull(): that was the last of it.
    virtual bool over() const noexcept { return false; }
    // The server ends it: appends its last words.
    virtual void end(std::string& out) = 0;
    // Bytes of memory that it holds, alone.
    virtual std::size_t held() const noexcept = 0;
};

// Without a stream, the head is the whole answer.
struct Streamed {
    http::Response head;
    std::unique_ptr<Stream> stream;
};

// All streams of a thread are due at the same moments, so a thousand of them wake it once.
inline Steady next_beat(Steady now, std::chrono::milliseconds every = std::chrono::seconds(5)) {
    const Steady::duration step = every;
    return Steady((now.time_since_epoch() / step + 1) * step);
}

}  // namespace vitals::endpoints
