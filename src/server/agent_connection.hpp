// A connection with the dialect `agent`: it sends one line with the present state, and ends. What
// the peer sends (HAProxy's `agent-send`) is read and thrown away. It lives on its serving thread
// and has no timer.
#pragma once

#include <cstdint>

#include "server/thread_context.hpp"

namespace vitals::server {

class AgentConnection final : public Connections::Member {
  public:
    // Takes the descriptor and sends the line; then it lingers. The thread's context outlives it.
    AgentConnection(ThreadContext& thread, int descriptor, std::size_t listener) noexcept;
    ~AgentConnection() override;

    void ready(std::uint32_t events) override;  // what the peer sends is thrown away
    void expire() override { close(); }
    void answer(const http::Response&) override {}
    void drain() override {}
    void pull() override {}
    void end_stream() override {}
    void close() noexcept override;
    std::size_t held() const noexcept override { return sizeof *this; }

  private:
    ThreadContext& thread_;
    int descriptor_;
};

}  // namespace vitals::server
