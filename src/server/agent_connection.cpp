#include "server/agent_connection.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace vitals::server {
namespace {
constexpr int most_discards = 4;  // reads in a row of bytes that nobody wants
}  // namespace

// A new socket has room for a line. Closing a socket with unread bytes would reset it, and the peer
// might lose the line. So vitals ends its own side, and reads from the peer for a moment.
AgentConnection::AgentConnection(ThreadContext& thread, int descriptor,
                                 std::size_t listener) noexcept
    : thread_(thread), descriptor_(descriptor) {
    try {
        // An endpoint that a reload has removed sends nothing, which changes nothing in HAProxy.
        if (const auto rendered = thread_.responder.own_answer(listener)) {
            const std::string_view line = std::string_view(rendered->bytes).substr(rendered->head);
            while (::send(descriptor_, line.data(), line.size(), MSG_NOSIGNAL) < 0 &&
                   errno == EINTR) {
            }
        }
    } catch (const std::exception& error) {
        thread_.log_failure(error);
    }
    ::shutdown(descriptor_, SHUT_WR);
}

AgentConnection::~AgentConnection() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

void AgentConnection::ready(std::uint32_t) {
    if (phase() == Phase::closed) return;
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
