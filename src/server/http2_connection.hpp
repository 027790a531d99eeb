// One HTTP/2 connection with many simultaneous requests. Each is answered as in HTTP/1, or as a
// call of gRPC's health service if the listener is for that. It lives on its serving thread. The
// session (http/http2.hpp) knows what is read and what must be sent. This class moves bytes, asks
// for answers, and tells the thread what it waits for.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "endpoints/grpc_health.hpp"
#include "http/http2.hpp"
#include "server/connections.hpp"
#include "server/thread_context.hpp"
#include "server/tls.hpp"

namespace vitals::server {

class Http2Connection final : public Connections::Member {
  public:
    // Takes the descriptor. `tls`: an existing session, or null. The thread's context outlives it.
    Http2Connection(ThreadContext& thread, int descriptor, endpoints::Peer peer,
                    std::unique_ptr<TlsSession> tls);
    ~Http2Connection() override;

    void ready(std::uint32_t events) override;
    void expire() override;
    void answer(const http::Response&) override {}  // see answer_later()
    void drain() override;
    void pull() override;
    void end_stream() override;
    void close() noexcept override;
    std::size_t held() const noexcept override;

  private:
    using Stream = http::Http2Session::Stream;
    // A request in progress.
    struct Exchange {
        endpoints::Plan plan;  // while its body is read
        endpoints::GrpcCall call;
        std::string label;
        bool head_only = false;
        bool working = false;                       // an action makes its answer
        std::unique_ptr<endpoints::Stream> source;  // of an answer that goes on
    };

    template <typename Step>
    void attempt(Step step) noexcept;
    void pump();
    bool flush();
    void settle();
    void move_on(Phase wanted);
    void refuse_other_protocol();
    void linger();
    void discard();

    // http2_answers.cpp
    void take_events();
    void start(Stream stream);
    void start_call(Stream stream, const http::Head& head);
    void take_body(Stream stream);
    void finish_call(Stream stream, Exchange& exchange, std::string body);
    void carry_out(Stream stream, endpoints::Plan& plan, std::string body);
    endpoints::Reply reply_later(Stream stream);
    void answer_later(Stream stream, const http::Response& response);
    void deliver(Stream stream, const http::Response& response);
    void begin_stream(Stream stream, endpoints::Streamed streamed);
    bool follow(Exchange& exchange, std::unique_ptr<endpoints::Stream> source);
    void pull_one(Stream stream, Exchange& exchange);
    void pull_all();
    void end_one(Stream stream, Exchange& exchange);
    void leave_stream(Exchange& exchange) noexcept;
    void forget(Stream stream) noexcept;

    ThreadContext& thread_;
    int descriptor_;
    const endpoints::Peer peer_;
    const bool grpc_;
    std::unique_ptr<TlsSession> tls_;
    http::Http2Session session_;
    std::unordered_map<Stream, Exchange> exchanges_;
    // For answers that come later: nothing happens when the connection is gone. Used on the serving
    // thread only.
    const std::shared_ptr<Http2Connection*> here_;

    int steps_ = 0;            // requests that it may still take in this turn
    std::size_t working_ = 0;  // requests it may still take in this turn
    std::size_t sources_ = 0;  // exchanges with a stream
    std::size_t taken_ = 0;    // bytes since the phase began
    std::uint64_t answers_ = 0, answers_before_ = 0;  // begun; when the phase began
    bool readable_ = false;                           // there may be bytes to read
    bool ended_ = false;                              // the peer will send no more
    bool blocked_ = false;                            // the socket takes no more
    bool broken_ = false;                             // the peer broke the protocol
    bool heard_ = false;                              // it sent something in this turn
};

template <typename Step>
void Http2Connection::attempt(Step step) noexcept {
    if (phase() == Phase::closed) return;
    try {
        step();
    } catch (const std::exception& error) {
        thread_.log_failure(error);
        close();
    }
    thread_.connections.book(*this);
}

}  // namespace vitals::server
