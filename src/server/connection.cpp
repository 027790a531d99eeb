// The life of a connection. A repeated request takes the short way: compare, send, wait.
#include "server/connection.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "server/serving_thread.hpp"

namespace vitals::server {
namespace {
constexpr int most_turns = 16;                      // reads in a row from one connection
constexpr std::size_t longest_memo = 1024;          // bytes of a head that are worth keeping
constexpr std::size_t most_discarded = 256u << 10;  // bytes read from who was refused
}  // namespace

Connection::Connection(ServingThread& thread, int descriptor, Peer peer,
                       std::unique_ptr<TlsSession> tls) noexcept
    : thread_(thread), descriptor_(descriptor), peer_(peer), tls_(std::move(tls)) {}

Connection::~Connection() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

ssize_t Connection::read(std::span<char> buffer) {
    if (tls_ != nullptr) return tls_->read(buffer);
    for (;;) {
        ssize_t count = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
        if (count >= 0) return count;
        if (errno == EINTR) continue;
        return errno == EAGAIN || errno == EWOULDBLOCK ? -1 : -2;
    }
}

ssize_t Connection::write(std::string_view bytes) {
    if (tls_ != nullptr) return tls_->write(std::span(bytes.data(), bytes.size()));
    for (;;) {
        ssize_t count = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count >= 0) return count;
        if (errno == EINTR) continue;
        return errno == EAGAIN || errno == EWOULDBLOCK ? -1 : -2;
    }
}

void Connection::ready(std::uint32_t events) {
    if (phase == Phase::closed) return;
    if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) readable_ = true;
    if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) ended_ = true;
    switch (phase) {
        case Phase::handshake:
            switch (tls_->handshake()) {
                case TlsSession::Step::again:
                    return;
                case TlsSession::Step::failed:
                    thread_.log_handshake(peer_, tls_->problem());
                    close();
                    return;
                case TlsSession::Step::done:
                    thread_.move(*this, Phase::idle);
            }
            break;
        case Phase::sending:
            if (!flush() || blocked()) return;
            break;
        case Phase::working:
            // Reset: whoever asked is gone. What was asked for goes on.
            if ((events & (EPOLLHUP | EPOLLERR)) != 0) close();
            return;
        case Phase::lingering:
            discard();
            return;
        default:
            break;
    }
    pump();
}

// Reads and answers as long as there is something to read and nothing to wait for.
void Connection::pump() {
    for (int turn = 0;; ++turn) {
        if (turn == most_turns) {
            // It sends faster than it is answered; others wait.
            thread_.ring_again(descriptor_, *this);
            return;
        }
        if (!input_.empty()) {
            std::size_t used = consume(input_);
            if (phase == Phase::closed) return;
            input_.erase(0, used);
            if (blocked()) return;
        }
        if (!readable_) return;
        std::span<char> scratch = thread_.scratch();
        ssize_t count = read(scratch);
        if (count == -1) readable_ = false;
        if (count == -1) return;
        if (count <= 0) {
            close();
            return;
        }
        std::string_view bytes(scratch.data(), static_cast<std::size_t>(count));
        // Less than there was room for: the socket is empty, and what comes next rings again.
        if (tls_ == nullptr && bytes.size() < scratch.size() && !ended_) readable_ = false;
        if (!input_.empty()) {
            input_.append(bytes);
            continue;
        }
        std::size_t used = consume(bytes);
        if (phase == Phase::closed) return;
        if (used < bytes.size()) input_.assign(bytes.substr(used));
        if (blocked()) return;
    }
}

std::size_t Connection::consume(std::string_view bytes) {
    std::size_t used = 0;
    while (used < bytes.size() && !blocked()) {
        std::string_view rest = bytes.substr(used);
        std::size_t taken = phase == Phase::body ? take_body(rest) : take_head(rest);
        if (taken == 0) break;
        used += taken;
    }
    return used;
}

