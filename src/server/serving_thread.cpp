// Accepts connections and decides which protocol a listener speaks.
#include "server/serving_thread.hpp"

#include <fmt/format.h>
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
#include <utility>

#include "server/agent_connection.hpp"
#include "server/connection.hpp"
#include "server/first_bytes.hpp"
#include "server/http2_connection.hpp"

namespace vitals::server {
namespace {

constexpr int accepts_at_once = 64;
constexpr std::chrono::milliseconds longest_tick{500};

// Often enough that nothing exceeds its time by more than a quarter.
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

ServingThread::ServingThread(endpoints::Shared& shared, const Limits& limits, unsigned index,
                             std::shared_ptr<const endpoints::Routes> routes,
                             const std::vector<std::unique_ptr<ListeningSocket>>& sockets,
                             Presence& connected)
    : shared_(shared),
      limits_(limits),
      sockets_(sockets),
      connected_(connected),
      poller_(tick_of(limits)),
      responder_(shared, index, std::move(routes),
                 {[mailbox = poller_.mailbox()](std::function<void()> function) {
                      mailbox->post(std::move(function));
                  },
                  [this] { streams_.wake(); }}),
      streams_(shared, limits_, poller_, connections_, responder_.kept()),
      connections_(poller_, responder_.kept(), limits_, shared.threads, connected),
      context_{shared_, limits_, poller_, responder_, connections_, streams_, scratch_} {
    for (std::size_t i = 0; i < sockets.size(); ++i)
        for (int descriptor : sockets[i]->descriptors()) {
            auto acceptor = std::make_unique<Acceptor>();
            acceptor->thread = this;
            acceptor->descriptor = descriptor;
            acceptor->listener = i;
            acceptors_.push_back(std::move(acceptor));
        }
    poller_.before_batch = [this] { responder_.kept().begin_batch(); };
    poller_.after_batch = [this] { connections_.end_batch(); };
    poller_.on_failure = [this](const std::exception& error) { context_.log_failure(error); };
    poller_.on_tick = [this] { sweep(); };
    poller_.ticking = [this] {
        return connections_.any_timed() || paused_ || connections_.owes_memory();
    };
    watch_acceptors(true);
}

ServingThread::~ServingThread() {
    stop();
    poller_.mailbox()->close();
}

void ServingThread::start() {
    // Signals are for the main thread. SIGPIPE is for no thread: OpenSSL writes to sockets that may
    // have been reset, and cannot be told to raise no signal.
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
        thread_ = std::thread([this] {
            ::pthread_setname_np(::pthread_self(), "vitals-http");
            poller_.run();
        });
    } catch (...) {
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
        throw;
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void ServingThread::stop() {
    if (!thread_.joinable()) return;
    poller_.stop();
    thread_.join();
}

void ServingThread::replace_routes(std::shared_ptr<const endpoints::Routes> routes) {
    poller_.mailbox()->post([this, routes = std::move(routes)] {
        responder_.replace_routes(routes);
        // Rights may have changed: clients that still have them ask again.
        connections_.end_streams();
    });
}

void ServingThread::drain(Presence& accepting) {
    poller_.mailbox()->post([this, &accepting] {
        if (!context_.draining) stop_accepting();
        accepting.leave();
    });
}

void ServingThread::stop_accepting() {
    // A client in the queue has been told that it is connected: it is served once.
    for (auto& acceptor : acceptors_) accept_from(*acceptor);
    watch_acceptors(false);
    paused_ = false;
    context_.draining = true;
    connections_.drain_idle();
}

void ServingThread::watch_acceptors(bool on) {
    if (accepting_ == on) return;
    accepting_ = on;
    std::uint32_t events = EPOLLIN;
    if (shared_.threads > 1) events |= EPOLLEXCLUSIVE;
    for (auto& acceptor : acceptors_) {
        if (on)
            acceptor->ticket = poller_.watch(acceptor->descriptor, *acceptor, events);
        else
            poller_.unwatch(acceptor->ticket);
    }
}

void ServingThread::accept_from(Acceptor& acceptor) {
    for (int i = 0; i < accepts_at_once && accepting_; ++i) {
        sockaddr_storage address{};
        socklen_t size = sizeof address;
        int descriptor = ::accept4(acceptor.descriptor, reinterpret_cast<sockaddr*>(&address),
                                   &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor >= 0) {
            admit(acceptor, descriptor, address);
            continue;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EBADF || errno == EINVAL) return;
        if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM)
            continue;  // that one connection failed
        int error = errno;
        // The system reports this even when no client waits.
        pollfd waiting{acceptor.descriptor, POLLIN, 0};
        if (::poll(&waiting, 1, 0) != 1) return;
        if (responder_.kept().now() >= log_want_again_)
            shared_.log(
                LogLevel::error,
                fmt::format("listener {}: a connection cannot be accepted: {}; idle ones "
                            "are closed to make room",
                            shared_.listeners[acceptor.listener].text, std::strerror(error)));
        log_want_again_ = responder_.kept().now() + std::chrono::minutes(1);
        if (connections_.give_way()) continue;
        // Trying again at once would only waste time: the listener rests until the next tick.
        watch_acceptors(false);
        paused_ = true;
        return;
    }
}

void ServingThread::admit(const Acceptor& acceptor, int descriptor,
                          const sockaddr_storage& address) {
    if (shared_.listeners[acceptor.listener].proxy_protocol &&
        !sockets_[acceptor.listener]->trusts(address))
        return turn_away(acceptor, descriptor);
    ServingThread& owner = least_busy();
    if (&owner == this) return serve(acceptor.listener, descriptor, address);
    hand_over(std::make_shared<Handed>(owner, acceptor.listener, descriptor, address));
}

// The system wakes one thread for a burst of connections. Without sharing it would have them all.
ServingThread& ServingThread::least_busy() noexcept {
    ServingThread* least = this;
    std::size_t fewest = load();
    for (ServingThread* each : all_) {
        const std::size_t load = each->load();
        if (load < fewest) least = each, fewest = load;
    }
    return *least;
}

// An accepted connection on its way to its thread. The end of serving waits for it.
struct ServingThread::Handed {
    Handed(ServingThread& to, std::size_t from, int open, const sockaddr_storage& peer)
        : owner(to), listener(from), descriptor(open), address(peer) {
        owner.connected_.enter();
        ++owner.coming_;
    }
    ~Handed() {
        if (descriptor >= 0) ::close(descriptor);
        --owner.coming_;
        owner.connected_.leave();
    }
    Handed(const Handed&) = delete;
    Handed& operator=(const Handed&) = delete;

