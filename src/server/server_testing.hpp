// For tests of the server: a real server on 127.0.0.1 with literal snapshots, a dialect that shows
// the request, and a client that sends exact bytes.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "model/hub.hpp"
#include "server/server.hpp"

namespace vitals::server::testing {

using namespace std::chrono_literals;

// A clock that stands still unless it is stepped or told to run.
class SteppedClock final : public Clock {
  public:
    Steady steady() const override {
        auto time = std::chrono::hours(1000) + std::chrono::nanoseconds(stepped_.load());
        if (running_) time += real_clock().steady() - start_;
        return Steady(std::chrono::duration_cast<Steady::duration>(time));
    }
    System system() const override {
        return System(std::chrono::sys_days(std::chrono::year(2026) / 11 / 21)) +
               std::chrono::seconds(seconds_.load());
    }
    void step(std::chrono::nanoseconds by) { stepped_ += by.count(); }
    void step_system(std::chrono::seconds by) { seconds_ += by.count(); }
    void run() { running_ = true; }  // before anybody reads it

  private:
    std::atomic<std::int64_t> stepped_{0};
    std::atomic<std::int64_t> seconds_{3723};
    bool running_ = false;
    const Steady start_ = real_clock().steady();
};

// How often the test dialect rendered, in this process.
inline std::atomic<int>& renders() {
    static std::atomic<int> count{0};
    return count;
}

// Shows the components of the snapshot with their status, and the facts of the request. POST sets
// the decommission text to the parameter `body` unless anyone asks.
inline dialects::Response render_probe(const Snapshot& snapshot, const dialects::Request& request,
                                       const AnyOptions&) {
    ++renders();
    dialects::Response response;
    response.content_type = "text/plain";
    if (request.rest == "/throw") throw std::runtime_error("broken dialect");
    if (request.rest == "/never") response.repeat_for = 0ms;
    if (request.rest == "/soon") response.repeat_for = 50ms;
    if (request.rest == "/inject") response.headers.emplace_back("X-Bad", "a\r\nX-Evil: b");
    if (request.rest == "/cached") response.headers.emplace_back("Cache-Control", "max-age=7");
    if (request.rest == "/big") response.body.assign(8u << 20, 'b');
    if (request.rest == "/large") response.body.assign(1u << 20, 'l');
    if (request.method == "POST") {
        if (request.sender == dialects::Sender::anyone) {
            response.status = 403;
            response.body = "not from here";
            return response;
        }
        const std::string* body = request.parameter("body");
        response.decommission = body == nullptr ? "OK" : *body;
        response.body = *response.decommission;
        return response;
    }
    for (const auto& state : snapshot.components)
        response.body.append(state->name())
            .append(" ")
            .append(to_string(state->status(request.now)))
            .append("\n");
    if (request.rest != "/facts") return response;
    response.body += "rest=" + request.rest + " path=" + request.path;
    response.body += " accept=" + request.accept;
    for (const auto& [name, value] : request.query) response.body += " " + name + "=" + value;
    for (const auto& [name, value] : request.headers) response.body += " " + name + ":" + value;
    response.body += request.authorized ? " authorized" : "";
    response.body += " disclose=" + std::to_string(static_cast<int>(request.disclose));
    if (request.process != nullptr) {
        response.repeat_for = 0ms;
        response.body += request.process->resident_bytes > 0 ? " process" : "";
        for (const auto& each : request.traffic)
            response.body += "\n" + each.endpoint + " " + std::to_string(each.code) + " " +
                             std::to_string(each.count);
    }
    return response;
}

inline std::optional<std::string_view> match_prefix(std::string_view mount, std::string_view path) {
    if (!path.starts_with(mount)) return {};
    std::string_view rest = path.substr(mount.size());
    if (!rest.empty() && rest[0] != '/') return {};
    return rest;
}

inline const dialects::Dialect& probe_dialect() {
    static const dialects::Dialect dialect = [] {
        dialects::Dialect made;
        made.reads_query = true;
        made.methods = "GET, HEAD, POST, OPTIONS";
        static constexpr std::string_view reads[] = {"x-wanted"};
        made.reads = {std::begin(reads), std::end(reads)};
        made.match = match_prefix;
        made.render = render_probe;
        return made;
    }();
    return dialect;
}

inline const dialects::Dialect& process_dialect() {
    static const dialects::Dialect dialect = [] {
        dialects::Dialect made = probe_dialect();
        made.wants_process = true;
        made.methods = "GET, HEAD, OPTIONS";
        return made;
    }();
    return dialect;
}

struct Given {
    std::string name;
    Status status = Status::ok;
    std::chrono::milliseconds valid_for = 1h;
    std::string error{};
};

inline std::shared_ptr<const Snapshot> snapshot_of(std::uint64_t version,
                                                   const std::vector<Given>& given,
                                                   const Clock& clock) {
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->version = version;
    snapshot->service = {"shop", "2.6.0"};
    for (const Given& each : given) {
        auto component = std::make_shared<Component>();
        component->name = each.name;
        component->kind = "http";
        auto outcome = std::make_shared<Outcome>();
        outcome->status = each.status;
        outcome->error = each.error;
        auto state = std::make_shared<ComponentState>();
        state->component = component;
        state->last = outcome;
        state->judged = each.status;
        state->observed = clock.steady();
        state->observed_at = clock.system();
        state->valid_until = clock.steady() + each.valid_for;
        snapshot->components.push_back(state);
    }
    return snapshot;
}

// The parts of an answer.
struct Got {
    int status = 0;
    std::map<std::string, std::string> fields;  // lower-case names
    std::string head, body;
    bool whole = false;  // head and body are complete
};

// Parses one answer at the beginning of `bytes` and removes it.
inline Got take_answer(std::string& bytes, bool head_only = false) {
    Got got;
    std::size_t end = bytes.find("\r\n\r\n");
    if (end == std::string::npos) return got;
    got.head = bytes.substr(0, end + 4);
    if (got.head.size() > 12) got.status = std::atoi(got.head.c_str() + 9);
    std::size_t at = got.head.find("\r\n") + 2;
    while (at < end) {
        std::size_t line = got.head.find("\r\n", at);
        std::size_t colon = got.head.find(": ", at);
        std::string name = got.head.substr(at, colon - at);
        for (char& c : name) c = static_cast<char>(std::tolower(c));
        got.fields[name] = got.head.substr(colon + 2, line - colon - 2);
        at = line + 2;
    }
    std::size_t length = 0;
    if (!head_only && got.fields.contains("content-length"))
        length = std::stoul(got.fields["content-length"]);
    if (bytes.size() < end + 4 + length) return got;
    got.body = bytes.substr(end + 4, length);
    got.whole = true;
    bytes.erase(0, end + 4 + length);
    return got;
}

class Client {
  public:
    explicit Client(std::uint16_t port) : descriptor_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected_ =
            ::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
        int one = 1;
        ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    }
    explicit Client(const std::string& path) : descriptor_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        connected_ =
            ::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    }
    ~Client() { close(); }
    Client(Client&& other) noexcept
        : descriptor_(std::exchange(other.descriptor_, -1)),
          connected_(other.connected_),
          bytes_(std::move(other.bytes_)) {}

    bool connected() const { return connected_; }
    int descriptor() const { return descriptor_; }
    void close() {
        if (descriptor_ >= 0) ::close(descriptor_);
        descriptor_ = -1;
    }
    void reset() {  // the hard way
        linger hard{1, 0};
        ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        close();
    }
    void shut() { ::shutdown(descriptor_, SHUT_WR); }

    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }
    // More bytes, or false at the end or after the time.
    bool more(std::chrono::milliseconds time = 5s) {
        pollfd poll{descriptor_, POLLIN, 0};
        if (::poll(&poll, 1, static_cast<int>(time.count())) <= 0) return false;
        char buffer[65536];
        ssize_t count = ::recv(descriptor_, buffer, sizeof buffer, 0);
        if (count <= 0) return false;
        bytes_.append(buffer, static_cast<std::size_t>(count));
        return true;
    }
    Got receive(bool head_only = false, std::chrono::milliseconds time = 5s) {
        for (;;) {
            std::string before = bytes_;
            Got got = take_answer(bytes_, head_only);
            if (got.whole) return got;
            bytes_ = std::move(before);
            if (!more(time)) return got;
        }
    }
    Got ask(std::string_view request, bool head_only = false) {
        send(request);
        return receive(head_only);
    }
    // True when the server ends the connection in that time, without sending anything more.
    bool ended(std::chrono::milliseconds time = 5s) {
        pollfd poll{descriptor_, POLLIN, 0};
        if (::poll(&poll, 1, static_cast<int>(time.count())) <= 0) return false;
        char byte;
        return ::recv(descriptor_, &byte, 1, MSG_PEEK) <= 0 && bytes_.empty();
    }
    const std::string& rest() const { return bytes_; }

  private:
    int descriptor_;
    bool connected_ = false;
    std::string bytes_;
};

