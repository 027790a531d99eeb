// The life of an HTTP/2 connection: what it reads and sends, what it waits for, how it ends.
#include "server/http2_connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "http/answer.hpp"
#include "server/socket_io.hpp"

namespace vitals::server {
namespace {

constexpr int most_steps = 16;               // reads and requests in a row from one connection
constexpr int most_discards = 16;            // reads in a row of bytes that nobody wants
constexpr std::size_t least_taken = 16'384;  // bytes that a slow peer must take in its time

}  // namespace

Http2Connection::Http2Connection(ThreadContext& thread, int descriptor, endpoints::Peer peer,
                                 std::unique_ptr<TlsSession> tls)
    : thread_(thread),
      descriptor_(descriptor),
      peer_(std::move(peer)),
      grpc_(thread.shared.listeners[peer_.listener].protocol == Protocol::grpc),
      tls_(std::move(tls)),
      session_({.head = thread.limits.head, .body = thread.limits.body}),
      here_(std::make_shared<Http2Connection*>(this)) {
    const int at_once = 1;  // small frames follow each other
    ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
}

Http2Connection::~Http2Connection() {
    for (auto& [stream, exchange] : exchanges_) leave_stream(exchange);
    if (descriptor_ >= 0) ::close(descriptor_);
}

std::size_t Http2Connection::held() const noexcept {
    std::size_t sum = sizeof *this + session_.held();
    if (tls_ != nullptr) sum += tls_->held();
    for (const auto& [stream, exchange] : exchanges_) {
        sum += sizeof exchange + exchange.label.capacity() + 64;
        if (exchange.source != nullptr) sum += exchange.source->held();
    }
    return sum;
}

void Http2Connection::ready(std::uint32_t events) {
    attempt([this, events] {
        steps_ = most_steps;
        if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) readable_ = true;
        if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) ended_ = true;
        if (phase() == Phase::lingering)
            discard();
        else
            pump();
    });
}

// Answers requests, sends, and reads more while its turn lasts and the peer takes the answers.
void Http2Connection::pump() {
    for (;;) {
        take_events();
        if (!flush()) return;
        if (steps_ <= 0) {
            thread_.connections.ring_again(*this);
            break;
        }
        if (blocked_ || broken_ || !readable_) break;
        --steps_;
        std::span<char> scratch = thread_.scratch;
        const ssize_t count = read_from(descriptor_, tls_.get(), scratch);
        if (count == -1) {
            readable_ = false;
            break;
        }
        if (count <= 0) {
            close();
            return;
        }
        const std::string_view bytes(scratch.data(), static_cast<std::size_t>(count));
        if (tls_ == nullptr && bytes.size() < scratch.size() && !ended_) readable_ = false;
        heard_ = true;
        if (session_.receive(bytes, thread_.kept().now())) continue;
        broken_ = true;
        if (!session_.greeted()) {
            refuse_other_protocol();
            return;
        }
    }
    settle();
}

// False when it is closed.
bool Http2Connection::flush() {
    blocked_ = false;
    // A client with another protocol gets an answer in that protocol.
    if (!session_.greeted() && !broken_ && !thread_.draining) return true;
    for (;;) {
        const std::string_view bytes = session_.output();
        if (bytes.empty()) return true;
        const ssize_t count = write_to(descriptor_, tls_.get(), bytes);
        if (count == -2) {
            close();
            return false;
        }
        if (count < 0) {
            blocked_ = true;
            return true;
        }
        session_.sent(static_cast<std::size_t>(count));
        taken_ += static_cast<std::size_t>(count);
    }
}

