// One thread that accepts, reads and answers. It owns its connections and shares nothing of them.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "server/connections.hpp"
#include "server/limits.hpp"
#include "server/listening.hpp"
#include "server/poller.hpp"
#include "server/thread_context.hpp"

namespace vitals::server {

class ServingThread {
  public:
    ServingThread(endpoints::Shared& shared, const Limits& limits, unsigned index,
                  std::shared_ptr<const endpoints::Routes> routes,
                  const std::vector<std::unique_ptr<ListeningSocket>>& sockets,
                  Presence& connected);
    ~ServingThread();  // closes its connections
    ServingThread(const ServingThread&) = delete;
    ServingThread& operator=(const ServingThread&) = delete;

    // All threads of the server, this one among them, which share its connections: who accepts one
    // hands it to the thread that has the fewest. Before start().
    void share_with(std::vector<ServingThread*> all) { all_ = std::move(all); }
    void start();
    void stop();  // returns when the thread has ended
    // Without start(): a host's loop drives it, on one thread at a time.
    void poll() { poller_.poll(); }
    int descriptor() const noexcept { return poller_.descriptor(); }
    // Any thread.
    void replace_routes(std::shared_ptr<const endpoints::Routes> routes);
    // Stops accepting, and leaves `accepting` when it has. Answers in progress are the last.
    void drain(Presence& accepting);

  private:
    struct Handed;
    struct Acceptor final : Poller::Watched {
        ServingThread* thread = nullptr;
        int descriptor = -1;
        std::size_t listener = 0;
        Poller::Ticket ticket = 0;
        void ready(std::uint32_t) override { thread->accept_from(*this); }
    };

    void accept_from(Acceptor& acceptor);
    void admit(const Acceptor& acceptor, int descriptor, const sockaddr_storage& address);
    ServingThread& least_busy() noexcept;
    std::size_t load() const noexcept { return connections_.size() + coming_; }  // any thread
    static void hand_over(std::shared_ptr<Handed> handed);
    void serve(std::size_t listener, int descriptor, const sockaddr_storage& address);
    void turn_away(const Acceptor& acceptor, int descriptor);
    void watch_acceptors(bool on);
    void sweep();
    void stop_accepting();

    endpoints::Shared& shared_;
    const Limits limits_;
    const std::vector<std::unique_ptr<ListeningSocket>>& sockets_;
    Presence& connected_;
    std::vector<ServingThread*> all_{this};
    std::atomic<std::size_t> coming_{0};  // connections that others have handed over
    Poller poller_;
    endpoints::Responder responder_;
    std::array<char, 16384> scratch_{};
    Streams streams_;  // outlives the connections
    Connections connections_;
    ThreadContext context_;
    std::vector<std::unique_ptr<Acceptor>> acceptors_;
    bool accepting_ = false;
    bool paused_ = false;         // no descriptors left: accepting again at the next tick
    Steady log_want_again_{};     // logged that no descriptors are left
    Steady log_strange_again_{};  // logged that a peer is not a trusted proxy
    std::thread thread_;
};

}  // namespace vitals::server
