// One connection of HTTP/2 (RFC 9113) as its server sees it, without the socket: bytes in, requests
// out; answers in, bytes out. nghttp2 reads frames and compresses fields. A request's fields become
// the head of an HTTP/1 request, so that the same parser judges both. Pure, no time of its own;
// fuzzed.
//
// What a peer may cost is bounded: requests at once, bytes of a head and of a body, resets, frames
// that carry nothing, and answers to such frames. Beyond that the connection ends with a GOAWAY
// that says so.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "http/answer.hpp"
#include "http/request.hpp"
#include "http/response.hpp"

struct nghttp2_session;

namespace vitals::http {

// What a client says first (RFC 9113, section 3.4).
inline constexpr std::string_view http2_preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

struct Http2Limits {
    std::uint32_t requests = 100;  // at once
    std::size_t head = 8 * 1024;   // bytes of a head, as HTTP/1 would write it
    std::size_t body = 64 * 1024;
};

class Http2Session {
  public:
    using Stream = std::int32_t;
    // `head`: a request's head is there. `body`: all of its body is. `gone`: whatever was under way
    // on that stream is over; it is not known any more.
    enum class What : std::uint8_t { head, body, gone };
    struct Event {
        What what;
        Stream stream;
    };
    // Told of a session by nghttp2; defined in the source file.
    struct Callbacks;

    explicit Http2Session(const Http2Limits& limits);
    ~Http2Session();
    Http2Session(const Http2Session&) = delete;
    Http2Session& operator=(const Http2Session&) = delete;

    // Takes bytes as they came. `now` is any monotonic time: frames that carry nothing are bounded
    // per second. False: the peer broke the protocol; what is still to be sent says so.
    bool receive(std::string_view bytes, std::chrono::steady_clock::time_point now);
    // What came of it, in order. A stream that is gone has no other event after that.
    bool next(Event& event);

    // Of a stream whose head was told and that is not gone. The head points into the session's
    // memory, until the stream is answered.
    std::expected<Head, Refusal> head(Stream stream);
    // Its body is wanted, and told once it is whole. Without it a body is counted and thrown away.
    // `most`: of a body of any length up to that, the end is kept, as much as a body may have; 0: a
    // body may be no longer than it is kept.
    void want_body(Stream stream, std::size_t most = 0);
    // True when the body is longer than it may be: no event follows but `gone`.
    bool body_too_long(Stream stream) const;
    std::string take_body(Stream stream);
    // Tells a client that waits for it to go on.
    void send_continue(Stream stream);

    // Answers. A stream that is gone is passed over.
    void answer(Stream stream, std::shared_ptr<const Rendered> rendered, bool head_only);
    // A head without a body; `fields` begin with `:status`, names in lower case.
    void answer(Stream stream, const Pairs& fields);
    // The head of an answer that goes on.
    void begin(Stream stream, const Rendered& head);
    void begin(Stream stream, const Pairs& fields);
    void say(Stream stream, std::string_view bytes);
    void finish(Stream stream, Pairs trailers = {});
    // Without an answer: RFC 9113's error code. 8: cancelled.
    void reset(Stream stream, std::uint32_t code = 8);
    // Bytes of the answer that have not gone out.
    std::size_t unsent(Stream stream) const;

    // No new requests; those under way are answered. Once.
    void say_goodbye();
    // A part of what is to be sent; sent() says how much of it was. Empty: nothing may be sent now.
    std::string_view output();
    void sent(std::size_t count);
    // The peer gave no room for answers that are there (its windows are full).
    bool waits_for_window() const noexcept;
    // Nothing will follow in either direction, once output() is empty.
    bool over() const noexcept;

    bool greeted() const noexcept { return greeted_; }  // the peer has spoken HTTP/2
    std::size_t open() const noexcept { return streams_.size(); }
    // A head is under way, or a body that is wanted.
    bool reading() const noexcept { return reading_ > 0; }
    std::size_t held() const noexcept;  // bytes of memory, by estimate

  private:
    struct Exchange;
    Exchange* find(Stream stream) noexcept;
    const Exchange* find(Stream stream) const noexcept;
    void submit(Stream stream, Exchange& exchange, const Pairs& fields, bool with_body);
    bool spend(std::int64_t cost = 1);
    void end_badly(std::uint32_t code);
    void forget(Stream stream);
    void take_frame(Stream stream, Exchange& exchange, bool ends);
    void take_out(Exchange& exchange, std::size_t count);
    void set_reading(Exchange& exchange, bool on) noexcept;
    void book(Exchange& exchange) noexcept;

    const Http2Limits limits_;
    nghttp2_session* session_ = nullptr;
    std::unordered_map<Stream, std::unique_ptr<Exchange>> streams_;
    std::deque<Event> events_;
    std::string out_;
    std::size_t out_sent_ = 0;
    std::size_t reading_ = 0;
    std::size_t held_ = 0;  // by the exchanges
    std::int64_t budget_;
    std::chrono::steady_clock::time_point counted_{};
    bool greeted_ = false;
    bool failed_ = false;
    bool goodbye_ = false;
};

}  // namespace vitals::http
