// Everything at once, from many threads, while a server answers. Says most under ThreadSanitizer.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>

#include "library/http_client_testing.hpp"
#include "vitals/registry.hpp"
#include "vitals/server.hpp"

namespace vitals {
namespace {

using namespace std::chrono_literals;

struct Crowd {
    RegistryOptions options() {
        RegistryOptions given;
        given.log = [this](LogLevel, std::string_view) { ++lines; };
        return given;
    }

    // Registers, sets, reads, waits, subscribes and removes under names of its own and shared ones.
    void jostle(int number) {
        const std::string name = "t" + std::to_string(number);
        for (int round = 0; !stop; ++round) {
            const Subscription subscription =
                registry.on_change([this](const Change&) { ++changes; });
            StateHandler own(name);
            registry.add(own);
            StateHandler heart(name + "/heart");
            registry.add(heart, {.ttl = 50ms});
            own.set_state(round % 2 == 0 ? ok().with("round", std::int64_t{round}) : failed("x"));
            heart.set_state(ok(std::to_string(round)));
            heart.beat();
            shared.set_state(Status::degraded, std::to_string(round));
            (void)registry.is_in_state("shared", Status::ok);
            (void)own.state();
            (void)registry.snapshot()->components.size();
            (void)registry.wait_for(name, Status::ok, 1ms);
            registry.add(name + "/asked", [] { return ok(); }, {.interval = 5ms});
            registry.add("contested", [] { return degraded("whose?"); }, {.interval = 5ms});
            if (round % 3 == 0) registry.remove(name + "/asked");
            if (round % 5 == number % 5) registry.remove("contested");
            if (round % 7 == 0) registry.decommission(round % 2 == 0 ? "OK" : "away");
        }
    }

    void ask() {
        while (!stop)
            for (const char* path : {"/svc_status.json", "/readyz", "/health", "/metrics", "/"})
                if (!ask_over_http(server->port(), std::string("GET ") + path).empty()) ++answers;
    }

    std::atomic<bool> stop{false};
    std::atomic<int> changes{0};
    std::atomic<int> answers{0};
    std::atomic<int> lines{0};
    Registry registry{options()};
    StateHandler shared{"shared"};
    std::unique_ptr<Server> server;
};

TEST(Threads, use_a_registry_at_once_while_a_server_answers) {
    Crowd crowd;
    crowd.registry.add(crowd.shared);
    crowd.server =
        std::make_unique<Server>(crowd.registry, ServerOptions{.address = "127.0.0.1:0"});
    std::vector<std::jthread> threads;
    for (int number = 0; number < 8; ++number)
        threads.emplace_back([&crowd, number] { crowd.jostle(number); });
    for (int number = 0; number < 2; ++number) threads.emplace_back([&crowd] { crowd.ask(); });
    std::this_thread::sleep_for(2s);
    crowd.stop = true;
    threads.clear();
    EXPECT_GT(crowd.changes, 0);
    EXPECT_GT(crowd.lines, 0);
    EXPECT_GT(crowd.answers, 0);

    // What stands at the end is what was said last.
    crowd.registry.recommission();
    crowd.shared.set_state(failed("at the end"));
    StateHandler last("contested");
    last.set_state(ok("mine"));
    crowd.registry.add(last);
    const auto agreed = [&] {
        const auto snapshot = crowd.registry.snapshot();
        const auto now = std::chrono::steady_clock::now();
        const auto says = [&](const char* name, const char* detail) {
            const ComponentState* state = snapshot->find(name);
            return state != nullptr && state->detail(now) == detail;
        };
        if (!says("shared", "at the end") || !says("contested", "mine")) return false;
        for (const auto& state : snapshot->components) {
            if (state->component->own) continue;
            try {
                if (crowd.registry.status(state->name()) != state->status(now)) return false;
            } catch (const UnknownComponent&) {
                return false;
            }
        }
        return true;
    };
    // A busy machine has much to catch up with; what does not agree then never will.
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (!agreed() && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(10ms);
    EXPECT_TRUE(agreed());
}

}  // namespace
}  // namespace vitals
