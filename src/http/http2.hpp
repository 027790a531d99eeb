// The server's side of one HTTP/2 connection (RFC 9113), without the socket: bytes in, requests
// out; answers in, bytes out. nghttp2 reads frames and compresses fields. The fields of a request
// become the head of an HTTP/1 request, so the same parser judges both. Pure; it has no clock;
// fuzzed.
//
// The cost of a peer is bounded: simultaneous requests, bytes of a head and of a body, resets,
// frames that carry nothing, and answers to such frames. Above a bound the connection ends with a
// GOAWAY that says so.
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

// The first bytes of a client (RFC 9113, section 3.4).
inline constexpr std::string_view http2_preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

struct Http2Limits {
    std::uint32_t requests = 100;  // at once
    std::size_t head = 8 * 1024;   // bytes of a head, as HTTP/1 would write it
    std::size_t body = 64 * 1024;
};

class Http2Session {
  public:
    using Stream = std::int32_t;
    // `head`: the head of a request is complete. `body`: its body is complete. `gone`: the stream
    // is over, with all that was in progress; its number is no longer known.
    enum class What : std::uint8_t { head, body, gone };
    struct Event {
        What what;
        Stream stream;
    };
    // Receives what nghttp2 reports of a session; defined in the source file.
    struct Callbacks;

    explicit Http2Session(const Http2Limits& limits);
    ~Http2Session();
    Http2Session(const Http2Session&) = delete;
    Http2Session& operator=(const Http2Session&) = delete;

    // Takes received bytes. `now` is any monotonic time: frames that carry nothing are bounded per
    // second. False: the peer broke the protocol; the output then says so.
    bool receive(std::string_view bytes, std::chrono::steady_clock::time_point now);
    // The resulting events, in order. After `gone`, a stream has no other event.
    bool next(Event& event);

    // For a stream whose head was reported and that is not gone. The head points into the session's
    // memory, until the stream is answered.
    std::expected<Head, Refusal> head(Stream stream);
    // The caller wants its body, which is reported once it is complete. Otherwise a body is counted
    // and thrown away. With `most`, a body may have up to that many bytes; its end is kept, as much
    // as a body may have. With 0, a body may not be longer than what is kept.
    void want_body(Stream stream, std::size_t most = 0);
    // True when the body is too long: no event follows but `gone`.
    bool body_too_long(Stream stream) const;
    std::string take_body(Stream stream);
    // Tells a client that waits for 100 Continue to continue.
    void send_continue(Stream stream);

    // Answers. A stream that is gone is ignored.
    void answer(Stream stream, std::shared_ptr<const Rendered> rendered, bool head_only);
    // A head without a body; `fields` begin with `:status`, with names in lower case.
    void answer(Stream stream, const Pairs& fields);
    // The head of a stream of pieces.
    void begin(Stream stream, const Rendered& head);
    void begin(Stream stream, const Pairs& fields);
    void say(Stream stream, std::string_view bytes);
    void finish(Stream stream, Pairs trailers = {});
    // Ends a stream without an answer, with RFC 9113's error code. 8: cancelled.
    void reset(Stream stream, std::uint32_t code = 8);
    // Bytes of the answer that were not sent yet.
    std::size_t unsent(Stream stream) const;

    // Accepts no new requests; open ones are answered. Called once.
    void say_goodbye();
    // A part of the bytes to send; sent() says how many of them were sent. Empty: nothing may be
    // sent now.
    std::string_view output();
    void sent(std::size_t count);
    // The peer gives no room for waiting answers (its windows are full).
    bool waits_for_window() const noexcept;
    // Nothing will follow in either direction once output() is empty.
    bool over() const noexcept;

    bool greeted() const noexcept { return greeted_; }  // the peer has spoken HTTP/2
    std::size_t open() const noexcept { return streams_.size(); }
    // A head, or a wanted body, is incomplete.
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
