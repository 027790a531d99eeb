#include "server/first_bytes.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include "http/http2.hpp"
#include "server/connection.hpp"
#include "server/http2_connection.hpp"

namespace vitals::server {

FirstBytes::~FirstBytes() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

std::size_t FirstBytes::held() const noexcept {
    return sizeof *this + (tls_ == nullptr ? 0 : tls_->held());
}

void FirstBytes::close() noexcept {
    if (phase() == Phase::closed) return;
    if (tls_ != nullptr) tls_->say_goodbye();
    thread_.connections.remove(*this);
    ::close(descriptor_);
    descriptor_ = -1;
}

// Its request may be on its way: it gets the time of a head.
void FirstBytes::drain() {
    if (phase() == Phase::idle) thread_.connections.move(*this, Phase::head);
}

void FirstBytes::ready(std::uint32_t) {
    if (phase() == Phase::closed) return;
    try {
        const Step step = tls_context_ == nullptr ? look_at_plain() : shake_hands();
        if (step == Step::failed)
            close();
        else if (step != Step::again)
            pass_on(step);
    } catch (const std::exception& error) {
        thread_.log_failure(error);
        close();
    }
    thread_.connections.book(*this);
}

FirstBytes::Step FirstBytes::look_at_plain() {
    std::array<char, http::http2_preface.size()> bytes;
    const ssize_t count = ::recv(descriptor_, bytes.data(), bytes.size(), MSG_PEEK);
    if (count < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? Step::again
                                                                         : Step::failed;
    if (count == 0) return Step::failed;
    const std::string_view seen(bytes.data(), static_cast<std::size_t>(count));
    if (!http::http2_preface.starts_with(seen)) return Step::http1;
    if (seen.size() == http::http2_preface.size()) return Step::http2;
    if (phase() == Phase::idle) thread_.connections.move(*this, Phase::head);
    return Step::again;
}

FirstBytes::Step FirstBytes::shake_hands() {
    if (tls_ == nullptr) {
        char first = 0;
        const ssize_t count = ::recv(descriptor_, &first, 1, MSG_PEEK);
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
            return Step::again;
        if (count <= 0) return Step::failed;
        if (first >= 'A' && first <= 'Z') return Step::refuse_in_plain;
        tls_ = std::make_unique<TlsSession>(tls_context_->current(), descriptor_);
    }
    switch (tls_->handshake()) {
        case TlsSession::Step::again:
            return Step::again;
        case TlsSession::Step::failed:
            thread_.shared.log(
                LogLevel::debug,
                fmt::format("listener {}: TLS handshake failed: {}",
                            thread_.shared.listeners[peer_.listener].text, tls_->problem()));
            return Step::failed;
        case TlsSession::Step::done:
            break;
    }
    return tls_->protocol() == "h2" || speaks_grpc() ? Step::http2 : Step::http1;
}

bool FirstBytes::speaks_grpc() const noexcept {
    return thread_.shared.listeners[peer_.listener].protocol == Protocol::grpc;
}

void FirstBytes::pass_on(Step step) {
    std::unique_ptr<Connections::Member> successor;
    Phase phase = Phase::idle;
    const int descriptor = descriptor_;
    if (step == Step::http2) {
        successor = std::make_unique<Http2Connection>(thread_, descriptor, peer_, std::move(tls_));
    } else {
        // An HTTP/1 connection answers a client that speaks plain HTTP to a TLS port.
        if (step == Step::refuse_in_plain) phase = Phase::handshake;
        successor = std::make_unique<Connection>(thread_, descriptor, peer_, tls_context_,
                                                 Preamble::none, std::move(tls_));
    }
    descriptor_ = -1;  // it belongs to the successor now
    thread_.connections.succeed(*this, std::move(successor), descriptor, phase);
}

}  // namespace vitals::server
