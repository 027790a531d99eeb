// Names with a system resolver that answers, fails and hangs on command: this file's getaddrinfo
// stands in for the library's, for all names under `.test`.
#include "net/detail/resolver.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netdb.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <map>
#include <mutex>
#include <thread>

#include "net/detail/environment_state.hpp"
#include "net/net_testing.hpp"

namespace {

// By name: a thread of the test before may come late. Never destroyed: one may outlive main().
std::mutex asking;
auto& asked = *new std::map<std::string, int, std::less<>>;
std::atomic<bool> hang_on{true};

int times_asked(std::string_view name) {
    const std::lock_guard lock(asking);
    const auto found = asked.find(name);
    return found != asked.end() ? found->second : 0;
}

int of_test(const char* name) {
    if (std::strstr(name, "none") != nullptr) return EAI_NONAME;
    if (std::strstr(name, "again") != nullptr) return EAI_AGAIN;
    if (std::strstr(name, "fail") != nullptr) return EAI_FAIL;
    if (std::strstr(name, "nodata") != nullptr) return EAI_NODATA;
    if (std::strstr(name, "slow") != nullptr)
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    while (std::strstr(name, "hang") != nullptr && hang_on)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return 0;
}

}  // namespace

extern "C" int getaddrinfo(const char* __restrict name, const char* __restrict service,
                           const addrinfo* __restrict hints, addrinfo** __restrict found) {
    using Real = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
    static const Real real = reinterpret_cast<Real>(dlsym(RTLD_NEXT, "getaddrinfo"));
    const std::string_view asked_for = name != nullptr ? name : "";
    if (!asked_for.ends_with(".test")) return real(name, service, hints, found);
    {
        const std::lock_guard lock(asking);
        ++asked[std::string(asked_for)];
    }
    if (const int code = of_test(name); code != 0) return code;
    return real("127.0.0.1", service, hints, found);
}

