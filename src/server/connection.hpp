// One HTTP/1 connection: it reads bytes, takes requests in order, and sends answers in the same
// order. It lives on its serving thread, has no timer, and holds only what is being read or sent.
// Any failure, even lack of memory, costs only this connection.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "http/body.hpp"
#include "server/thread_context.hpp"
#include "server/tls.hpp"

namespace vitals::server {

// What stands before TLS on a connection.
enum class Preamble : std::uint8_t { none, proxy_header };

class Connection final : public Connections::Member {
  public:
    // Takes the descriptor. `tls`: null when the listener has no TLS. `session`: a TLS session that
    // exists already. The thread's context outlives it.
    Connection(ThreadContext& thread, int descriptor, endpoints::Peer peer, const TlsContext* tls,
               Preamble preamble = Preamble::none,
               std::unique_ptr<TlsSession> session = nullptr) noexcept;
    ~Connection() override;

    void ready(std::uint32_t events) override;
    void expire() override;
    void answer(const http::Response& response) override;
    void drain() override;
    void pull() override;
    void end_stream() override;
    void close() noexcept override;
    std::size_t held() const noexcept override;

  private:
    // The same request as before, byte for byte: it needs no parsing.
    struct Memo {
        std::string head;
        std::shared_ptr<endpoints::KeptAnswer> kept;
        std::size_t credentials_begin = 0, credentials_size = 0;  // within head
        endpoints::Identity identity;
        bool head_only = false, old = false;
    };
    // A body that is being read.
    struct Pending {
        endpoints::Plan plan;  // what to do after it; nothing when the request was already answered
        http::Body body;
        std::size_t plan_held;  // bytes, by estimate
    };

    // A stream.
    struct Streaming {
        std::unique_ptr<endpoints::Stream> source;
        std::string unsent;  // framed
        bool chunked;
        bool ending = false;  // nothing follows what is unsent
    };

    bool blocked() const noexcept { return phase() >= Phase::working; }
    template <typename Step>
    void attempt(Step step) noexcept;
    void advance(std::uint32_t events);
    bool take_proxy_header();
    bool shake_hands();

    ssize_t read(std::span<char> buffer);
    void pump();
    std::size_t consume(std::string_view bytes);
    std::size_t take_head(std::string_view bytes);
    std::size_t take_body(std::string_view bytes);
    bool repeat();
    void start(const http::Head& head, std::string_view raw);
    void await_body(const http::Head& head, endpoints::Plan plan, std::string_view raw);
    void carry_out(endpoints::Plan& plan, std::string body);
    void remember(const endpoints::Plan& plan, std::string_view raw);

    // connection_output.cpp
    ssize_t write(std::string_view bytes);
    void refuse(const http::Refusal& refusal);
    void deliver(const http::Response& response);
    endpoints::Reply reply_later(std::uint64_t id) const;
    void transmit(const std::shared_ptr<http::Rendered>& rendered);
    bool flush();

    // connection_stream.cpp
    void begin_stream(endpoints::Streamed streamed);
    void pull_stream();
    void say(std::string_view bytes);
    void finish_stream();
    bool flush_stream();

    ssize_t send_more();
    void note_sent(std::size_t count);
    void answered();
    void linger();
    void discard();

    ThreadContext& thread_;
    int descriptor_;
    endpoints::Peer peer_;
    Preamble preamble_;  // bytes of the body that are still to come
    const TlsContext* tls_context_;
    std::unique_ptr<TlsSession> tls_;  // from the first byte on

    std::string input_;         // read, not yet understood
    std::size_t searched_ = 0;  // of it, without finding a head's end
    std::unique_ptr<Memo> memo_;
    std::unique_ptr<Pending> pending_;

    // What is being sent: the rest of the head, which belongs to this connection, then the body,
    // whose bytes all readers share.
    std::string out_head_;
    std::shared_ptr<const http::Rendered> out_;
    std::size_t sent_ = 0, end_ = 0;  // of out_->bytes
    std::size_t taken_ = 0;           // bytes since `since`
    std::string label_;               // number of the answer that an action will give
    std::unique_ptr<Streaming> streaming_;

    int steps_ = 0;           // requests that it may still take in this turn
    bool readable_ = false;   // there may be bytes to read
    bool ended_ = false;      // the peer will send no more
    bool keep_ = true;        // after the request in progress the connection stays
    bool old_ = false;        // HTTP/1.0
    bool head_only_ = false;  // HEAD
    bool linger_ = false;     // unread bytes may be there when it is closed
    bool served_ = false;     // had a request
};

template <typename Step>
void Connection::attempt(Step step) noexcept {
    try {
        step();
    } catch (const std::exception& error) {
        thread_.log_failure(error);
        close();
    }
    thread_.connections.book(*this);
}

}  // namespace vitals::server