// Sets the phase to what the connection waits for now; the phase decides its time limit.
void Http2Connection::settle() {
    if (thread_.draining || ended_) session_.say_goodbye();
    if (!blocked_ && !flush()) return;
    if (session_.over() || (broken_ && !blocked_)) {
        linger();
        return;
    }
    const bool stuck = blocked_ || session_.waits_for_window();
    if (stuck)
        move_on(sources_ > 0 ? Phase::stalled : Phase::sending);
    else if (working_ > 0)
        move_on(Phase::working);
    else if (sources_ > 0)
        move_on(Phase::streaming);
    else if (session_.reading())
        move_on(Phase::body);
    else
        move_on(session_.greeted() || !heard_ ? Phase::idle : Phase::head);
    heard_ = false;
}

void Http2Connection::move_on(Phase wanted) {
    const Phase before = phase();
    bool again = before != wanted;
    // A peer that takes or asks enough gets more time.
    if (wanted == Phase::sending || wanted == Phase::stalled) again |= taken_ >= least_taken;
    if (wanted == Phase::body) again |= answers_ != answers_before_;
    if (wanted == Phase::idle) again |= heard_;
    if (!again) return;
    taken_ = 0;
    answers_before_ = answers_;
    if (wanted == Phase::sending)
        thread_.connections.await_reader(*this);
    else
        thread_.connections.move(*this, wanted);
    // Asks the streams that were not asked while the peer was slow.
    if (wanted == Phase::streaming && before == Phase::stalled)
        thread_.streams.ask_at(thread_.kept().now());
}

// Answers in HTTP/1, the protocol of this client.
void Http2Connection::refuse_other_protocol() {
    const auto rendered = thread_.kept().render(http::plain_answer(
        400, grpc_ ? "this port speaks gRPC, which is HTTP/2" : "this is not HTTP/2"));
    std::string bytes = http::head_with_connection(*rendered, "close");
    bytes += std::string_view(rendered->bytes).substr(rendered->head);
    write_to(descriptor_, tls_.get(), bytes);
    thread_.responder.count("other", 400);
    linger();
}

// As in HTTP/1: a reset would destroy the last bytes.
void Http2Connection::linger() {
    for (auto& [stream, exchange] : exchanges_) leave_stream(exchange);
    exchanges_.clear();
    working_ = 0;
    if (tls_ != nullptr) tls_->say_goodbye();
    ::shutdown(descriptor_, SHUT_WR);
    thread_.connections.move(*this, Phase::lingering);
    discard();
}

void Http2Connection::discard() {
    for (int turn = 0; turn < most_discards; ++turn) {
        std::span<char> scratch = thread_.scratch;
        const ssize_t count = ::recv(descriptor_, scratch.data(), scratch.size(), 0);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
        if (count <= 0) {
            close();
            return;
        }
    }
    thread_.connections.ring_again(*this);
}

void Http2Connection::expire() {
    attempt([this] {
        if (phase() == Phase::stalled) thread_.log_slow_reader(peer_.name());
        if (phase() != Phase::idle || !session_.greeted()) {
            close();
            return;
        }
        session_.say_goodbye();
        if (!flush()) return;
        if (blocked_)
            close();
        else
            linger();
    });
}

void Http2Connection::drain() {
    attempt([this] {
        if (phase() != Phase::idle && phase() != Phase::streaming) return;
        steps_ = most_steps;
        pump();
    });
}

void Http2Connection::pull() {
    attempt([this] {
        pull_all();
        if (phase() == Phase::closed || !flush()) return;
        settle();
    });
}

void Http2Connection::end_stream() {
    attempt([this] {
        for (auto& [stream, exchange] : exchanges_)
            if (exchange.source != nullptr) end_one(stream, exchange);
        if (!flush()) return;
        settle();
    });
}

void Http2Connection::close() noexcept {
    if (phase() == Phase::closed) return;
    if (tls_ != nullptr) tls_->say_goodbye();
    thread_.connections.remove(*this);
    ::close(descriptor_);
    descriptor_ = -1;
    for (auto& [stream, exchange] : exchanges_) leave_stream(exchange);
    exchanges_.clear();
}

}  // namespace vitals::server