std::size_t Connection::take_head(std::string_view bytes) {
    if (memo_ != nullptr && bytes.starts_with(memo_->head)) {
        std::size_t size = memo_->head.size();
        if (repeat()) {
            searched_ = 0;
            return size;
        }
    }
    if (bytes.starts_with("\r\n")) {  // RFC 9112, section 2.2
        searched_ = 0;
        return 2;
    }
    std::size_t limit = thread_.shared().limits.head;
    auto end = find_head_end(bytes, searched_);
    if (end.value_or(bytes.size()) > limit) {
        refuse({431, "the request line and header fields are too large"});
        return bytes.size();
    }
    if (!end) {
        if (auto refusal = refuse_early(bytes, searched_)) {
            refuse(*refusal);
            return bytes.size();
        }
        searched_ = bytes.size();
        if (phase == Phase::idle) thread_.move(*this, Phase::head);
        return 0;
    }
    searched_ = 0;
    std::string_view raw = bytes.substr(0, *end);
    linger_ = bytes.size() > raw.size();
    auto head = parse_head(raw);
    if (!head) {
        refuse(head.error());
        return bytes.size();
    }
    start(*head, raw);
    return *end;
}

std::size_t Connection::take_body(std::string_view bytes) {
    std::size_t taken = pending_->body.feed(bytes);
    if (pending_->body.refused()) {
        Refusal refusal = *pending_->body.refused();
        pending_.reset();
        refuse(refusal);
        return bytes.size();
    }
    if (pending_->body.done()) {
        linger_ = bytes.size() > taken;
        auto pending = std::move(pending_);
        carry_out(pending->plan, pending->body.take_content());
    }
    return taken;
}

// The same bytes as last time: the answer of the same variant, as it is now.
bool Connection::repeat() {
    Responder& responder = thread_.responder();
    Memo& memo = *memo_;
    if (memo.bearer_size > 0 && !(responder.identify(std::string_view(memo.head).substr(
                                      memo.bearer_begin, memo.bearer_size)) == memo.identity)) {
        memo_.reset();
        return false;
    }
    const std::shared_ptr<Rendered>& rendered = responder.fresh(*memo.variant);
    if (rendered == nullptr) {
        memo_.reset();
        return false;
    }
    memo.variant->counter->add();
    head_only_ = memo.head_only;
    old_ = memo.old;
    keep_ = !thread_.draining();
    transmit(rendered);
    return true;
}

void Connection::start(const Head& head, std::string_view raw) {
    served_ = true;
    head_only_ = head.method == "HEAD";
    old_ = head.minor == 0;
    keep_ = head.keep_alive && !thread_.draining();
    Plan plan = thread_.responder().plan(head, peer_);
    label_ = plan.label;
    if (plan.malformed || (head.has_body() && plan.response)) {
        // Nobody will read what follows.
        keep_ = false;
        linger_ = true;
    }
    if (plan.response) {
        deliver(*plan.response);
    } else if (head.has_body()) {
        await_body(head, std::move(plan));
    } else {
        if (plan.variant != nullptr && keep_ && raw.size() <= longest_memo) remember(plan, raw);
        carry_out(plan, {});
    }
}

void Connection::await_body(const Head& head, Plan plan) {
    Body body(head, thread_.shared().limits.body);
    if (body.refused()) {
        refuse(*body.refused());
        return;
    }
    if (head.expects_continue) {
        constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
        // Nothing is under way on this connection: if so little cannot be sent, it is broken.
        if (write(go_on) != static_cast<ssize_t>(go_on.size())) {
            close();
            return;
        }
    }
    plan.bearer = {};
    pending_ = std::make_unique<Pending>(std::move(plan), std::move(body));
    thread_.move(*this, Phase::body);
}

void Connection::carry_out(Plan& plan, std::string body) {
    Responder& responder = thread_.responder();
    if (plan.variant != nullptr) {
        std::shared_ptr<Rendered> rendered = responder.fresh(*plan.variant);
        // Evicted while the body was read.
        if (rendered == nullptr) rendered = responder.render_once(*plan.variant);
        responder.count(plan.label, rendered->status);
        transmit(rendered);
        return;
    }
    thread_.begin_work(*this);
    std::optional<dialects::Response> response;
    try {
        response = plan.action(std::move(body), thread_.reply_to(*this));
    } catch (const std::exception& error) {
        thread_.shared().log(LogLevel::error,
                             fmt::format("a request to {} failed: {}", plan.label, error.what()));
        response = plain_answer(500, "the request could not be carried out; the log says why");
    }
    if (response) {
        thread_.end_work(*this);
        deliver(*response);
    }
}