namespace vitals::net {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using Addresses = std::vector<std::string>;

Work<Addresses> looking_up(std::string name) {
    return [name](Context& context) { return context.environment().resolve(context, name); };
}

struct ResolverTest : ::testing::Test {
    ResolverTest() {
        const std::lock_guard lock(asking);
        asked.clear();
        hang_on = true;
    }
    ~ResolverTest() override { hang_on = false; }
    Loop loop;
    Environment environment{loop, 1};  // four lookups at a time
    Ran<Addresses> look_up(std::string name, milliseconds limit = 5s) {
        return drive<Addresses>(loop, environment, looking_up(std::move(name)), limit);
    }
    std::size_t hung() {
        for (const LaneFigures& lane : environment.lanes()) {
            if (lane.kind == "resolve") return lane.hung;
        }
        return 0;
    }
};

TEST_F(ResolverTest, knows_localhost_without_a_network) {
    const auto ran = look_up("localhost");
    ASSERT_TRUE(ran.value) << ran.detail();
    EXPECT_THAT(*ran.value, ::testing::AnyOf(Contains("127.0.0.1"), Contains("::1")));
}

TEST_F(ResolverTest, addresses_are_taken_as_they_stand) {
    EXPECT_THAT(*look_up("192.0.2.7").value, ElementsAre("192.0.2.7"));
    EXPECT_THAT(*look_up("2001:db8::1").value, ElementsAre("2001:db8::1"));
}

TEST_F(ResolverTest, a_name_that_does_not_exist_is_a_finding) {
    const auto none = look_up("none.test");
    EXPECT_EQ(none.detail(), "name does not exist");
    EXPECT_EQ(none.error_class(), ErrorClass::resolve);
    EXPECT_NE(none.error->error.find("none.test"), std::string::npos);
    const auto empty = look_up("nodata.test");
    EXPECT_EQ(empty.detail(), "name has no address");
    EXPECT_EQ(empty.error_class(), ErrorClass::resolve);
}

TEST_F(ResolverTest, a_resolver_that_does_not_work_is_blindness) {
    const auto again = look_up("again.test");
    EXPECT_EQ(again.detail(), "resolver not reachable");
    EXPECT_EQ(again.error_class(), ErrorClass::local);
    const auto fail = look_up("fail.test");
    EXPECT_EQ(fail.detail(), "resolver failed");
    EXPECT_EQ(fail.error_class(), ErrorClass::local);
    const auto hang = look_up("hang.test", 200ms);
    EXPECT_FALSE(hang.cancelled);
    EXPECT_EQ(hang.detail(), "resolver does not answer");
    EXPECT_EQ(hang.error_class(), ErrorClass::local);
    EXPECT_GE(hang.took, 150ms);
}

TEST_F(ResolverTest, names_that_cannot_be_asked_for_are_refused) {
    EXPECT_EQ(look_up("").detail(), "no host given");
    EXPECT_EQ(look_up("b\xc3\xbc"
                      "cher.test")
                  .detail(),
              "host name is not ASCII");
    EXPECT_EQ(look_up(std::string("a\0b.test", 8)).error_class(), ErrorClass::local);
    EXPECT_EQ(times_asked("b\xc3\xbc"
                          "cher.test"),
              0);
}

TEST_F(ResolverTest, runs_that_ask_at_the_same_time_share_one_lookup) {
    Context context(environment, real_clock(), "component", "test",
                    std::chrono::steady_clock::now() + 10s);
    std::vector<Task> tasks;
    int answered = 0;
    auto one = [](Context& run, std::string name) -> awaitable<void> {
        const auto addresses = co_await run.environment().resolve(run, name);
        EXPECT_THAT(addresses, ElementsAre("127.0.0.1"));
    };
    for (int i = 0; i < 50; ++i) {
        tasks.push_back(loop.spawn(one(context, "slow.test"), [&](std::exception_ptr error) {
            // The first goes away meanwhile; that cancels nothing for the others.
            EXPECT_EQ(error == nullptr, answered != 0);
            if (++answered == 50) loop.stop();
        }));
    }
    Timer timer(loop);
    timer.arm(std::chrono::steady_clock::now() + 20ms, [&] { tasks[0].cancel(); });
    loop.run();
    EXPECT_EQ(times_asked("slow.test"), 1);
}

TEST_F(ResolverTest, results_are_kept_for_a_second_and_not_longer) {
    EXPECT_TRUE(look_up("kept.test").value);
    EXPECT_TRUE(look_up("kept.test").value);
    EXPECT_EQ(times_asked("kept.test"), 1);
    std::this_thread::sleep_for(1050ms);
    EXPECT_TRUE(look_up("kept.test").value);
    EXPECT_EQ(times_asked("kept.test"), 2);
}

TEST_F(ResolverTest, slow_names_delay_no_other) {
    Context context(environment, real_clock(), "component", "test",
                    std::chrono::steady_clock::now() + 10s);
    std::vector<Task> tasks;
    for (int i = 0; i < 3; ++i) {
        auto one = [](Context& run, std::string name) -> awaitable<void> {
            co_await run.environment().resolve(run, name);
        };
        tasks.push_back(
            loop.spawn(one(context, std::to_string(i) + ".hang.test"), [](std::exception_ptr) {}));
    }
    const auto ran = look_up("quick.test");
    EXPECT_TRUE(ran.value);
    EXPECT_LT(ran.took, 100ms);
}

TEST_F(ResolverTest, a_hung_name_is_asked_for_once_however_often_it_is_tried) {
    for (int i = 0; i < 6; ++i) EXPECT_FALSE(look_up("hang.test", 30ms).value);
    EXPECT_EQ(times_asked("hang.test"), 1);
    EXPECT_EQ(hung(), 1u);
    // Once it answers, the one who asks then gets the answer.
    Timer release(loop);
    release.arm(std::chrono::steady_clock::now() + 20ms, [] { hang_on = false; });
    EXPECT_TRUE(look_up("hang.test").value);
    EXPECT_EQ(times_asked("hang.test"), 1);
    EXPECT_EQ(hung(), 0u);
}

TEST_F(ResolverTest, with_all_threads_hung_it_says_so_at_once) {
    for (int i = 0; i < 4; ++i) EXPECT_FALSE(look_up(std::to_string(i) + ".hang.test", 20ms).value);
    EXPECT_EQ(hung(), 4u);
    const auto ran = look_up("quick.test");
    EXPECT_EQ(ran.detail(), "lane full");
    EXPECT_EQ(ran.error_class(), ErrorClass::local);
    EXPECT_LT(ran.took, 100ms);
    // Addresses need no resolver.
    EXPECT_TRUE(look_up("127.0.0.1").value);
    hang_on = false;
    std::this_thread::sleep_for(50ms);
    EXPECT_TRUE(look_up("quick2.test").value);
}

TEST_F(ResolverTest, a_lookup_nobody_waits_for_is_taken_from_the_queue) {
    Context context(environment, real_clock(), "component", "test",
                    std::chrono::steady_clock::now() + 10s);
    auto one = [](Context& run, std::string name) -> awaitable<void> {
        co_await run.environment().resolve(run, name);
    };
    std::vector<Task> tasks;
    for (int i = 0; i < 4; ++i) {
        tasks.push_back(
            loop.spawn(one(context, std::to_string(i) + ".hang.test"), [](std::exception_ptr) {}));
    }
    EXPECT_TRUE(look_up("queued.test", 50ms).error);
    hang_on = false;
    std::this_thread::sleep_for(50ms);
    EXPECT_EQ(times_asked("queued.test"), 0);
    EXPECT_TRUE(look_up("queued.test").value);
}

TEST_F(ResolverTest, without_descriptors_a_name_is_not_said_to_be_missing) {
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_TRUE(look_up("warm.test").value);  // threads and libraries are in place
    // The lowest free number becomes the limit: nothing more can be opened.
    const int lowest = ::open("/dev/null", O_RDONLY);
    ::close(lowest);
    rlimit tight = before;
    tight.rlim_cur = static_cast<rlim_t>(lowest);
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &tight), 0);
    const auto ran = look_up("none2.test");
    setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_EQ(ran.detail(), "no descriptors left");
    EXPECT_EQ(ran.error_class(), ErrorClass::local);
}

TEST_F(ResolverTest, can_be_destroyed_while_a_lookup_hangs) {
    const Steady began = std::chrono::steady_clock::now();
    {
        Loop short_lived;
        Environment around(short_lived);
        drive<Addresses>(short_lived, around, looking_up("1.hang.test"), 20ms);
        Context context(around, real_clock(), "component", "test", began + 10s);
        auto one = [](Context& run) -> awaitable<void> {
            co_await run.environment().resolve(run, "2.hang.test");
        };
        Task task = short_lived.spawn(one(context), [](std::exception_ptr) {});
        Timer timer(short_lived);
        timer.arm(std::chrono::steady_clock::now() + 10ms, [&] { short_lived.stop(); });
        short_lived.run();
    }
    EXPECT_LT(std::chrono::steady_clock::now() - began, 1s);
    hang_on = false;
    std::this_thread::sleep_for(20ms);
}

}  // namespace
}  // namespace vitals::net
