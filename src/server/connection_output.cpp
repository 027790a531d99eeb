// The life of a connection: what it sends, and how it ends.
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "server/connection.hpp"
#include "server/socket_io.hpp"

namespace vitals::server {
namespace {
constexpr int most_discards = 16;            // reads in a row of bytes that nobody wants
constexpr std::size_t least_taken = 16'384;  // bytes that a slow peer must take in its time
constexpr std::size_t joined_size = 16'384;  // of a head and its body: a TLS record
}  // namespace

ssize_t Connection::write(std::string_view bytes) {
    return write_to(descriptor_, tls_.get(), bytes);
}

void Connection::refuse(const http::Refusal& refusal) {
    keep_ = false;
    linger_ = true;
    head_only_ = false;
    old_ = false;
    label_ = "other";
    deliver(http::plain_answer(refusal.status, refusal.why));
}

void Connection::deliver(const http::Response& response) {
    thread_.responder.count(label_, response.status);
    transmit(thread_.kept().render(response));
}

void Connection::transmit(const std::shared_ptr<http::Rendered>& rendered) {
    std::string_view bytes = rendered->bytes;
    if (head_only_) bytes = bytes.substr(0, rendered->head);
    std::size_t sent = 0;
    if (keep_ && !old_) {
        ssize_t count = write(bytes);
        if (count == static_cast<ssize_t>(bytes.size())) {
            answered();
            return;
        }
        if (count == -2) {
            close();
            return;
        }
        if (count > 0) sent = static_cast<std::size_t>(count);
        if (sent < rendered->head) out_head_ = bytes.substr(sent, rendered->head - sent);
    } else {
        out_head_ = http::head_with_connection(*rendered, keep_ ? "keep-alive" : "close");
    }
    out_ = rendered;
    sent_ = std::max(sent, rendered->head);
    end_ = bytes.size();
    taken_ = 0;
    flush();
}

// True when all of it was sent.
bool Connection::flush() {
    while (!out_head_.empty() || sent_ < end_) {
        ssize_t count = send_more();
        if (count == -2) {
            close();
            return false;
        }
        if (count < 0) {
            if (phase() != Phase::sending) thread_.connections.await_reader(*this);
            return false;
        }
        note_sent(static_cast<std::size_t>(count));
    }
    std::string().swap(out_head_);
    out_.reset();
    answered();
    return true;
}

ssize_t Connection::send_more() {
    std::string_view body = std::string_view(out_->bytes).substr(sent_, end_ - sent_);
    if (out_head_.empty()) return write(body);
    std::array<char, joined_size> joined;
    std::size_t size = out_head_.copy(joined.data(), joined.size());
    size += body.copy(joined.data() + size, joined.size() - size);
    return write({joined.data(), size});
}

// A peer that takes enough of it gets more time.
void Connection::note_sent(std::size_t count) {
    std::size_t of_head = std::min(count, out_head_.size());
    out_head_.erase(0, of_head);
    sent_ += count - of_head;
    taken_ += count;
    if (phase() != Phase::sending || taken_ < least_taken) return;
    taken_ = 0;
    thread_.connections.move(*this, Phase::sending);
}

void Connection::answered() {
    if (keep_ && thread_.draining && pending_ == nullptr)
        linger();
    else if (keep_)
        thread_.connections.move(*this, pending_ == nullptr ? Phase::idle : Phase::body);
    else if (linger_)
        linger();
    else
        close();
}

// Closing a socket with unread bytes resets it, and the peer may lose the answer that says what was
// wrong. So vitals ends its own side first, and reads from the peer for a moment.
void Connection::linger() {
    std::string().swap(input_);
    pending_.reset();
    if (tls_ != nullptr) tls_->say_goodbye();
    ::shutdown(descriptor_, SHUT_WR);
    thread_.connections.move(*this, Phase::lingering);
    discard();
}

void Connection::discard() {
    for (int turn = 0; turn < most_discards; ++turn) {
        std::span<char> scratch = thread_.scratch;
        ssize_t count = ::recv(descriptor_, scratch.data(), scratch.size(), 0);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
        if (count <= 0) {
            close();
            return;
        }
    }
    thread_.connections.ring_again(*this);
}

}  // namespace vitals::server
