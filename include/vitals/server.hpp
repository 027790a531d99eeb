// Serves a registry over HTTP, on its own thread or driven by the host's event loop.
//
//     vitals::Server server{registry, {.address = "127.0.0.1:8080"}};
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace vitals {

class Registry;

struct ServerOptions {
    std::string address = "127.0.0.1:8080";  // host:port, [::1]:port (port 0: any), unix:PATH
    std::vector<std::string> dialects{};     // by name; empty: all that need no mapping
    // Answers hold error texts, addresses and versions. Without it, they hold statuses and public
    // details only.
    bool disclose_errors = false;
    bool own_thread = true;  // false: the host calls poll()
    // The application's own metrics in Prometheus' text format 0.0.4. They follow those of vitals
    // in /metrics and /svc_status.prometheus. It is called on the server's thread for each scrape,
    // so it must not wait for anything. Families with names of vitals (svc_status, vitals_*,
    // process_*) are left out. If it throws, that is logged, and the scrape has no such metrics.
    std::function<std::string()> metrics{};
    // Anyone who can connect may decommission (POST /probe_status, PUT /v1/drain) and read /v1. It
    // is meant for a unix socket. Without it, only the service itself can (Registry::decommission).
    bool control = false;
};

// The registry must outlive the server. The destructor stops listening and joins the thread.
class Server {
  public:
    // Throws std::invalid_argument for an impossible option, and std::runtime_error with the
    // address when it cannot be bound.
    explicit Server(Registry& registry, ServerOptions options = {});
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    std::uint16_t port() const;  // what was bound; 0 for a unix socket

    // Without a thread of its own: wait until descriptor() is readable (epoll, poll, select), or
    // for a second at most, then call poll(). It does what is due, waits for nothing and returns.
    // Call both from one thread at a time.
    int descriptor() const;
    void poll();

    // Stops accepting and lets answers under way end. Returns when none is left or the time is
    // over.
    void drain(std::chrono::milliseconds at_most);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace vitals
