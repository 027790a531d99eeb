#include "check_testing.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "engine/ongoing_run.hpp"
#include "model/clock.hpp"
#include "net/environment.hpp"
#include "net/loop.hpp"

namespace vitals::testing {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

milliseconds since(steady_clock::time_point began) {
    return std::chrono::ceil<milliseconds>(steady_clock::now() - began);
}

// Bound to a free port outside the ephemeral range, where a client could be given the same port
// and connect to itself. Not yet listening.
std::pair<int, std::uint16_t> bind_somewhere() {
    static std::mt19937 random{std::random_device{}()};
    std::uniform_int_distribution<int> ports(20'000, 32'000);
    for (int attempt = 0; attempt < 500; ++attempt) {
        const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (descriptor < 0) throw std::runtime_error("no socket for a test peer");
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const auto port = static_cast<std::uint16_t>(ports(random));
        address.sin_port = htons(port);
        if (::bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
            return {descriptor, port};
        }
        ::close(descriptor);
    }
    throw std::runtime_error("no free port between 20000 and 32000");
}

bool readable(int descriptor, int wait_ms) {
    pollfd waiting{descriptor, POLLIN, 0};
    return ::poll(&waiting, 1, wait_ms) > 0;
}

// A request's head, or the first bytes of whatever else the client speaks.
void read_something(int descriptor) {
    char buffer[4096];
    if (readable(descriptor, 300)) (void)::recv(descriptor, buffer, sizeof buffer, 0);
}

Verified verify_fields(std::span<const Field> fields, const ObjectRef& options) {
    for (const Field& field : fields) {
        const auto value = field.peek(options);
        if (!value) continue;
        if (field.verify != nullptr)
            if (const Verified good = field.verify(options); !good)
                return std::unexpected(std::string(field.name) + ": " + good.error());
        if (const auto* const object = std::get_if<ObjectRef>(&*value))
            if (Verified good = verify_fields(field.members, *object); !good) return good;
    }
    return {};
}

}  // namespace

Runner::Runner()
    : loop_(std::make_unique<net::Loop>()),
      environment_(std::make_unique<net::Environment>(*loop_)) {}

Runner::~Runner() = default;

Outcome Runner::run(const checks::Kind& kind, const AnyOptions& options, milliseconds timeout) {
    return run(kind.bind(options), timeout);
}

Outcome Runner::run(const checks::Run& run, milliseconds timeout) {
    Outcome result;
    finished_ = false;
    const auto began = steady_clock::now();
    net::Timer poll(*loop_);
    std::function<void()> look;
    auto delivered = [&](Outcome outcome) {
        elapsed_ = since(began);
        result = std::move(outcome);
        loop_->post([&] { look(); });
    };
    engine::OngoingRun flight(*environment_, real_clock(), "tested", "tested", run, timeout,
                              delivered, {}, kept_);
    look = [&] {
        finished_ = flight.finished();
        if (finished_ || since(began) > elapsed_ + milliseconds(1000)) {
            loop_->stop();
        } else {
            poll.arm(steady_clock::now() + milliseconds(1), look);
        }
    };
    loop_->run();
    return result;
}

Outcome run_once(const checks::Kind& kind, const AnyOptions& options, milliseconds timeout) {
    Runner runner;
    return runner.run(kind, options, timeout);
}

Outcome run_in_time(const checks::Kind& kind, const AnyOptions& options, milliseconds timeout) {
    Runner runner;
    Outcome outcome = runner.run(kind, options, timeout);
    EXPECT_LE(runner.elapsed(), timeout + milliseconds(100));
    EXPECT_TRUE(runner.finished());
    return outcome;
}

Outcome run_discreetly(const checks::Kind& kind, const AnyOptions& options, milliseconds timeout) {
    EXPECT_EQ(problem_of(kind, options.ref()), "");
    Outcome outcome = run_in_time(kind, options, timeout);
    EXPECT_EQ((outcome.detail + outcome.error).find("geheim"), std::string::npos);
    return outcome;
}

std::vector<std::string> phases(const Outcome& outcome) {
    std::vector<std::string> names;
    for (const Phase& phase : outcome.phases) names.push_back(phase.name);
    return names;
}

std::string problem_of(const checks::Kind& kind, const ObjectRef& options) {
    Verified good = verify_fields(kind.description.fields, options);
    if (good) good = kind.description.verify(options);
    return good ? std::string() : good.error();
}

Peer::Peer(Handler handler) : handler_(std::move(handler)) {
    std::tie(listener_, port_) = bind_somewhere();
    ::listen(listener_, 128);
    thread_ = std::jthread([this] { serve(); });
}

