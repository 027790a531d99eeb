// The connection to the NATS servers. One thread owns it and makes every call of libnats, because a
// call may block for as long as a server hangs. Two bounded queues are between it and the rest.
// Nothing here waits for the network, except the end: it waits for the thread for a second and a
// half, and then leaves it behind.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "fleet/member.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::fleet {

class Link {
  public:
    struct Settings {
        std::vector<std::string> servers;  // nats://host:4222
        bool tls = false;
        std::string ca, server_name, certificate, key;
        std::string nkey, creds;  // files
        std::string name;         // name of this connection in the servers' monitoring
        bool operator==(const Settings&) const = default;
    };
    struct Received {
        std::string subject, bytes;
        Steady at{};
    };
    struct Status {
        bool connected = false;
        std::string server;   // the one that it is connected to
        std::string problem;  // the words of the servers and of libnats; empty: none
        std::uint64_t reconnects = 0;
        std::uint64_t sent = 0, dropped = 0, lost = 0;
    };

    // `wake` is called from another thread when something was received, or when the status changed;
    // it must not block, and is not called any more once this is destroyed.
    Link(Settings settings, std::function<void()> wake);
    ~Link();
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    // From any thread, at once. Without a connection, a message is dropped if it may be; the others
    // wait.
    void send(std::vector<Outgoing> messages);
    void subscribe(const std::set<std::string>& subjects);
    std::vector<Received> take(std::size_t most);
    Status status() const;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace vitals::fleet
