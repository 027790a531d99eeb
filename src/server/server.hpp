// Listeners, HTTP sessions, routes, tokens, limits, the control API. Serving threads only read
// snapshots; what changes state goes through Control. HTTP's grammar is Beast's, in one translation
// unit.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dialects/dialect.hpp"
#include "model/clock.hpp"
#include "model/hub.hpp"
#include "model/secret.hpp"
#include "model/selector.hpp"
#include "vitals/log.hpp"

namespace vitals::server {

struct Listener {
    std::string host = "127.0.0.1";
    std::uint16_t port = 8080;
    std::string unix_path;  // not empty: a unix socket; a stale file of a dead process is replaced
    struct Tls {
        std::string certificate, key, client_ca;  // PEM files; re-read when they change
    };
    std::optional<Tls> tls;
    bool control = false;  // serves /v1/* without a token
    std::string text;      // how endpoints name it
};

struct Token {
    std::string name;
    Secret secret;
    bool read = false, push = false, control = false;
    std::chrono::milliseconds overlap{};  // how long a replaced secret is still accepted
};

struct Endpoint {
    const dialects::Dialect* dialect = nullptr;
    std::string path;
    std::shared_ptr<const void> options;
    Selector components;
    std::vector<std::string> listeners;  // Listener::text; empty: all
    std::vector<std::string> tokens;     // names of which one must be shown; empty: open
    dialects::Disclosure disclose = dialects::Disclosure::detail;
    std::optional<int> failed_code, degraded_code;
};

// Immutable; replaced as a whole by a reload.
struct Routes {
    std::vector<Endpoint> endpoints;  // of those that match, that with the longest path answers
    std::vector<Token> tokens;
    bool embedded = false;  // of a service that serves itself: being there is being ready
};

// What a push through the API says.
struct Push {
    std::string component;
    Outcome outcome;
    std::optional<std::chrono::milliseconds> ttl;
    bool create = true;     // where there is no such component
    bool critical = false;  // if it is created
};

// What workers say of themselves through the API.
struct Heartbeat {
    std::string worker;
    std::optional<System> sent;  // by the worker's own clock
    bool leaving = false;        // it stops, politely
};
struct Heartbeats {
    std::string group;
    std::vector<Heartbeat> beats;
};

// How the server asks the rest of the program to change something. Each call is made on a serving
// thread and must not block; each callback may come from any thread.
struct Control {
    // What is acknowledged is in every answer to a request that is made afterwards: the callbacks
    // come when the snapshot that shows it is published.
    enum class Answer { done, created, unknown_component, not_pushed, configured, refused };
    // `who`: for the log.
    std::function<void(std::string text, std::string who, std::function<void(bool durable)>)>
        decommission;
    std::function<void(Push, std::function<void(Answer, std::string why)>)> push;
    std::function<void(std::string name, std::function<void(Answer, std::string why)>)> remove;
    std::function<void(std::string name,
                       std::function<void(std::shared_ptr<const ComponentState>)>)>
        run;
    // What is wrong with them, or empty.
    std::function<void(Heartbeats, std::function<void(std::string problem)>)> heartbeat;
    // The application's own metrics in Prometheus' text format; may be empty.
    std::function<std::string()> metrics;
    // Problems, one per line; empty when the new configuration is in force.
    std::function<void(std::function<void(std::vector<std::string> problems)>)> reload;
};

// Beyond a number of connections or of bytes, the connection that waited longest gives way.
struct Limits {
    std::size_t head = 8 * 1024;
    std::size_t body = 64 * 1024;
    std::chrono::milliseconds head_time{5'000};
    std::chrono::milliseconds body_time{30'000};  // to read a body, once its head is there
    std::chrono::milliseconds idle_time{75'000};  // between requests
    std::chrono::milliseconds send_time{20'000};  // in which a reader takes 16 KiB, or the rest
    std::size_t connections = 10'000;
    // Bytes of memory, all threads together: what connections hold, answers that are kept for who
    // asks next, and answers that slow readers are still sent after newer ones were made.
    std::size_t connection_memory = 40u << 20;
    std::size_t kept_answers = 16u << 20;
    std::size_t outgrown_answers = 16u << 20;
    std::chrono::milliseconds certificates_time{2'000};  // between two looks at their files
};

class Server {
  public:
    // Binds every listener; throws std::runtime_error naming the one that cannot be bound and why.
    // With `threads` 0 it is driven by the host: descriptor() and poll().
    Server(std::vector<Listener> listeners, std::shared_ptr<const Routes> routes, Control control,
           const Hub& hub, Clock& clock, Log log, Limits limits = {}, unsigned threads = 1);
    ~Server();  // closes everything, joins its threads

    void replace_routes(std::shared_ptr<const Routes> routes);  // any thread
    // Stops accepting; idle connections are closed, the others after their current answer. Returns
    // when none is left or at the deadline.
    void drain(std::chrono::milliseconds at_most);
    // The same without waiting: begun once, then asked until it is done.
    void begin_drain();
    bool drained();
    // With `threads` 0: what to wait for, and what to call then, or after a second at most.
    int descriptor() const;
    void poll();
    // The port that a listener got (index as given); 0 for unix sockets.
    std::uint16_t port(std::size_t listener) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

// The OpenAPI 3.1 document of /v1, from the same table as its routes.
std::string openapi_document(const std::string& version);

}  // namespace vitals::server
