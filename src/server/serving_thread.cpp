// Accepting, the order of connections, their times.
#include "server/serving_thread.hpp"

#include <fmt/format.h>
#include <malloc.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace vitals::server {
namespace {

using Phase = Connection::Phase;

constexpr int accepts_at_once = 64;
constexpr std::chrono::milliseconds linger_time{2'000};
constexpr std::chrono::milliseconds longest_tick{500};
constexpr std::size_t worth_giving_back = 4u << 20;
constexpr std::uint32_t connection_events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

// Often enough that nothing outlives its time by more than a quarter.
std::chrono::milliseconds tick_of(const Limits& limits) {
    auto shortest =
        std::min({limits.head_time, limits.body_time, limits.idle_time, limits.send_time}) / 4;
    return std::clamp(shortest, std::chrono::milliseconds(5), longest_tick);
}

bool is_loopback(const sockaddr_storage& address) {
    if (address.ss_family == AF_UNIX) return true;
    if (address.ss_family == AF_INET) {
        const auto& four = reinterpret_cast<const sockaddr_in&>(address);
        return ntohl(four.sin_addr.s_addr) >> 24 == 127;
    }
    if (address.ss_family != AF_INET6) return false;
    const auto& six = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&six)) return six.s6_addr[12] == 127;
    return IN6_IS_ADDR_LOOPBACK(&six);
}

}  // namespace

void Presence::enter(std::size_t count) {
    std::scoped_lock lock(mutex_);
    count_ += count;
}

void Presence::leave() {
    std::scoped_lock lock(mutex_);
    if (--count_ == 0) changed_.notify_all();
}

bool Presence::wait_empty(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    return changed_.wait_until(lock, deadline, [this] { return count_ == 0; });
}

ServingThread::ServingThread(endpoints::Shared& shared, const Limits& limits, unsigned index,
                             std::shared_ptr<const endpoints::Routes> routes,
                             const std::vector<std::unique_ptr<ListeningSocket>>& sockets,
                             Presence& connected)
    : shared_(shared),
      limits_(limits),
      connected_(connected),
      loop_(tick_of(limits)),
      responder_(shared, index, std::move(routes)),
      most_(std::max<std::size_t>(1, limits.connections / shared.threads)),
      most_booked_(limits.connection_memory / shared.threads) {
    auto time = [this](Phase phase) -> auto& { return times_[static_cast<std::size_t>(phase)]; };
    time(Phase::idle) = limits.idle_time;
    time(Phase::handshake) = limits.head_time;
    time(Phase::head) = limits.head_time;
    time(Phase::body) = limits.body_time;
    time(Phase::sending) = limits.send_time;
    time(Phase::lingering) = linger_time;
    for (std::size_t i = 0; i < sockets.size(); ++i)
        for (int descriptor : sockets[i]->descriptors()) {
            auto acceptor = std::make_unique<Acceptor>();
            acceptor->thread = this;
            acceptor->descriptor = descriptor;
            acceptor->listener = i;
            acceptor->tls = sockets[i]->tls().get();
            acceptors_.push_back(std::move(acceptor));
        }
    loop_.before_batch = [this] { responder_.kept().begin_batch(); };
    loop_.after_batch = [this] { end_batch(); };
    loop_.on_failure = [this](const std::exception& error) { log_failure(error); };
    loop_.on_tick = [this] { sweep(); };
    loop_.ticking = [this] { return count_ > 0 || paused_ || owes_memory(); };
    watch_acceptors(true);
}

ServingThread::~ServingThread() {
    stop();
    loop_.mailbox()->close();
    for (auto& connections : connections_) {
        for ([[maybe_unused]] auto& each : connections)
            if (each->phase != Phase::closed) connected_.leave();
        connections.clear();
    }
}