Peer::~Peer() {
    stop_ = true;
    // The handler may be in a read: wakes it. The descriptor is still open, because the thread
    // closes it only after it has removed it from serving_.
    if (const int descriptor = serving_.exchange(-1); descriptor >= 0) {
        ::shutdown(descriptor, SHUT_RDWR);
        serving_ = descriptor;
    }
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
}

void Peer::serve() {
    // A write to a client that has left must not end the process. It must not hide either that the
    // tested code would do so, on its own thread.
    sigset_t broken_pipe;
    ::sigemptyset(&broken_pipe);
    ::sigaddset(&broken_pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
    while (!stop_) {
        if (!readable(listener_, 20)) continue;
        const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (descriptor < 0) continue;
        ++accepted_;
        serving_ = descriptor;
        // Either this sees that it must stop, or the destructor sees the descriptor.
        if (!stop_) handler_(descriptor);
        // Waits until the destructor, if it runs, no longer needs the descriptor.
        for (int mine = descriptor; !serving_.compare_exchange_weak(mine, -1); mine = descriptor) {
            std::this_thread::yield();
        }
        ::close(descriptor);
    }
}

Peer::Handler Peer::hang() {
    return [](int descriptor) {
        char buffer[4096];
        while (::recv(descriptor, buffer, sizeof buffer, 0) > 0) {
        }
    };
}

Peer::Handler Peer::reset(std::string before) {
    return [before = std::move(before)](int descriptor) {
        read_something(descriptor);
        send_all(descriptor, before);
        // The peer must be able to read what was sent. A reset would discard it.
        if (!before.empty()) std::this_thread::sleep_for(milliseconds(50));
        reset_on_close(descriptor);
    };
}

Peer::Handler Peer::drip(std::string bytes, milliseconds pause) {
    return [bytes = std::move(bytes), pause](int descriptor) {
        for (const char byte : bytes) {
            if (!send_all(descriptor, {&byte, 1})) return;
            std::this_thread::sleep_for(pause);
        }
    };
}

Peer::Handler Peer::say(std::string bytes) {
    return [bytes = std::move(bytes)](int descriptor) {
        send_all(descriptor, bytes);
        close_in_order(descriptor);
    };
}

Peer::Handler Peer::answer(std::string bytes) {
    return [bytes = std::move(bytes)](int descriptor) {
        read_until(descriptor, "\r\n\r\n");
        send_all(descriptor, bytes);
        close_in_order(descriptor);
    };
}

bool send_all(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

std::string read_until(int descriptor, std::string_view delimiter) {
    std::string text;
    char byte = 0;
    while (!text.ends_with(delimiter) && ::recv(descriptor, &byte, 1, 0) == 1) text += byte;
    return text;
}

void close_in_order(int descriptor) {
    ::shutdown(descriptor, SHUT_WR);
    char buffer[4096];
    while (readable(descriptor, 500) && ::recv(descriptor, buffer, sizeof buffer, 0) > 0) {
    }
}

void reset_on_close(int descriptor) {
    const linger at_once{1, 0};
    ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

int connections_of_runs(int runs, const checks::Kind& kind, const AnyOptions& options,
                        const Peer& peer) {
    Runner runner;
    runner.keep_connections();
    for (int i = 0; i < runs; ++i) {
        const Outcome outcome = runner.run(kind, options, std::chrono::seconds(5));
        EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    }
    return peer.accepted();
}

FullPeer::FullPeer() {
    std::tie(listener_, port_) = bind_somewhere();
    ::listen(listener_, 0);
    // Connects until an attempt fails; the earlier connections stay in the queue.
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port_);
    for (int i = 0; i < 16; ++i) {
        const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        waiting_.push_back(descriptor);
        (void)::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address);
        pollfd connecting{descriptor, POLLOUT, 0};
        if (::poll(&connecting, 1, 100) == 0) return;
    }
}

FullPeer::~FullPeer() {
    for (const int descriptor : waiting_) ::close(descriptor);
    ::close(listener_);
}

std::uint16_t closed_port() {
    const auto [descriptor, port] = bind_somewhere();
    ::close(descriptor);
    return port;
}

std::size_t open_descriptors() {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry :
         std::filesystem::directory_iterator("/proc/self/fd")) {
        ++count;
    }
    return count - 1;  // without the one of the listing itself
}

void expect_no_descriptor_kept(const std::function<void()>& round, int times) {
    round();
    std::this_thread::sleep_for(milliseconds(50));
    const std::size_t before = open_descriptors();
    for (int i = 0; i < times; ++i) round();
    std::this_thread::sleep_for(milliseconds(50));
    EXPECT_LE(open_descriptors(), before + 1);
}

TemporaryDirectory::TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "vitals-test-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryDirectory::write(const std::string& name, std::string_view content) const {
    std::ofstream stream(file(name), std::ios::binary);
    stream.write(content.data(), static_cast<std::streamsize>(content.size()));
    return file(name);
}

}  // namespace vitals::testing
