// The library as a guest in somebody else's process: what it must not do there, and what it must
// survive there.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <thread>

#include "library/http_client_testing.hpp"
#include "vitals/registry.hpp"
#include "vitals/server.hpp"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define VITALS_SANITIZED 1
#endif
#endif

namespace vitals {
namespace {

using namespace std::chrono_literals;

std::set<std::string> threads() {
    std::set<std::string> found;
    for (const auto& each : std::filesystem::directory_iterator("/proc/self/task"))
        found.insert(each.path().filename());
    return found;
}

std::string status_line(const std::string& task, const std::string& key) {
    std::ifstream file("/proc/self/task/" + task + "/status");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with(key)) return line;
    return {};
}

// The signals that have a handler, without the two that the C library keeps for its threads.
std::vector<int> caught_signals() {
    std::vector<int> caught;
    for (int number = 1; number < 32; ++number) {
        struct sigaction now{};
        if (::sigaction(number, nullptr, &now) == 0 && now.sa_handler != SIG_DFL)
            caught.push_back(number);
    }
    return caught;
}

TEST(Guest, prints_nothing_installs_no_signal_handler_and_leaves_no_thread) {
    std::thread([] {}).join();  // ThreadSanitizer begins one of its own with the first
    const auto threads_before = threads();
    const std::vector<int> signals_before = caught_signals();
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    {
        Registry registry;
        registry.add("throws", []() -> Outcome { throw std::runtime_error("no luck"); });
        registry.add("well", [] { return ok(); }, {.interval = 5ms});
        StateHandler handler("handler");
        registry.add(handler);
        handler.set_state(failed("stopped"));
        const Server server(registry, {.address = "127.0.0.1:0"});
        EXPECT_TRUE(registry.wait_for("throws", Status::failed, 5s));
        EXPECT_NE(ask_over_http(server.port(), "GET /"), "");
        EXPECT_NE(ask_over_http(server.port(), "\x01 garbage"), "");
        EXPECT_THROW(Server(registry, {.address = "127.0.0.1:" + std::to_string(server.port())}),
                     std::runtime_error);
        for (const std::string& task : threads()) {
            if (threads_before.contains(task)) continue;
            // A mask of 16 hexadecimal digits; SIGTERM is bit 14.
            const std::string mask = status_line(task, "SigBlk");
            if (mask.size() < 16) continue;  // it has just ended
            const auto bits = std::stoull(mask.substr(mask.size() - 16), nullptr, 16);
            EXPECT_TRUE((bits >> (SIGTERM - 1)) & 1) << "a thread that takes the host's signals";
        }
    }
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
    EXPECT_EQ(caught_signals(), signals_before);
    // All are joined; the kernel forgets one a moment later.
    const auto end = std::chrono::steady_clock::now() + 5s;
    while (threads() != threads_before && std::chrono::steady_clock::now() < end)
        std::this_thread::sleep_for(5ms);
    EXPECT_EQ(threads(), threads_before);
}

TEST(Guest, exceptions_of_the_hosts_callbacks_reach_nobody) {
    std::atomic<int> logged{0};
    RegistryOptions options;
    options.log = [&](LogLevel, std::string_view) {
        ++logged;
        throw std::runtime_error("the disk is full");
    };
    Registry registry(options);
    const Subscription first = registry.on_change([](const Change&) { throw 42; });
    std::atomic<int> told{0};
    const Subscription second = registry.on_change([&](const Change&) { ++told; });
    StateHandler handler("handler");
    registry.add(handler);
    EXPECT_NO_THROW(handler.set_state(ok()));
    registry.add("asked", [] { return ok(); });  // announced on the engine's thread
    EXPECT_TRUE(registry.wait_for("asked", Status::ok, 5s));
    const auto end = std::chrono::steady_clock::now() + 5s;
    while (told < 2 && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(2ms);
    EXPECT_EQ(told, 2);
    EXPECT_GE(logged, 2);
}

TEST(Guest, handlers_that_return_soon_are_waited_for) {
    for (int round = 0; round < 10; ++round) {
        std::atomic<bool> inside{false};
        std::atomic<bool> entered{false};
        {
            Registry registry;
            registry.add("busy", [&] {
                entered = inside = true;
                std::this_thread::sleep_for(30ms);
                inside = false;
                return ok();
            });
            while (!entered) std::this_thread::sleep_for(1ms);
        }
        EXPECT_FALSE(inside) << "it still uses what its owner now destroys";
    }
}

TEST(Guest, handlers_that_hang_are_left_behind_in_time) {
    const auto released = std::make_shared<std::atomic<bool>>(false);
    const auto entered = std::make_shared<std::atomic<int>>(0);
    auto registry = std::make_unique<Registry>();
    for (int i = 0; i < 10; ++i)
        registry->add("hangs/" + std::to_string(i),
                      [=] {
                          ++*entered;
                          while (!*released) std::this_thread::sleep_for(2ms);
                          return ok();
                      },
                      {.interval = 20ms, .timeout = 20ms});
    registry->add("well", [] { return ok(); }, {.interval = 20ms});
    auto server = std::make_unique<Server>(*registry, ServerOptions{.address = "127.0.0.1:0"});
    for (int i = 0; i < 10; ++i)
        EXPECT_TRUE(registry->wait_for("hangs/" + std::to_string(i), Status::failed, 5s));
    std::this_thread::sleep_for(200ms);
    EXPECT_EQ(*entered, 10) << "a handler that hangs is not called again";
    EXPECT_TRUE(registry->is_in_state("well", Status::ok));
    EXPECT_TRUE(ask_over_http(server->port(), "GET /livez").starts_with("HTTP/1.1 200"));
    const auto began = std::chrono::steady_clock::now();
    server.reset();
    registry.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - began, 1s);
    *released = true;  // they return into a process that still stands
    std::this_thread::sleep_for(50ms);
}

#ifndef VITALS_SANITIZED
// Allocates until it is refused, ever smaller pieces, so that nothing is left for anybody.
Outcome greedy() {
    std::vector<std::unique_ptr<char[]>> all;
    all.reserve(1 << 20);
    for (std::size_t size = 1 << 24; size >= 64; size /= 2) {
        try {
            for (;;) all.push_back(std::make_unique<char[]>(size));
        } catch (const std::bad_alloc&) {
        }
    }
    all.clear();
    throw std::bad_alloc();
}

[[noreturn]] void starve() {
    int code = 0;
    {
        Registry registry;
        StateHandler handler("handler");
        registry.add(handler);
        registry.add("well", [] { return ok(); }, {.interval = 10ms, .timeout = 1s});
        Server server(registry, {.address = "127.0.0.1:0"});
        if (!registry.wait_for("well", Status::ok, 5s)) code |= 1;
        const rlimit limit{std::size_t{1} << 30, std::size_t{1} << 30};
        ::setrlimit(RLIMIT_AS, &limit);
        registry.add("greedy", greedy, {.interval = 10ms, .timeout = 5s});
        if (!registry.wait_for("greedy", Status::failed, 10s)) code |= 2;
        const auto end = std::chrono::steady_clock::now() + 2s;
        for (int round = 0; std::chrono::steady_clock::now() < end; ++round) {
            try {
                handler.set_state(round % 2 == 0 ? Status::ok : Status::failed, "busy");
                (void)ask_over_http(server.port(), "GET /health");
            } catch (const std::bad_alloc&) {  // the host's own share of the famine
            }
        }
        registry.remove("greedy");
        std::this_thread::sleep_for(500ms);
        handler.set_state(Status::failed, "at the end");
        if (!registry.wait_for("well", Status::ok, 5s)) code |= 4;
        std::this_thread::sleep_for(200ms);
        const auto snapshot = registry.snapshot();
        const auto* state = snapshot->find("handler");
        if (state == nullptr || state->last == nullptr || state->last->detail != "at the end")
            code |= 8;
        if (!ask_over_http(server.port(), "GET /livez").starts_with("HTTP/1.1 200")) code |= 16;
    }
    ::_exit(code);
}

TEST(Guest, a_handler_that_uses_all_memory_ends_nothing_else) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(starve(), testing::ExitedWithCode(0), "");
}
#endif

}  // namespace
}  // namespace vitals
