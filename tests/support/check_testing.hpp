// For tests of checks: runs a kind under a deadline, and peers that misbehave on command.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "checks/kind.hpp"
#include "net/kept.hpp"
#include "vitals/outcome.hpp"

namespace vitals::net {
class Loop;
class Environment;
}  // namespace vitals::net

namespace vitals::testing {

template <class Options>
AnyOptions erased(Options options) {
    return AnyOptions(std::make_shared<Options>(std::move(options)));
}

// Runs checks one after another on one loop, as the engine does, so that what a run leaves behind
// (descriptors, coroutines) is seen by the next. Used by one thread.
class Runner {
  public:
    Runner();
    ~Runner();
    Runner(const Runner&) = delete;
    Runner& operator=(const Runner&) = delete;

    // One run under a deadline; the outcome that the engine would record.
    template <class Options>
    Outcome run(const checks::Kind& kind, Options options, std::chrono::milliseconds timeout) {
        return run(kind, erased(std::move(options)), timeout);
    }
    Outcome run(const checks::Kind& kind, const AnyOptions& options,
                std::chrono::milliseconds timeout);
    // The same for a run without a kind, in tests of net.
    Outcome run(const checks::Run& run, std::chrono::milliseconds timeout);

    // From now on a run keeps its connection for the next run, as runs of one component do.
    void keep_connections(std::chrono::milliseconds interval = {}) {
        kept_ = std::make_shared<net::Kept>(interval);
    }
    void drop_connections() { kept_ = nullptr; }  // the component is gone

    // The last run: the time from its start until its outcome, and whether the coroutine ended
    // within a second after that.
    std::chrono::milliseconds elapsed() const { return elapsed_; }
    bool finished() const { return finished_; }

    net::Environment& environment() { return *environment_; }

  private:
    std::unique_ptr<net::Loop> loop_;
    std::unique_ptr<net::Environment> environment_;
    std::shared_ptr<net::Kept> kept_;
    std::chrono::milliseconds elapsed_{};
    bool finished_ = false;
};

// Runs the kind once on a loop of its own.
Outcome run_once(const checks::Kind& kind, const AnyOptions& options,
                 std::chrono::milliseconds timeout);
template <class Options>
Outcome run_once(const checks::Kind& kind, Options options,
                 std::chrono::milliseconds timeout = std::chrono::seconds(2)) {
    return run_once(kind, erased(std::move(options)), timeout);
}

// Runs the kind once and expects that the deadline was kept to 100 ms and that nothing goes on
// behind it.
Outcome run_in_time(const checks::Kind& kind, const AnyOptions& options,
                    std::chrono::milliseconds timeout);
template <class Options>
Outcome run_in_time(const checks::Kind& kind, Options options,
                    std::chrono::milliseconds timeout = std::chrono::seconds(2)) {
    return run_in_time(kind, erased(std::move(options)), timeout);
}
// Likewise, and expects that the options are in order and that the outcome does not show `geheim`,
// the secret of these tests.
Outcome run_discreetly(const checks::Kind& kind, const AnyOptions& options,
                       std::chrono::milliseconds timeout);
template <class Options>
Outcome run_discreetly(const checks::Kind& kind, Options options,
                       std::chrono::milliseconds timeout = std::chrono::seconds(2)) {
    return run_discreetly(kind, erased(std::move(options)), timeout);
}

// The names of the phases, in order.
std::vector<std::string> phases(const Outcome& outcome);

// What is wrong with options that were set by code: every field's `verify` and the whole's, as
// configuration asks them; empty when nothing is.
std::string problem_of(const checks::Kind& kind, const ObjectRef& options);
template <class Options>
std::string problem_of(const checks::Kind& kind, const Options* options) {
    Options copy = *options;
    return problem_of(kind, ObjectRef(copy));
}

// A listener on 127.0.0.1, on a free port between 20000 and 32000, with a thread that serves one
// connection after another by calling the handler with the connected descriptor (closed after it).
// Destruction shuts the connection under way down and waits for the handler.
class Peer {
  public:
    using Handler = std::function<void(int descriptor)>;
    explicit Peer(Handler handler);
    ~Peer();
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;
    std::uint16_t port() const { return port_; }
    std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
    int accepted() const { return accepted_; }

    // Handlers. One accepts and sends nothing until the peer leaves. One reads something, sends
    // `before`, and resets. One sends `bytes`, one each `pause`. One sends `bytes` and closes.
    static Handler hang();
    static Handler reset(std::string before = {});
    static Handler drip(std::string bytes, std::chrono::milliseconds pause);
    static Handler say(std::string bytes);
    static Handler answer(std::string bytes);  // first reads up to the end of a request's head

  private:
    void serve();

    Handler handler_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<int> accepted_{0};
    std::atomic<int> serving_{-1};
    std::atomic<bool> stop_{false};
    std::jthread thread_;
};

// For handlers: all bytes, or as many as the peer takes; a line or a request's head (with its end),
// or what came before the peer left.
bool send_all(int descriptor, std::string_view bytes);
std::string read_until(int descriptor, std::string_view delimiter);
// Says that nothing follows and waits (half a second at most) for the peer to leave: closing with
// unread bytes would be a reset, which may overtake what was sent.
void close_in_order(int descriptor);
// Makes closing the descriptor a reset.
void reset_on_close(int descriptor);

// So many runs of one component that keeps its connection, each of them ok; how many connections
// they took.
int connections_of_runs(int runs, const checks::Kind& kind, const AnyOptions& options,
                        const Peer& peer);
template <class Options>
int connections_of_runs(int runs, const checks::Kind& kind, Options options, const Peer& peer) {
    return connections_of_runs(runs, kind, erased(std::move(options)), peer);
}

// A listener whose queue is full: connecting to it neither succeeds nor fails.
class FullPeer {
  public:
    FullPeer();
    ~FullPeer();
    FullPeer(const FullPeer&) = delete;
    FullPeer& operator=(const FullPeer&) = delete;
    std::uint16_t port() const { return port_; }
    std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  private:
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::vector<int> waiting_;
};

// A free port on 127.0.0.1 between 20000 and 32000 with nothing behind it.
std::uint16_t closed_port();
std::size_t open_descriptors();  // of this process
// Does `round` once and then so many times; these leave nothing open. A peer may be at its last.
void expect_no_descriptor_kept(const std::function<void()>& round, int times = 200);

// A directory that is gone with the object.
class TemporaryDirectory {
  public:
    TemporaryDirectory();
    ~TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    const std::string& path() const { return path_; }
    std::string file(const std::string& name) const { return path_ + "/" + name; }
    // Writes a file of that name; returns its path.
    std::string write(const std::string& name, std::string_view content) const;

  private:
    std::string path_;
};

}  // namespace vitals::testing