    ServingThread& owner;
    const std::size_t listener;
    int descriptor;  // -1: served
    const sockaddr_storage address;
};

void ServingThread::hand_over(std::shared_ptr<Handed> handed) {
    ServingThread& owner = handed->owner;
    owner.poller_.mailbox()->post([&owner, handed = std::move(handed)] {
        owner.serve(handed->listener, std::exchange(handed->descriptor, -1), handed->address);
        // It was accepted before nobody was to be let in.
        if (owner.context_.draining) owner.connections_.drain_idle();
    });
}

void ServingThread::serve(std::size_t from, int descriptor, const sockaddr_storage& address) {
    const Listener& listener = shared_.listeners[from];
    const TlsContext* const tls = sockets_[from]->tls().get();
    const bool proxied = listener.proxy_protocol.has_value();
    std::unique_ptr<Connections::Member> made;
    Phase phase = tls == nullptr && !proxied ? Phase::idle : Phase::handshake;
    try {
        // What a proxy forwards may come from anywhere.
        endpoints::Peer peer{from, !proxied && is_loopback(address),
                             [descriptor] { return peer_name(descriptor); }};
        switch (listener.protocol) {
            case Protocol::http:
                if (listener.http2)
                    made = std::make_unique<FirstBytes>(context_, descriptor, std::move(peer), tls);
                else
                    made = std::make_unique<Connection>(
                        context_, descriptor, std::move(peer), tls,
                        proxied ? Preamble::proxy_header : Preamble::none);
                break;
            case Protocol::agent:
                made = std::make_unique<AgentConnection>(context_, descriptor, from);
                phase = Phase::lingering;
                break;
            case Protocol::grpc:
                if (tls != nullptr)
                    made = std::make_unique<FirstBytes>(context_, descriptor, std::move(peer), tls);
                else
                    made = std::make_unique<Http2Connection>(context_, descriptor, std::move(peer),
                                                             nullptr);
        }
    } catch (...) {
        ::close(descriptor);
        throw;
    }
    connections_.admit(std::move(made), descriptor, phase);
}

void ServingThread::turn_away(const Acceptor& acceptor, int descriptor) {
    if (responder_.kept().now() >= log_strange_again_) {
        shared_.log(LogLevel::warning,
                    fmt::format("listener {}: a connection from {} is refused: the address is not "
                                "among those that 'proxy_protocol' trusts",
                                shared_.listeners[acceptor.listener].text, peer_name(descriptor)));
        log_strange_again_ = responder_.kept().now() + std::chrono::minutes(1);
    }
    ::close(descriptor);
}

void ServingThread::sweep() {
    if (paused_) {
        paused_ = false;
        watch_acceptors(true);
    }
    connections_.expire();
    if (connections_.owes_memory()) connections_.give_memory_back();
}

}  // namespace vitals::server