void Connection::remember(const Plan& plan, std::string_view raw) {
    memo_ = std::make_unique<Memo>();
    Memo& memo = *memo_;
    memo.head = raw;
    memo.variant = plan.variant;
    memo.identity = plan.identity;
    if (!plan.bearer.empty()) {
        memo.bearer_begin = static_cast<std::size_t>(plan.bearer.data() - raw.data());
        memo.bearer_size = plan.bearer.size();
    }
    memo.head_only = head_only_;
    memo.old = old_;
}

void Connection::answer(dialects::Response response) {
    thread_.end_work(*this);
    if (thread_.draining()) keep_ = false;
    if (readable_) linger_ = true;
    deliver(response);
    if (!blocked()) pump();
}

void Connection::refuse(const Refusal& refusal) {
    keep_ = false;
    linger_ = true;
    head_only_ = false;
    old_ = false;
    label_ = "other";
    deliver(plain_answer(refusal.status, refusal.why));
}

void Connection::deliver(const dialects::Response& response) {
    thread_.responder().count(label_, response.status);
    transmit(thread_.responder().render(response));
}

void Connection::transmit(const std::shared_ptr<Rendered>& rendered) {
    std::string_view bytes = rendered->bytes;
    if (keep_ && !old_) {
        if (head_only_) bytes = bytes.substr(0, rendered->head);
        ssize_t count = write(bytes);
        if (count == static_cast<ssize_t>(bytes.size())) {
            answered();
            return;
        }
        if (count == -2) {
            close();
            return;
        }
        out_ = rendered;
        sent_ = count < 0 ? 0 : static_cast<std::size_t>(count);
        end_ = bytes.size();
    } else {
        auto adapted = std::make_shared<Rendered>();
        adapted->bytes = with_connection(*rendered, keep_ ? "keep-alive" : "close", head_only_);
        sent_ = 0;
        end_ = adapted->bytes.size();
        out_ = std::move(adapted);
    }
    flush();
}

// True when all of it has gone out.
bool Connection::flush() {
    while (sent_ < end_) {
        ssize_t count = write(std::string_view(out_->bytes).substr(sent_, end_ - sent_));
        if (count == -2) {
            close();
            return false;
        }
        if (count < 0) {
            if (phase != Phase::sending) thread_.move(*this, Phase::sending);
            return false;
        }
        sent_ += static_cast<std::size_t>(count);
    }
    out_.reset();
    answered();
    return true;
}

void Connection::answered() {
    if (keep_)
        thread_.move(*this, Phase::idle);
    else if (linger_)
        linger();
    else
        close();
}

// Closing a socket that has unread bytes resets it, and the peer may lose the answer that tells
// what was wrong. So our side is ended first, and theirs is read for a moment.
void Connection::linger() {
    input_.clear();
    if (tls_ != nullptr) tls_->say_goodbye();
    ::shutdown(descriptor_, SHUT_WR);
    thread_.move(*this, Phase::lingering);
    discard();
}

void Connection::discard() {
    for (;;) {
        std::span<char> scratch = thread_.scratch();
        ssize_t count = ::recv(descriptor_, scratch.data(), scratch.size(), 0);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
        if (count > 0) discarded_ += static_cast<std::size_t>(count);
        if (count <= 0 || discarded_ > most_discarded) {
            close();
            return;
        }
    }
}

void Connection::expire() {
    if (phase == Phase::head && !input_.empty()) {
        refuse({408, "the request's head did not arrive in time"});
    } else if (phase == Phase::body) {
        pending_.reset();
        refuse({408, "the request's body did not arrive in time"});
    } else {
        close();
    }
}

void Connection::drain() {
    if (phase != Phase::idle) return;
    // A request may be on its way on one that never had any: it gets a head's time.
    if (served_)
        close();
    else
        thread_.move(*this, Phase::head);
}

void Connection::close() {
    if (phase == Phase::closed) return;
    if (tls_ != nullptr) tls_->say_goodbye();
    ::close(descriptor_);
    descriptor_ = -1;
    out_.reset();
    pending_.reset();
    thread_.bury(*this);
}

}  // namespace vitals::server
