// The life of a connection: what it reads and understands. A repeated request takes the short way:
// compare, send, wait. One file: nearly every request passes through all of it, and the compiler
// sees that way as a whole.
#include "server/connection.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "server/socket_io.hpp"
#include "wire/proxy_header.hpp"

namespace vitals::server {
namespace {
constexpr int most_steps = 16;              // reads and requests in a row from one connection
constexpr std::size_t longest_memo = 1024;  // bytes of a head that are worth keeping
constexpr std::size_t longest_output = 64u << 20;  // bytes of a body of which only the end is kept
constexpr std::size_t empty_capacity = 512;  // of an input buffer that is kept for the next request
// The bytes that a plan may hold for each byte of its head: a parameter of a query has two bytes
// and becomes two strings.
constexpr std::size_t plan_per_byte = 32;
}  // namespace

Connection::Connection(ThreadContext& thread, int descriptor, endpoints::Peer peer,
                       const TlsContext* tls, Preamble preamble,
                       std::unique_ptr<TlsSession> session) noexcept
    : thread_(thread),
      descriptor_(descriptor),
      peer_(std::move(peer)),
      preamble_(preamble),
      tls_context_(tls),
      tls_(std::move(session)) {}

Connection::~Connection() {
    if (streaming_ != nullptr) thread_.streams.leave();
    if (descriptor_ >= 0) ::close(descriptor_);
}

std::size_t Connection::held() const noexcept {
    std::size_t sum = sizeof *this + input_.capacity() + out_head_.capacity();
    if (memo_ != nullptr) sum += sizeof *memo_ + memo_->head.capacity();
    if (pending_ != nullptr) sum += sizeof *pending_ + pending_->body.held() + pending_->plan_held;
    if (tls_ != nullptr) sum += tls_->held();
    if (streaming_ != nullptr)
        sum += sizeof *streaming_ + streaming_->unsent.capacity() + streaming_->source->held();
    return sum;
}

ssize_t Connection::read(std::span<char> buffer) {
    return read_from(descriptor_, tls_.get(), buffer);
}

void Connection::ready(std::uint32_t events) {
    if (phase() != Phase::closed) attempt([this, events] { advance(events); });
}

void Connection::advance(std::uint32_t events) {
    steps_ = most_steps;
    if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) readable_ = true;
    if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) ended_ = true;
    switch (phase()) {
        case Phase::handshake:
            if (preamble_ != Preamble::none && !take_proxy_header()) return;
            if (tls_context_ == nullptr)
                thread_.connections.move(*this, Phase::idle);
            else if (!shake_hands())
                return;
            break;
        case Phase::sending:
            if (!flush() || blocked()) return;
            break;
        case Phase::working:
            // Reset: the client is gone. Its action continues.
            if ((events & (EPOLLHUP | EPOLLERR)) != 0) close();
            return;
        case Phase::streaming:
        case Phase::stalled:
            // Nobody reads the answer any more.
            if (ended_)
                close();
            else if (phase() == Phase::stalled && flush_stream())
                pull_stream();
            return;
        case Phase::lingering:
            discard();
            return;
        default:
            break;
    }
    pump();
}

// True when it has been read. Only its own bytes are read, because TLS reads the socket by itself.
bool Connection::take_proxy_header() {
    const std::span<char> scratch = thread_.scratch;
    const ssize_t count = ::recv(descriptor_, scratch.data(), scratch.size(), MSG_PEEK);
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return false;
    if (count <= 0) {
        close();
        return false;
    }
    const std::string_view bytes(scratch.data(), static_cast<std::size_t>(count));
    const auto header = wire::parse_proxy_header(bytes);
    if (!header) {
        thread_.log_no_proxy_header(thread_.shared.listeners[peer_.listener].text, peer_.name(),
                                    header.error());
        if (tls_context_ == nullptr && bytes.front() >= 'A' && bytes.front() <= 'Z')
            refuse({400, "each connection to this port begins with a PROXY header"});
        else
            close();
        return false;
    }
    if (!*header) {
        if (ended_) close();
        return false;
    }
    if (::recv(descriptor_, scratch.data(), (*header)->size, 0) !=
        static_cast<ssize_t>((*header)->size)) {
        close();
        return false;
    }
    if ((*header)->source) peer_.name = [source = *(*header)->source] { return source; };
    preamble_ = Preamble::none;
    return true;
}

// True when the session exists. A silent peer costs no session, and a peer that speaks plain HTTP
// gets an answer that it can read.
bool Connection::shake_hands() {
    if (tls_ == nullptr) {
        char first = 0;
        ssize_t count = ::recv(descriptor_, &first, 1, MSG_PEEK);
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return false;
        if (count <= 0) {
            close();
            return false;
        }
        if (first >= 'A' && first <= 'Z') {
            refuse({400, "this port speaks TLS; ask with https://"});
            return false;
        }
        tls_ = std::make_unique<TlsSession>(tls_context_->current(), descriptor_);
    }
    switch (tls_->handshake()) {
        case TlsSession::Step::again:
            return false;
        case TlsSession::Step::failed:
            thread_.shared.log(
                LogLevel::debug,
                fmt::format("listener {}: TLS handshake failed: {}",
                            thread_.shared.listeners[peer_.listener].text, tls_->problem()));
            linger();  // the alert says why, so it must be sent
            return false;
        case TlsSession::Step::done:
            thread_.connections.move(*this, Phase::idle);
    }
    return true;
}

