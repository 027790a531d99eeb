#include "server/agent_connection.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace vitals::server {
namespace {
constexpr int most_discards = 4;  // reads in a row of what nobody wants
}  // namespace

AgentConnection::~AgentConnection() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

// Its first event is that it can be written to.
void AgentConnection::ready(std::uint32_t) {
    if (phase() == Phase::idle)
        tell();
    else if (phase() == Phase::lingering)
        discard();
}

void AgentConnection::drain() {
    if (phase() == Phase::idle) tell();
}

// A new socket has room for a line. Closing one that has unread bytes would reset it, and the peer
// might lose the line: so our side is ended, and theirs is read for a moment.
void AgentConnection::tell() noexcept {
    try {
        // An endpoint that a reload has taken away says nothing, which changes nothing there.
        if (const auto rendered = thread_.responder.own_answer(listener_)) {
            const std::string_view line = std::string_view(rendered->bytes).substr(rendered->head);
            ssize_t count = -1;
            do count = ::send(descriptor_, line.data(), line.size(), MSG_NOSIGNAL);
            while (count < 0 && errno == EINTR);
            if (count != static_cast<ssize_t>(line.size())) return close();
        }
        ::shutdown(descriptor_, SHUT_WR);
        thread_.connections.move(*this, Phase::lingering);
        discard();
    } catch (const std::exception& error) {
        thread_.log_failure(error);
        close();
    }
}

void AgentConnection::discard() {
    for (int turn = 0; turn < most_discards; ++turn) {
        const ssize_t count =
            ::recv(descriptor_, thread_.scratch.data(), thread_.scratch.size(), 0);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
        if (count <= 0) return close();
    }
    thread_.connections.ring_again(*this);
}

void AgentConnection::close() noexcept {
    if (phase() == Phase::closed) return;
    thread_.connections.remove(*this);
    ::close(descriptor_);
    descriptor_ = -1;
}

}  // namespace vitals::server
