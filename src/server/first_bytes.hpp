// A connection whose protocol is not known yet, on a listener that speaks HTTP/2. TLS agrees on a
// protocol, or the first bytes are looked at and left in the socket. Then another connection
// continues.
#pragma once

#include <memory>

#include "server/connections.hpp"
#include "server/thread_context.hpp"
#include "server/tls.hpp"

namespace vitals::server {

class FirstBytes final : public Connections::Member {
  public:
    // Takes the descriptor. `tls`: null when the listener has no TLS. The thread's context outlives
    // it.
    FirstBytes(ThreadContext& thread, int descriptor, endpoints::Peer peer,
               const TlsContext* tls) noexcept
        : thread_(thread), descriptor_(descriptor), peer_(std::move(peer)), tls_context_(tls) {}
    ~FirstBytes() override;

    void ready(std::uint32_t events) override;
    void expire() override { close(); }
    void answer(const http::Response&) override {}
    void drain() override;
    void pull() override {}
    void end_stream() override {}
    void close() noexcept override;
    std::size_t held() const noexcept override;

  private:
    enum class Step { again, http1, http2, refuse_in_plain, failed };
    Step look_at_plain();
    Step shake_hands();
    void pass_on(Step step);
    bool speaks_grpc() const noexcept;

    ThreadContext& thread_;
    int descriptor_;
    endpoints::Peer peer_;
    const TlsContext* tls_context_;
    std::unique_ptr<TlsSession> tls_;
};

}  // namespace vitals::server