// Reads and answers while there is something to read, nothing to wait for, and its turn lasts.
void Connection::pump() {
    for (;;) {
        if (!input_.empty()) {
            std::size_t used = consume(input_);
            if (phase() == Phase::closed) return;
            input_.erase(0, used);
            if (input_.empty() && input_.capacity() > empty_capacity) std::string().swap(input_);
            if (blocked()) return;
        }
        if (steps_ <= 0) {
            // It sends faster than it is answered; other connections wait.
            thread_.connections.ring_again(*this);
            return;
        }
        if (!readable_) return;
        --steps_;
        std::span<char> scratch = thread_.scratch;
        ssize_t count = read(scratch);
        if (count == -1) readable_ = false;
        if (count == -1) return;
        if (count <= 0) {
            close();
            return;
        }
        std::string_view bytes(scratch.data(), static_cast<std::size_t>(count));
        // Fewer bytes than there was room for: the socket is empty, and the next bytes cause an
        // event.
        if (tls_ == nullptr && bytes.size() < scratch.size() && !ended_) readable_ = false;
        if (!input_.empty()) {
            input_.append(bytes);
            continue;
        }
        std::size_t used = consume(bytes);
        if (phase() == Phase::closed) return;
        if (used < bytes.size()) input_.assign(bytes.substr(used));
        if (blocked()) return;
    }
}