// A server with everything around it that a test may change.
class Site {
  public:
    Site() {
        auto made = std::make_shared<endpoints::Routes>();
        made->endpoints.push_back(endpoint("/probe"));
        routes = made;
        control.decommission = [this](std::string text, std::string who,
                                      std::function<void(bool)> done) {
            decommissioned.push_back(text);
            deciders.push_back(who);
            done(durable);
        };
    }
    ~Site() { server.reset(); }

    static endpoints::MountedEndpoint endpoint(std::string path,
                                               const dialects::Dialect& dialect = probe_dialect()) {
        return endpoints::mounted(dialect, {.path = std::move(path)});
    }
    static Listener tcp() {
        Listener listener;
        listener.port = 0;
        listener.text = "127.0.0.1:0";
        return listener;
    }

    void publish(const std::vector<Given>& given) {
        hub.publish(snapshot_of(++version, given, clock));
    }
    void start() {
        if (listeners.empty()) listeners.push_back(tcp());
        server = std::make_unique<Server>(
            listeners, routes, control, hub, clock,
            [this](LogLevel level, std::string_view text) {
                std::scoped_lock lock(mutex_);
                if (level != LogLevel::debug) log_.emplace_back(text);
            },
            limits, threads);
    }
    std::uint16_t port(std::size_t listener = 0) const { return server->port(listener); }
    Client client(std::size_t listener = 0) const { return Client(port(listener)); }
    // One request on a connection of its own.
    Got ask(std::string_view request, std::size_t listener = 0) const {
        Client client(port(listener));
        return client.ask(request);
    }
    Got get(const std::string& target, const std::string& fields = {},
            std::size_t listener = 0) const {
        return ask("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n",
                   listener);
    }
    std::vector<std::string> log() const {
        std::scoped_lock lock(mutex_);
        return log_;
    }

    SteppedClock clock;
    Hub hub;
    std::uint64_t version = 0;
    std::vector<Listener> listeners;
    std::shared_ptr<const endpoints::Routes> routes;
    endpoints::Control control;
    Limits limits;
    unsigned threads = 1;
    bool durable = true;
    std::vector<std::string> decommissioned, deciders;  // written on the serving thread
    std::unique_ptr<Server> server;

  private:
    mutable std::mutex mutex_;
    std::vector<std::string> log_;
};

inline Token token(std::string name, std::string secret, bool read, bool push, bool control) {
    Token made;
    made.name = std::move(name);
    made.secret = Secret(std::move(secret));
    made.allow = {read, push, control};
    return made;
}

// A directory that goes away with the test.
class Directory {
  public:
    Directory() {
        std::string name = (std::filesystem::temp_directory_path() / "vitals-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    ~Directory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    std::string operator/(const std::string& name) const { return path_ + "/" + name; }

  private:
    std::string path_;
};

}  // namespace vitals::server::testing
