// The server as a whole: sockets, threads, the end.
#include "server/server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

#include "net/apart.hpp"
#include "server/serving_thread.hpp"

namespace vitals::server {
namespace {

constexpr std::chrono::milliseconds poll_every{2};

Log or_silent(Log log) {
    return log ? std::move(log) : Log([](LogLevel, std::string_view) {});
}

// Reads certificates again on its own thread; serving threads do not touch files. A file system
// that hangs holds this thread, and nobody waits for it.
struct Keeper : std::enable_shared_from_this<Keeper> {
    struct Kept {
        std::string listener;
        std::shared_ptr<TlsContext> context;
    };
    std::vector<Kept> certificates;
    std::chrono::milliseconds interval{};
    Log log;
    std::mutex mutex;
    std::condition_variable wake;
    bool stop = false;

    void start() {
        if (!certificates.empty())
            std::thread([self = shared_from_this()] { self->run(); }).detach();
    }

    void run() {
        std::unique_lock lock(mutex);
        while (!wake.wait_for(lock, interval, [this] { return stop; }))
            for (const Kept& each : certificates) look(each, lock);
    }

    void look(const Kept& kept, std::unique_lock<std::mutex>& lock) {
        lock.unlock();
        std::expected<TlsContext::Change, std::nullptr_t> change = std::unexpected(nullptr);
        try {
            net::apart([&] { change = kept.context->refresh(); });
        } catch (const std::exception& error) {
            change = TlsContext::Change{
                false, fmt::format("the certificate cannot be read again: {}", error.what())};
        }
        lock.lock();
        if (stop || !change) return;
        log(change->good ? LogLevel::info : LogLevel::error,
            "listener " + kept.listener + ": " + change->text);
    }

    // Nothing is logged after this has returned.
    void end() {
        const std::scoped_lock lock(mutex);
        stop = true;
        wake.notify_all();
    }
};

}  // namespace

struct Server::State {
    endpoints::Shared shared;
    const Limits limits;
    Presence connections, accepting;
    std::vector<std::unique_ptr<ListeningSocket>> sockets;
    std::vector<std::uint16_t> ports;
    std::vector<std::unique_ptr<ServingThread>> threads;
    bool driven = false;  // by the host's loop
    std::shared_ptr<Keeper> keeper = std::make_shared<Keeper>();

    State(std::vector<Listener> listeners, endpoints::Control control, const Hub& hub, Clock& clock,
          Log log, const Limits& limits_, unsigned count)
        : shared(std::move(listeners), std::move(control), hub, clock, or_silent(std::move(log)),
                 limits_.kept_answers, count),
          limits(limits_) {}
};

Server::Server(std::vector<Listener> listeners, std::shared_ptr<const endpoints::Routes> routes,
               endpoints::Control control, const Hub& hub, Clock& clock, Log log, Limits limits,
               unsigned threads)
    : state_(std::make_unique<State>(std::move(listeners), std::move(control), hub, clock,
                                     std::move(log), limits, std::max(1u, threads))) {
    if (routes == nullptr) routes = std::make_shared<endpoints::Routes>();
    for (const Listener& listener : state_->shared.listeners) {
        state_->sockets.push_back(std::make_unique<ListeningSocket>(listener));
        state_->ports.push_back(state_->sockets.back()->port());
        if (listener.tls)
            state_->keeper->certificates.push_back({listener.text, state_->sockets.back()->tls()});
    }
    for (unsigned i = 0; i < state_->shared.threads; ++i)
        state_->threads.push_back(std::make_unique<ServingThread>(
            state_->shared, state_->limits, i, routes, state_->sockets, state_->connections));
    std::vector<ServingThread*> all;
    for (auto& thread : state_->threads) all.push_back(thread.get());
    for (auto& thread : state_->threads) thread->share_with(all);
    state_->driven = threads == 0;
    for (auto& thread : state_->threads)
        if (!state_->driven) thread->start();
    state_->keeper->interval = state_->limits.certificates_time;
    state_->keeper->log = state_->shared.log;
    state_->keeper->start();
}

Server::~Server() {
    state_->keeper->end();
    for (auto& thread : state_->threads) thread->stop();
    state_->threads.clear();
}

void Server::replace_routes(std::shared_ptr<const endpoints::Routes> routes) {
    for (auto& thread : state_->threads) thread->replace_routes(routes);
}

void Server::begin_drain() {
    state_->accepting.enter(state_->threads.size());
    for (auto& thread : state_->threads) thread->drain(state_->accepting);
}

bool Server::drained() {
    const auto now = std::chrono::steady_clock::now();
    // When nobody accepts any more, no client must be let into the queue to wait for nothing.
    if (!state_->accepting.wait_empty(now)) return false;
    for (auto& socket : state_->sockets) socket->close();
    return state_->connections.wait_empty(now);
}

void Server::drain(std::chrono::milliseconds at_most) {
    const auto deadline = std::chrono::steady_clock::now() + at_most;
    begin_drain();
    while (!drained() && std::chrono::steady_clock::now() < deadline) {
        // Nobody else drives the loop while the host waits here.
        if (state_->driven) poll();
        const auto next = std::chrono::steady_clock::now() + poll_every;
        if (state_->accepting.wait_empty(next)) state_->connections.wait_empty(next);
    }
}

int Server::descriptor() const {
    return state_->threads.front()->descriptor();
}

void Server::poll() {
    state_->threads.front()->poll();
}

std::uint16_t Server::port(std::size_t listener) const {
    return state_->ports.at(listener);
}

}  // namespace vitals::server