void ServingThread::start() {
    // Signals are for the main thread. SIGPIPE is for nobody: OpenSSL writes to sockets that may
    // have been reset, and has no way to say so that none is wanted.
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
        thread_ = std::thread([this] {
            ::pthread_setname_np(::pthread_self(), "vitals-http");
            loop_.run();
        });
    } catch (...) {
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
        throw;
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void ServingThread::stop() {
    if (!thread_.joinable()) return;
    loop_.stop();
    thread_.join();
}

void ServingThread::replace_routes(std::shared_ptr<const endpoints::Routes> routes) {
    loop_.mailbox()->post(
        [this, routes = std::move(routes)] { responder_.replace_routes(routes); });
}

void ServingThread::drain(Presence& accepting) {
    loop_.mailbox()->post([this, &accepting] {
        if (!draining_) stop_accepting();
        accepting.leave();
    });
}

void ServingThread::stop_accepting() {
    // Who is already in the queue was told that it is connected: it is served, once.
    for (auto& acceptor : acceptors_) accept_from(*acceptor);
    watch_acceptors(false);
    paused_ = false;
    draining_ = true;
    Connections& idle = list(Phase::idle);
    for (auto each = idle.begin(); each != idle.end();) (*each++)->drain();
}

void ServingThread::watch_acceptors(bool on) {
    if (accepting_ == on) return;
    accepting_ = on;
    std::uint32_t events = EPOLLIN;
    if (shared_.threads > 1) events |= EPOLLEXCLUSIVE;
    for (auto& acceptor : acceptors_) {
        if (on)
            acceptor->ticket = loop_.watch(acceptor->descriptor, *acceptor, events);
        else
            loop_.unwatch(acceptor->ticket);
    }
}

void ServingThread::accept_from(Acceptor& acceptor) {
    for (int i = 0; i < accepts_at_once && accepting_; ++i) {
        sockaddr_storage address{};
        socklen_t size = sizeof address;
        int descriptor = ::accept4(acceptor.descriptor, reinterpret_cast<sockaddr*>(&address),
                                   &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor >= 0) {
            admit(acceptor, descriptor, is_loopback(address));
            continue;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EBADF || errno == EINVAL) return;
        if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM)
            continue;  // that one connection failed
        int error = errno;
        // The system says so even when nobody waits to be accepted.
        pollfd waiting{acceptor.descriptor, POLLIN, 0};
        if (::poll(&waiting, 1, 0) != 1) return;
        if (responder_.kept().now() >= tell_again_)
            shared_.log(
                LogLevel::error,
                fmt::format("listener {}: a connection cannot be accepted: {}; idle ones "
                            "are closed to make room",
                            shared_.listeners[acceptor.listener].text, std::strerror(error)));
        tell_again_ = responder_.kept().now() + std::chrono::minutes(1);
        if (give_way()) continue;
        // Asking again at once would only burn time: the listener rests until the next tick.
        watch_acceptors(false);
        paused_ = true;
        return;
    }
}

void ServingThread::admit(Acceptor& acceptor, int descriptor, bool loopback) {
    std::unique_ptr<Connection> made;
    try {
        made = std::make_unique<Connection>(
            *this, descriptor,
            endpoints::Peer{acceptor.listener, loopback,
                            [descriptor] { return peer_name(descriptor); }},
            acceptor.tls);
    } catch (...) {
        ::close(descriptor);
        throw;
    }
    if (count_ >= most_ && !give_way()) return;
    Connection& connection = *made;
    connection.phase = acceptor.tls == nullptr ? Phase::idle : Phase::handshake;
    connection.since = responder_.kept().now();
    Connections& place = list(connection.phase);
    connection.place = place.insert(place.end(), std::move(made));
    ++count_;
    connected_.enter();
    book(connection);
    connection.ticket = loop_.watch(descriptor, connection, connection_events);
    if (connection.ticket == 0) connection.close();
}

// Closes the connection that waited longest, whatever for; one whose answer is being worked on only
// if there is no other. False: there is none.
bool ServingThread::give_way() noexcept {
    Connection* oldest = nullptr;
    for (Phase phase : {Phase::idle, Phase::lingering, Phase::handshake, Phase::head, Phase::body,
                        Phase::sending}) {
        if (list(phase).empty()) continue;
        Connection* first = list(phase).front().get();
        if (oldest == nullptr || first->since < oldest->since) oldest = first;
    }
    if (oldest == nullptr && !list(Phase::working).empty())
        oldest = list(Phase::working).front().get();
    if (oldest == nullptr) return false;
    oldest->close();
    return true;
}

