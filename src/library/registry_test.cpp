// The registry as a service's author meets it.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <new>
#include <optional>
#include <thread>

#include "vitals/registry.hpp"

namespace vitals {
namespace {

using namespace std::chrono_literals;

struct Recorder {
    std::mutex mutex;
    std::vector<std::string> lines;
    Log log() {
        return [this](LogLevel, std::string_view line) {
            const std::scoped_lock lock(mutex);
            lines.emplace_back(line);
        };
    }
    std::size_t count(std::string_view text) {
        const std::scoped_lock lock(mutex);
        return static_cast<std::size_t>(std::count_if(
            lines.begin(), lines.end(),
            [&](const std::string& line) { return line.find(text) != std::string::npos; }));
    }
};

class Importer : public StateHandler {
  public:
    Importer() : StateHandler("Importer") { set_state(degraded("starting")); }
};

class Service {
  public:
    Outcome operator()() const { return failed("Service not available"); }
};

TEST(Registry, asks_callables_and_objects) {
    Registry registry;
    registry.add("DatabaseConnection", [] { return ok(); });
    registry.add("UserService", Service());
    EXPECT_TRUE(registry.wait_for("DatabaseConnection", Status::ok, 10s));
    EXPECT_TRUE(registry.wait_for("UserService", Status::failed, 10s));
    EXPECT_TRUE(registry.is_in_state("UserService", Status::failed));
    std::this_thread::sleep_for(30ms);
    const auto snapshot = registry.snapshot();
    ASSERT_NE(snapshot->find("UserService"), nullptr);
    EXPECT_EQ(snapshot->find("UserService")->last->detail, "Service not available");
}

TEST(Registry, never_looks_empty_to_the_code_that_filled_it) {
    for (int round = 0; round < 100; ++round) {
        Registry registry;
        StateHandler importer("importer");
        importer.set_state(degraded("starting"));
        registry.add("database", [] { return ok(); });
        registry.add(importer);
        registry.add("cache", [] { return ok(); });
        registry.remove("cache");
        const auto snapshot = registry.snapshot();
        const auto now = std::chrono::steady_clock::now();
        ASSERT_NE(snapshot->find("database"), nullptr);
        ASSERT_NE(snapshot->find("importer"), nullptr);
        EXPECT_EQ(snapshot->find("importer")->status(now), Status::degraded);
        EXPECT_EQ(snapshot->find("importer")->detail(now), "starting");
        if (snapshot->find("database")->last == nullptr) {
            EXPECT_EQ(snapshot->find("database")->status(now), Status::unknown);
            EXPECT_EQ(snapshot->find("database")->detail(now), "not run yet");
        }
    }
}

TEST(Registry, throws_for_unknown_names) {
    Registry registry;
    EXPECT_THROW((void)registry.status("nobody"), UnknownComponent);
    EXPECT_THROW((void)registry.is_in_state("nobody", Status::ok), UnknownComponent);
    registry.add("somebody", [] { return ok(); });
    EXPECT_NO_THROW((void)registry.status("somebody"));
    EXPECT_TRUE(registry.remove("somebody"));
    EXPECT_FALSE(registry.remove("somebody"));
    EXPECT_THROW((void)registry.status("somebody"), UnknownComponent);
}

TEST(Registry, refuses_impossible_names_and_options) {
    Registry registry;
    for (const char* name :
         {"", "a/b/c", "/a", "a/", "vitals/engine", "tab\there", "\xff", "caf\xc3"})
        EXPECT_THROW(registry.add(name, [] { return ok(); }), std::invalid_argument) << name;
    EXPECT_NO_THROW(registry.add("caf\xc3\xa9 / \xe2\x82\xac", [] { return ok(); }));
    EXPECT_THROW(registry.add("a", [] { return ok(); }, {.interval = 0ms}), std::invalid_argument);
    using std::chrono::milliseconds;
    EXPECT_THROW(registry.add("a", [] { return ok(); }, {.interval = milliseconds::max()}),
                 std::invalid_argument);
    EXPECT_THROW(registry.add("a", [] { return ok(); }, {.failures = 0}), std::invalid_argument);
    EXPECT_THROW(
        registry.add("a", [] { return ok(); }, {.interval = 1000ms, .retry_interval = 2000ms}),
        std::invalid_argument);
    EXPECT_THROW(
        registry.add("a", [] { return ok(); }, {.interval = 1000ms, .down_interval = 500ms}),
        std::invalid_argument);
    EXPECT_THROW(registry.add("a", std::function<Outcome()>()), std::invalid_argument);
    EXPECT_THROW(StateHandler(std::string(129, 'x')), std::invalid_argument);
}

TEST(Registry, follows_the_given_options) {
    Registry registry;
    std::atomic<int> runs{0};
    registry.add("flaps",
                 [&] {
                     if (++runs == 1) return ok();
                     return failed("flaps");
                 },
                 {.interval = 20ms, .failures = 3, .critical = false, .tags = {"web", "eu"}});
    registry.add("slow",
                 [] {
                     std::this_thread::sleep_for(20ms);
                     return ok();
                 },
                 {.slow_above = 5ms});
    registry.add("disk", [] { return failed("full"); });
    registry.add("database", [] { return failed("no space"); }, {.depends_on = {"disk"}});
    EXPECT_TRUE(registry.wait_for("flaps", Status::ok, 5s));
    EXPECT_TRUE(registry.wait_for("flaps", Status::failed, 5s));
    EXPECT_GE(runs, 4);
    EXPECT_TRUE(registry.wait_for("slow", Status::degraded, 5s));
    EXPECT_TRUE(registry.wait_for("database", Status::failed, 5s));
    EXPECT_TRUE(registry.wait_for("disk", Status::failed, 5s));
    std::this_thread::sleep_for(50ms);
    const auto snapshot = registry.snapshot();
    EXPECT_FALSE(snapshot->find("flaps")->component->critical);
    EXPECT_EQ(snapshot->find("flaps")->component->tags, (std::vector<std::string>{"web", "eu"}));
    ASSERT_TRUE(snapshot->causes.contains("database"));
    EXPECT_EQ(snapshot->causes.at("database"), "disk");
}

TEST(Registry, a_handler_that_throws_affects_nothing_else) {
    Registry registry;
    registry.add("throws", []() -> Outcome { throw std::runtime_error("no luck"); });
    registry.add("throws a number", []() -> Outcome { throw 42; });
    registry.add("allocates", []() -> Outcome { throw std::bad_alloc(); });
    registry.add("well", [] { return ok(); });
    for (const char* name : {"throws", "throws a number", "allocates"})
        EXPECT_TRUE(registry.wait_for(name, Status::failed, 10s)) << name;
    EXPECT_TRUE(registry.wait_for("well", Status::ok, 10s));
    std::this_thread::sleep_for(30ms);
    EXPECT_EQ(registry.snapshot()->find("throws")->last->error_class, ErrorClass::local);
    EXPECT_EQ(registry.snapshot()->find("throws")->last->error, "no luck");
}

TEST(Registry, a_handler_that_hangs_delays_neither_others_nor_the_end) {
    const auto released = std::make_shared<std::atomic<bool>>(false);
    const auto began = std::chrono::steady_clock::now();
    {
        Registry registry;
        registry.add("hangs",
                     [released] {
                         while (!*released) std::this_thread::sleep_for(5ms);
                         return ok();
                     },
                     {.interval = 50ms, .timeout = 30ms});
        registry.add("well", [] { return ok(); }, {.interval = 50ms});
        EXPECT_TRUE(registry.wait_for("hangs", Status::failed, 10s));
        EXPECT_TRUE(registry.wait_for("well", Status::ok, 10s));
        std::this_thread::sleep_for(100ms);
        EXPECT_EQ(registry.snapshot()->find("hangs")->last->error_class, ErrorClass::timeout);
    }
    EXPECT_LT(std::chrono::steady_clock::now() - began, 2s);
    *released = true;
    std::this_thread::sleep_for(20ms);
}

TEST(Registry, asynchronous_handlers_answer_from_anywhere) {
    Registry registry;
    std::vector<std::jthread> threads;
    std::mutex mutex;
    registry.add("async", [&](Completion done) {
        const std::scoped_lock lock(mutex);
        threads.emplace_back([done] {
            std::this_thread::sleep_for(10ms);
            done(degraded("half"));
            done(ok("too late"));
        });
    });
    registry.add("forgets", [](Completion) {});
    std::optional<Completion> kept;
    registry.add("keeps", [&](Completion done) { kept = std::move(done); }, {.timeout = 50ms});
    EXPECT_TRUE(registry.wait_for("async", Status::degraded, 10s));
    EXPECT_TRUE(registry.wait_for("forgets", Status::failed, 10s));
    EXPECT_TRUE(registry.wait_for("keeps", Status::failed, 10s));
    EXPECT_TRUE(registry.remove("keeps"));
    registry.remove("async");
}

TEST(Registry, a_completion_may_outlive_the_registry) {
    std::optional<Completion> kept;
    std::atomic<bool> called{false};
    {
        Registry registry;
        registry.add("keeps", [&](Completion done) {
            kept = std::move(done);
            called = true;
        });
        while (!called) std::this_thread::sleep_for(1ms);
    }
    (*kept)(ok());
}

TEST(StateHandler, logs_each_change_once) {
    Recorder recorder;
    RegistryOptions options;
    options.log = recorder.log();
    Registry registry(options);
    Importer importer;
    registry.add(importer);
    EXPECT_TRUE(registry.is_in_state("Importer", Status::degraded));
    importer.set_state(ok("running"));
    importer.set_state(Status::ok, "running");
    EXPECT_TRUE(registry.is_in_state("Importer", Status::ok)) << "seen at once";
    importer.set_state(failed("stopped"));
    EXPECT_EQ(recorder.count("state change: YELLOW -> OK \"running\""), 1u);
    EXPECT_EQ(recorder.count("state change: OK -> RED \"stopped\""), 1u);
    std::this_thread::sleep_for(50ms);
    EXPECT_EQ(recorder.count("state change"), 2u);
    EXPECT_EQ(registry.snapshot()->find("Importer")->status(std::chrono::steady_clock::now()),
              Status::failed);
}

TEST(StateHandler, a_different_property_is_a_change) {
    Registry registry;
    StateHandler handler("pool");
    registry.add(handler);
    handler.set_state(ok().with("free", std::int64_t{4}));
    handler.set_state(ok().with("free", std::int64_t{3}));
    std::this_thread::sleep_for(50ms);
    const auto snapshot = registry.snapshot();
    const Value* free = snapshot->find("pool")->last->property("free");
    ASSERT_NE(free, nullptr);
    EXPECT_EQ(std::get<std::int64_t>(*free), 3);
}

TEST(StateHandler, a_difference_within_a_property_is_a_change) {
    Registry registry;
    StateHandler handler("pool");
    registry.add(handler);
    const auto set = [&](std::int64_t errors, Value last) {
        std::vector<Property> labels{{"errors", errors},
                                     {"last", std::vector<Value>{std::move(last), true}}};
        handler.set_state(ok().with("labels", std::move(labels)));
        return Value(handler.state().properties.at(0).value);
    };
    const Value first = set(1, nullptr);
    EXPECT_EQ(set(1, nullptr), first);
    const Value second = set(2, nullptr);
    EXPECT_NE(second, first);
    EXPECT_NE(set(2, "now"), second);
}

TEST(StateHandler, removes_itself_and_may_outlive_its_registry) {
    StateHandler survivor("survivor");
    {
        Registry registry;
        {
            StateHandler handler("shortlived");
            registry.add(handler);
            EXPECT_NO_THROW((void)registry.status("shortlived"));
        }
        EXPECT_THROW((void)registry.status("shortlived"), UnknownComponent);
        registry.add(survivor);
    }
    survivor.set_state(ok());
    EXPECT_EQ(survivor.status(), Status::ok);
}

TEST(StateHandler, a_replaced_one_does_not_remove_its_successor) {
    Registry registry;
    auto former = std::make_unique<StateHandler>("importer");
    registry.add(*former);
    StateHandler latter("importer");
    latter.set_state(failed("stopped"));
    registry.add(latter);
    former->set_state(ok("I am the importer"));
    EXPECT_TRUE(registry.is_in_state("importer", Status::failed));
    former.reset();
    EXPECT_TRUE(registry.is_in_state("importer", Status::failed));
    std::this_thread::sleep_for(50ms);
    const auto snapshot = registry.snapshot();
    ASSERT_NE(snapshot->find("importer"), nullptr);
    EXPECT_EQ(snapshot->find("importer")->last->detail, "stopped");
}

TEST(StateHandler, is_in_one_registry_at_a_time) {
    Registry former;
    Registry latter;
    StateHandler handler("importer");
    handler.set_state(ok());
    former.add(handler);
    latter.add(handler);
    EXPECT_THROW((void)former.status("importer"), UnknownComponent)
        << "where it would stay ok for ever";
    handler.set_state(failed("stopped"));
    EXPECT_TRUE(latter.is_in_state("importer", Status::failed));
}

TEST(StateHandler, is_silent_but_keeps_its_state_when_it_is_removed) {
    Recorder recorder;
    RegistryOptions options;
    options.log = recorder.log();
    Registry registry(options);
    StateHandler handler("importer");
    registry.add(handler);
    EXPECT_TRUE(registry.remove("importer"));
    handler.set_state(failed("stopped"));
    EXPECT_EQ(handler.status(), Status::failed);
    EXPECT_EQ(recorder.count("state change"), 0u);
    EXPECT_THROW((void)registry.status("importer"), UnknownComponent);
    registry.add(handler);
    EXPECT_TRUE(registry.is_in_state("importer", Status::failed));
}

TEST(StateHandler, whatever_is_set_reaches_the_snapshot_in_time) {
    Registry registry;
    std::vector<std::unique_ptr<StateHandler>> handlers;
    // Each is registered while others change: none may be overtaken by a delivery under way.
    for (int i = 0; i < 300; ++i) {
        handlers.push_back(std::make_unique<StateHandler>("h" + std::to_string(i)));
        registry.add(*handlers.back(), {.failures = 5});
        handlers.back()->set_state(failed("stopped"));
        handlers.front()->set_state(ok(std::to_string(i)));
    }
    std::this_thread::sleep_for(200ms);
    const auto snapshot = registry.snapshot();
    const auto now = std::chrono::steady_clock::now();
    for (int i = 1; i < 300; ++i)
        EXPECT_EQ(snapshot->find("h" + std::to_string(i))->status(now), Status::failed) << i;
    EXPECT_EQ(snapshot->find("h0")->last->detail, "299");
}

TEST(StateHandler, is_failed_when_it_is_silent_for_longer_than_its_ttl) {
    Registry registry;
    StateHandler handler("heart");
    handler.set_state(ok());
    registry.add(handler, {.ttl = 100ms});
    EXPECT_TRUE(registry.wait_for("heart", Status::ok, 10s));
    EXPECT_TRUE(registry.wait_for("heart", Status::failed, 10s));
    handler.beat();
    EXPECT_TRUE(registry.wait_for("heart", Status::ok, 10s));
}

TEST(Registry, waits_for_what_is_registered_later) {
    Registry registry;
    std::jthread later([&] {
        std::this_thread::sleep_for(30ms);
        registry.add("late", [] { return ok(); });
    });
    EXPECT_TRUE(registry.wait_for("late", Status::ok, 10s));
    const auto began = std::chrono::steady_clock::now();
    EXPECT_FALSE(registry.wait_for("never", Status::ok, 50ms));
    EXPECT_GE(std::chrono::steady_clock::now() - began, 50ms);
}

TEST(Registry, subscriptions_end_with_their_object) {
    Registry registry;
    StateHandler handler("h");
    registry.add(handler);
    std::vector<Change> seen;
    {
        const Subscription subscription =
            registry.on_change([&](const Change& change) { seen.push_back(change); });
        handler.set_state(ok("a"));
        handler.set_state(failed("b"));
    }
    handler.set_state(ok("c"));
    ASSERT_EQ(seen.size(), 2u);
    EXPECT_EQ(seen[0].from, Status::unknown);
    EXPECT_EQ(seen[0].to, Status::ok);
    EXPECT_EQ(seen[1].to, Status::failed);
    EXPECT_EQ(seen[1].detail, "b");
}

// On the thread of whoever sets a state, and on the engine's own.
TEST(Registry, may_be_deleted_by_its_own_subscriber) {
    for (const bool by_handler : {false, true}) {
        auto registry = std::make_unique<Registry>();
        StateHandler handler("h");
        registry->add(handler);
        std::atomic<int> calls = 0;
        std::promise<void> deleted;
        const auto end = [&](const Change&) {
            if (++calls > 1) return;
            registry.reset();
            deleted.set_value();
        };
        const Subscription first = registry->on_change(end);
        const Subscription second = registry->on_change(end);
        if (by_handler)
            registry->add("asked", [] { return ok(); });
        else
            handler.set_state(ok());
        deleted.get_future().wait();
        handler.set_state(failed("later"));
        EXPECT_EQ(calls, 1) << "nobody is called once the registry is gone";
    }
}

}  // namespace
}  // namespace vitals
