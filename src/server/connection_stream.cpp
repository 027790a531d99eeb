// The life of a connection: streams. The bytes of a stream wait here for a slow reader, and
// meanwhile the stream is not asked for more. So a stream holds only what it says at once, and a
// slow reader gets the present state, not a queue.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "http/answer.hpp"
#include "server/connection.hpp"

namespace vitals::server {
namespace {

constexpr int kernel_buffer = 64 * 1024;        // bytes that the system may hold for a reader
constexpr unsigned gone_after_ms = 20'000;      // without a packet from the peer's system
constexpr std::size_t kept_capacity = 1024;     // of the buffer of a stream that has said all
constexpr std::size_t least_taken = 16'384;     // bytes that a slow peer must take in its time
constexpr std::size_t most_unsent = 64 * 1024;  // before its bytes must be taken

}  // namespace

void Connection::begin_stream(endpoints::Streamed streamed) {
    if (streamed.stream == nullptr) {
        deliver(streamed.head);
        return;
    }
    if (head_only_) {
        thread_.responder.count(label_, streamed.head.status);
        transmit(
            std::make_shared<http::Rendered>(thread_.kept().stream_head(streamed.head, !old_)));
        return;
    }
    if (!thread_.streams.enter()) {
        http::Response full = http::plain_answer(
            503, "there are as many streams as may be; limits: {streams: N} raises that");
        full.headers.emplace_back("Retry-After", "10");
        deliver(full);
        return;
    }
    try {
        streaming_ = std::make_unique<Streaming>(std::move(streamed.stream), std::string(), !old_);
    } catch (...) {
        thread_.streams.leave();
        throw;
    }
    thread_.responder.count(label_, streamed.head.status);
    keep_ = false;
    ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDBUF, &kernel_buffer, sizeof kernel_buffer);
    ::setsockopt(descriptor_, IPPROTO_TCP, TCP_USER_TIMEOUT, &gone_after_ms, sizeof gone_after_ms);
    streaming_->unsent =
        http::head_with_connection(thread_.kept().stream_head(streamed.head, !old_), "close");
    std::string().swap(input_);
    memo_.reset();
    taken_ = 0;
    thread_.connections.move(*this, Phase::streaming);
    pull_stream();
}

void Connection::pull() {
    attempt([this] { pull_stream(); });
}

void Connection::pull_stream() {
    while (phase() == Phase::streaming) {
        endpoints::Stream& source = *streaming_->source;
        std::string said;
        do {
            source.pull(said, thread_.kept().now());
        } while (source.more() && said.size() < most_unsent);
        say(said);
        if (source.over()) finish_stream();
        thread_.streams.ask_at(source.next());
        if (!flush_stream() || !source.more()) return;
    }
}

void Connection::say(std::string_view bytes) {
    if (streaming_->chunked)
        http::append_chunk(streaming_->unsent, bytes);
    else
        streaming_->unsent += bytes;
}

void Connection::finish_stream() {
    if (streaming_->chunked) streaming_->unsent += http::last_chunk;
    streaming_->ending = true;
}

void Connection::end_stream() {
    attempt([this] {
        if (streaming_ == nullptr || streaming_->ending) return;
        std::string words;
        streaming_->source->end(words);
        say(words);
        finish_stream();
        if (phase() == Phase::streaming) flush_stream();
    });
}

// True when all of it was sent and more may follow.
bool Connection::flush_stream() {
    std::string& unsent = streaming_->unsent;
    std::size_t sent = 0;
    while (sent < unsent.size()) {
        const ssize_t count = write(std::string_view(unsent).substr(sent));
        if (count == -2) {
            close();
            return false;
        }
        if (count < 0) {
            taken_ += sent;
            unsent.erase(0, sent);
            // A peer that takes enough of it gets more time.
            if (phase() != Phase::stalled || taken_ >= least_taken) {
                taken_ = 0;
                thread_.connections.move(*this, Phase::stalled);
            }
            return false;
        }
        sent += static_cast<std::size_t>(count);
    }
    unsent.clear();
    if (unsent.capacity() > kept_capacity) std::string().swap(unsent);
    if (streaming_->ending) {
        thread_.streams.leave();
        streaming_.reset();
        linger();
        return false;
    }
    if (phase() != Phase::streaming) thread_.connections.move(*this, Phase::streaming);
    return true;
}

}  // namespace vitals::server