std::size_t Connection::consume(std::string_view bytes) {
    const std::uint64_t made = thread_.kept().made();
    std::size_t used = 0;
    for (; used < bytes.size() && !blocked() && steps_ > 0; --steps_) {
        std::string_view rest = bytes.substr(used);
        std::size_t taken = phase() == Phase::body ? take_body(rest) : take_head(rest);
        if (taken == 0) break;
        used += taken;
        // A new answer costs as much as many kept ones: other connections come first.
        if (thread_.kept().made() != made) steps_ = 1;
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
    std::size_t limit = thread_.limits.head;
    auto end = http::find_head_end(bytes, searched_);
    if (end.value_or(bytes.size()) > limit) {
        refuse({431, "the request line and header fields are too large"});
        return bytes.size();
    }
    if (!end) {
        if (auto refusal = http::refuse_early(bytes, searched_)) {
            refuse(*refusal);
            return bytes.size();
        }
        searched_ = bytes.size();
        if (phase() == Phase::idle) thread_.connections.move(*this, Phase::head);
        return 0;
    }
    searched_ = 0;
    std::string_view raw = bytes.substr(0, *end);
    linger_ = bytes.size() > raw.size();
    auto head = http::parse_head(raw);
    if (!head) {
        refuse(head.error());
        return bytes.size();
    }
    start(*head, raw);
    return *end;
}

std::size_t Connection::take_body(std::string_view bytes) {
    http::Body& body = pending_->body;
    std::size_t taken = body.feed(bytes);
    linger_ = bytes.size() > taken;
    if (body.refused()) {
        bool answered_already = pending_->plan.action == nullptr;
        http::Refusal refusal = *body.refused();
        pending_.reset();
        if (answered_already)
            linger();
        else
            refuse(refusal);
        return bytes.size();
    }
    if (body.done()) {
        auto pending = std::move(pending_);
        if (pending->plan.action == nullptr)
            thread_.connections.move(*this, Phase::idle);
        else
            carry_out(pending->plan, body.take_content());
    }
    return taken;
}

// The same bytes as last time: the present answer of the same variant.
bool Connection::repeat() {
    endpoints::Responder& responder = thread_.responder;
    Memo& memo = *memo_;
    if (memo.credentials_size > 0 &&
        !(responder.identify(std::string_view(memo.head).substr(
              memo.credentials_begin, memo.credentials_size)) == memo.identity)) {
        memo_.reset();
        return false;
    }
    const std::shared_ptr<http::Rendered>& rendered = responder.kept().fresh(*memo.kept);
    if (rendered == nullptr) {
        memo_.reset();
        return false;
    }
    memo.kept->counter->add();
    head_only_ = memo.head_only;
    old_ = memo.old;
    keep_ = !thread_.draining;
    transmit(rendered);
    return true;
}

void Connection::start(const http::Head& head, std::string_view raw) {
    served_ = true;
    head_only_ = head.method == "HEAD";
    old_ = head.minor == 0;
    keep_ = head.keep_alive && !thread_.draining;
    endpoints::Plan plan = thread_.responder.plan(head, peer_);
    label_ = plan.label;
    if (plan.malformed || (head.has_body() && plan.response)) {
        // Nobody will read what follows.
        keep_ = false;
        linger_ = true;
    }
    if (plan.response) {
        deliver(*plan.response);
    } else if (plan.stream) {
        linger_ = linger_ || head.has_body();  // nobody will read it
        begin_stream(std::move(*plan.stream));
    } else if (head.has_body()) {
        await_body(head, std::move(plan), raw);
    } else {
        if (plan.kept != nullptr && !plan.kept->retired && keep_ && raw.size() <= longest_memo)
            remember(plan, raw);
        carry_out(plan, {});
    }
}

// An action waits for its body. A read is answered at once: nothing of the request is held while
// its body arrives, which nobody reads.
void Connection::await_body(const http::Head& head, endpoints::Plan plan, std::string_view raw) {
    // A client that sends all output of a job must not be refused for that: only the end is kept.
    const auto use = plan.reads_tail   ? http::Body::Use::tail
                     : plan.reads_body ? http::Body::Use::keep
                                       : http::Body::Use::count;
    http::Body body(head, plan.reads_tail ? longest_output : thread_.limits.body, use);
    if (body.refused()) {
        refuse(*body.refused());
        return;
    }
    if (plan.action == nullptr) {
        pending_ = std::make_unique<Pending>(endpoints::Plan{}, std::move(body), std::size_t{0});
        linger_ = true;
        // A client that gets the final answer before 100 Continue may or may not send the body.
        if (head.expects_continue) keep_ = false;
        carry_out(plan, {});
        return;
    }
    if (head.expects_continue) {
        constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
        // Nothing else is on its way on this connection: if these few bytes cannot be sent, it is
        // broken.
        if (write(go_on) != static_cast<ssize_t>(go_on.size())) {
            close();
            return;
        }
    }
    plan.credentials = {};
    pending_ =
        std::make_unique<Pending>(std::move(plan), std::move(body), raw.size() * plan_per_byte);
    thread_.connections.move(*this, Phase::body);
}

void Connection::carry_out(endpoints::Plan& plan, std::string body) {
    endpoints::Responder& responder = thread_.responder;
    if (plan.kept != nullptr) {
        std::shared_ptr<http::Rendered> rendered = responder.kept().fresh(*plan.kept);
        // The question is too long to keep.
        if (rendered == nullptr) rendered = responder.kept().render_once(*plan.kept);
        responder.count(plan.label, rendered->status);
        transmit(rendered);
        return;
    }
    const std::uint64_t id = thread_.connections.begin_work(*this);
    std::optional<http::Response> response;
    try {
        response = plan.action(std::move(body), reply_later(id));
    } catch (const std::exception& error) {
        thread_.shared.log(LogLevel::error,
                           fmt::format("a request to {} failed: {}", plan.label, error.what()));
        response =
            http::plain_answer(500, "the request could not be carried out; the log says why");
    }
    if (response) {
        thread_.connections.end_work(*this);
        deliver(*response);
    }
}

// The mailbox is closed before the thread's connections are destroyed: later messages are dropped.
endpoints::Reply Connection::reply_later(std::uint64_t id) const {
    return [mailbox = thread_.poller.mailbox(), &connections = thread_.connections,
            id](http::Response response) {
        mailbox->post([&connections, id, response = std::move(response)] {
            if (Connections::Member* waiting = connections.working(id)) waiting->answer(response);
        });
    };
}

void Connection::remember(const endpoints::Plan& plan, std::string_view raw) {
    memo_ = std::make_unique<Memo>();
    Memo& memo = *memo_;
    memo.head = raw;
    memo.kept = plan.kept;
    memo.identity = plan.identity;
    if (!plan.credentials.empty()) {
        memo.credentials_begin = static_cast<std::size_t>(plan.credentials.data() - raw.data());
        memo.credentials_size = plan.credentials.size();
    }
    memo.head_only = head_only_;
    memo.old = old_;
}

void Connection::answer(const http::Response& response) {
    attempt([&] {
        steps_ = most_steps;
        thread_.connections.end_work(*this);
        if (thread_.draining) keep_ = false;
        if (readable_) linger_ = true;
        deliver(response);
        if (!blocked()) pump();
    });
}

void Connection::expire() {
    attempt([this] {
        if (phase() == Phase::head && !input_.empty()) {
            refuse({408, "the request's head did not arrive in time"});
        } else if (phase() == Phase::body && pending_->plan.action != nullptr) {
            pending_.reset();
            refuse({408, "the request's body did not arrive in time"});
        } else if (phase() == Phase::stalled) {
            thread_.log_slow_reader(peer_.name());
            close();
        } else {
            close();
        }
    });
}

void Connection::drain() {
    if (phase() != Phase::idle) return;
    // A request may be on its way on one that never had any: it gets a head's time.
    if (served_)
        close();
    else
        thread_.connections.move(*this, Phase::head);
}

void Connection::close() noexcept {
    if (phase() == Phase::closed) return;
    if (tls_ != nullptr) tls_->say_goodbye();
    thread_.connections.remove(*this);
    ::close(descriptor_);
    descriptor_ = -1;
    out_.reset();
    pending_.reset();
    if (streaming_ != nullptr) thread_.streams.leave();
    streaming_.reset();
}

}  // namespace vitals::server
