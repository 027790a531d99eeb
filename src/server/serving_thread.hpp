// One thread that accepts, reads and answers. It owns its connections; nothing of them is shared.
// Their number and their memory are bounded: beyond it the one that waited longest gives way.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "endpoints/responder.hpp"
#include "server/connection.hpp"
#include "server/limits.hpp"
#include "server/listening.hpp"
#include "server/loop.hpp"

namespace vitals::server {

// How many are still busy; for who waits until all have gone.
class Presence {
  public:
    void enter(std::size_t count = 1);
    void leave();
    // False at the deadline.
    bool wait_empty(std::chrono::steady_clock::time_point deadline);

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t count_ = 0;
};

class ServingThread {
  public:
    ServingThread(endpoints::Shared& shared, const Limits& limits, unsigned index,
                  std::shared_ptr<const endpoints::Routes> routes,
                  const std::vector<std::unique_ptr<ListeningSocket>>& sockets,
                  Presence& connected);
    ~ServingThread();  // closes its connections
    ServingThread(const ServingThread&) = delete;
    ServingThread& operator=(const ServingThread&) = delete;

    void start();
    void stop();  // returns when the thread has ended
    // Without start(): driven by a host's loop, on one thread at a time.
    void poll() { loop_.poll(); }
    int descriptor() const noexcept { return loop_.descriptor(); }
    // Any thread.
    void replace_routes(std::shared_ptr<const endpoints::Routes> routes);
    // Stops accepting, and leaves `accepting` when that is so; answers under way are the last.
    void drain(Presence& accepting);

    // For its connections, on its thread.
    endpoints::Shared& shared() noexcept { return shared_; }
    const Limits& limits() const noexcept { return limits_; }
    endpoints::Responder& responder() noexcept { return responder_; }
    std::span<char> scratch() noexcept { return scratch_; }
    bool draining() const noexcept { return draining_; }
    void move(Connection& connection, Connection::Phase phase) noexcept;
    void await_reader(Connection& connection) noexcept;
    void bury(Connection& connection) noexcept;
    void book(Connection& connection) noexcept;
    // Its readiness is told once more, after that of the others.
    void ring_again(Connection& connection) noexcept;
    void begin_work(Connection& connection);
    void end_work(Connection& connection);
    endpoints::Reply reply_to(const Connection& connection);
    void log_handshake(const endpoints::Peer& peer, const std::string& problem);
    void log_failure(const std::exception& error) noexcept;

  private:
    struct Acceptor final : Loop::Watched {
        ServingThread* thread = nullptr;
        int descriptor = -1;
        std::size_t listener = 0;
        Loop::Ticket ticket = 0;
        const TlsContext* tls = nullptr;
        void ready(std::uint32_t) override { thread->accept_from(*this); }
    };

    void accept_from(Acceptor& acceptor);
    void admit(Acceptor& acceptor, int descriptor, bool loopback);
    bool give_way() noexcept;
    void end_batch() noexcept;
    std::size_t memory() const noexcept;
    bool owes_memory() const noexcept;
    void watch_acceptors(bool on);
    void sweep();
    void stop_accepting();

    using Connections = std::list<std::unique_ptr<Connection>>;
    Connections& list(Connection::Phase phase) {
        return connections_[static_cast<std::size_t>(phase)];
    }

    endpoints::Shared& shared_;
    const Limits limits_;
    Presence& connected_;
    Loop loop_;
    endpoints::Responder responder_;
    std::vector<std::unique_ptr<Acceptor>> acceptors_;
    // By phase, each in the order in which they entered it: the first is the first to expire.
    std::array<Connections, Connection::phases> connections_;
    std::array<std::chrono::milliseconds, Connection::phases> times_{};
    std::unordered_map<std::uint64_t, Connection*> working_;
    std::uint64_t last_id_ = 0;
    std::size_t count_ = 0;
    const std::size_t most_;
    std::size_t booked_ = 0;  // bytes that the connections hold
    const std::size_t most_booked_;
    std::size_t peak_ = 0;  // of memory(), since memory was given back
    bool accepting_ = false;
    bool paused_ = false;  // no descriptors left: accepting again at the next tick
    bool draining_ = false;
    Steady tell_again_{};    // that there are none left
    Steady failed_again_{};  // that something was thrown
    std::array<char, 16384> scratch_{};
    std::thread thread_;
};

}  // namespace vitals::server
