// The server as a whole: sockets, threads, the end.
#include "server/server.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "server/serving_thread.hpp"

namespace vitals::server {
namespace {

constexpr std::chrono::milliseconds poll_every{2};

Log or_silent(Log log) {
    return log ? std::move(log) : Log([](LogLevel, std::string_view) {});
}

}  // namespace

struct Server::State {
    Shared shared;
    Presence connections, accepting;
    std::vector<std::unique_ptr<ListeningSocket>> sockets;
    std::vector<std::uint16_t> ports;
    std::vector<std::unique_ptr<ServingThread>> threads;
    bool driven = false;  // by the host's loop
    std::jthread keeper;  // reads certificates again; serving threads do not touch files

    State(std::vector<Listener> listeners, Control control, const engine::Hub& hub, Clock& clock,
          Log log, Limits limits, unsigned count)
        : shared(std::move(listeners), std::move(control), hub, clock, or_silent(std::move(log)),
                 limits, count) {}

    void keep_certificates(const std::stop_token& stop) {
        std::mutex mutex;
        std::condition_variable_any wake;
        std::unique_lock lock(mutex);
        while (!wake.wait_for(lock, stop, shared.limits.certificates_time, [] { return false; }) &&
               !stop.stop_requested())
            for (std::size_t i = 0; i < sockets.size(); ++i) {
                if (sockets[i]->tls() == nullptr) continue;
                auto change = sockets[i]->tls()->refresh();
                if (!change) continue;
                shared.log(change->good ? LogLevel::info : LogLevel::error,
                           "listener " + shared.listeners[i].text + ": " + change->text);
            }
    }
};

Server::Server(std::vector<Listener> listeners, std::shared_ptr<const Routes> routes,
               Control control, const engine::Hub& hub, Clock& clock, Log log, Limits limits,
               unsigned threads)
    : state_(std::make_unique<State>(std::move(listeners), std::move(control), hub, clock,
                                     std::move(log), limits, std::max(1u, threads))) {
    if (routes == nullptr) routes = std::make_shared<Routes>();
    bool tls = false;
    for (const Listener& listener : state_->shared.listeners) {
        state_->sockets.push_back(std::make_unique<ListeningSocket>(listener));
        state_->ports.push_back(state_->sockets.back()->port());
        tls |= listener.tls.has_value();
    }
    for (unsigned i = 0; i < state_->shared.threads; ++i)
        state_->threads.push_back(std::make_unique<ServingThread>(
            state_->shared, i, routes, state_->sockets, state_->connections));
    state_->driven = threads == 0;
    for (auto& thread : state_->threads)
        if (!state_->driven) thread->start();
    if (tls)
        state_->keeper = std::jthread([state = state_.get()](const std::stop_token& stop) {
            state->keep_certificates(stop);
        });
}

Server::~Server() {
    state_->keeper = {};
    for (auto& thread : state_->threads) thread->stop();
    state_->threads.clear();
}

void Server::replace_routes(std::shared_ptr<const Routes> routes) {
    for (auto& thread : state_->threads) thread->replace_routes(routes);
}

void Server::drain(std::chrono::milliseconds at_most) {
    auto deadline = std::chrono::steady_clock::now() + at_most;
    state_->accepting.enter(state_->threads.size());
    for (auto& thread : state_->threads) thread->drain(state_->accepting);
    if (state_->driven) {
        // Nobody else turns the loop while the host waits here.
        do {
            poll();
            if (state_->connections.wait_empty(std::chrono::steady_clock::now() + poll_every))
                break;
        } while (std::chrono::steady_clock::now() < deadline);
    }
    // Once nobody accepts, nobody is to be let in to wait for nothing.
    if (!state_->accepting.wait_empty(deadline)) return;
    for (auto& socket : state_->sockets) socket->close();
    state_->connections.wait_empty(deadline);
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