void ServingThread::move(Connection& connection, Phase phase) noexcept {
    Connections& to = list(phase);
    to.splice(to.end(), list(connection.phase), connection.place);
    connection.phase = phase;
    connection.since = responder_.kept().now();
}

// Readers share an answer's bytes. Those of answers that were followed by newer ones are bounded:
// who began to read first gives way.
void ServingThread::await_reader(Connection& connection) noexcept {
    move(connection, Phase::sending);
    Connections& readers = list(Phase::sending);
    std::size_t most = limits_.outgrown_answers / shared_.threads;
    while (responder_.kept().outgrown_bytes() > most && readers.front().get() != &connection)
        readers.front()->close();
}

void ServingThread::bury(Connection& connection) noexcept {
    loop_.unwatch(connection.ticket);
    if (connection.phase == Phase::working) working_.erase(connection.id);
    booked_ -= connection.booked;
    move(connection, Phase::closed);  // destroyed after the batch, which may still name it
    --count_;
    connected_.leave();
}

void ServingThread::book(Connection& connection) noexcept {
    if (connection.phase == Phase::closed) return;
    std::size_t now = connection.held();
    booked_ = booked_ - connection.booked + now;
    connection.booked = now;
}

std::size_t ServingThread::memory() const noexcept {
    return booked_ + responder_.kept().kept_bytes() + responder_.kept().outgrown_bytes();
}

bool ServingThread::owes_memory() const noexcept {
    return peak_ >= memory() + worth_giving_back;
}

void ServingThread::end_batch() noexcept {
    peak_ = std::max(peak_, memory());
    while (booked_ > most_booked_ && give_way()) {
    }
    list(Phase::closed).clear();
}

void ServingThread::ring_again(Connection& connection) noexcept {
    loop_.watch_again(connection.ticket, connection_events);
}

void ServingThread::begin_work(Connection& connection) {
    connection.id = ++last_id_;
    working_.emplace(connection.id, &connection);
    move(connection, Phase::working);
}

void ServingThread::end_work(Connection& connection) {
    working_.erase(connection.id);
}

endpoints::Reply ServingThread::reply_to(const Connection& connection) {
    // The mailbox is closed before this thread's connections go: what comes later is dropped.
    return [this, mailbox = loop_.mailbox(), id = connection.id](http::Response response) {
        mailbox->post([this, id, response = std::move(response)] {
            auto found = working_.find(id);
            if (found != working_.end()) found->second->answer(response);
        });
    };
}

void ServingThread::sweep() {
    if (paused_) {
        paused_ = false;
        watch_acceptors(true);
    }
    for (Phase phase : {Phase::idle, Phase::handshake, Phase::head, Phase::body, Phase::sending,
                        Phase::lingering}) {
        Connections& waiting = list(phase);
        auto time = times_[static_cast<std::size_t>(phase)];
        while (!waiting.empty() && waiting.front()->since + time <= responder_.kept().now())
            waiting.front()->expire();
    }
    if (!owes_memory()) return;
    // Freed memory stays with the process until the allocator is told.
    ::malloc_trim(0);
    peak_ = memory();
}

void ServingThread::log_handshake(const endpoints::Peer& peer, const std::string& problem) {
    shared_.log(LogLevel::debug, fmt::format("listener {}: TLS handshake failed: {}",
                                             shared_.listeners[peer.listener].text, problem));
}

void ServingThread::log_failure(const std::exception& error) noexcept {
    if (responder_.kept().now() < failed_again_) return;
    failed_again_ = responder_.kept().now() + std::chrono::minutes(1);
    try {
        shared_.log(
            LogLevel::error,
            fmt::format("a connection was closed, it could not be served: {}", error.what()));
    } catch (const std::exception&) {
        // Not even memory to say so.
    }
}

}  // namespace vitals::server
