#include "net/loop.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <thread>

#include "net/net_testing.hpp"

namespace vitals::net {
namespace {

using namespace std::chrono_literals;

Steady in(milliseconds duration) {
    return std::chrono::steady_clock::now() + duration;
}

// Lets everything that is due, and everything that follows from it, happen.
void settle(Loop& loop, milliseconds duration = 30ms) {
    Timer timer(loop);
    timer.arm(in(duration), [&] { loop.stop(); });
    loop.run();
}

TEST(Timer, fires_once_and_not_before_its_time) {
    Loop loop;
    Timer timer(loop);
    const Steady began = std::chrono::steady_clock::now();
    int fired = 0;
    timer.arm(in(20ms), [&] {
        ++fired;
        EXPECT_GE(std::chrono::steady_clock::now() - began, 20ms);
    });
    settle(loop, 60ms);
    EXPECT_EQ(fired, 1);
}

TEST(Timer, cancelled_when_already_due_is_not_called) {
    Loop loop;
    Timer timer(loop);
    bool fired = false;
    timer.arm(in(-1ms), [&] { fired = true; });
    // Runs before the expiry is looked at, when it has been due for long.
    loop.post([&] {
        std::this_thread::sleep_for(5ms);
        timer.cancel();
    });
    settle(loop);
    EXPECT_FALSE(fired);
}

TEST(Timer, is_cancelled_by_its_destruction) {
    Loop loop;
    bool fired = false;
    {
        Timer timer(loop);
        timer.arm(in(1ms), [&] { fired = true; });
    }
    Timer moved_to(loop);
    moved_to.arm(in(1ms), [&] { fired = true; });
    moved_to = Timer(loop);
    settle(loop);
    EXPECT_FALSE(fired);
}

TEST(Timer, is_replaced_when_it_is_armed_again) {
    Loop loop;
    Timer timer(loop);
    std::string fired;
    timer.arm(in(1ms), [&] { fired += "first"; });
    timer.arm(in(2ms), [&] {
        fired += "second";
        timer.arm(in(1ms), [&] { fired += " third"; });  // from inside itself
    });
    settle(loop);
    EXPECT_EQ(fired, "second third");
}

TEST(Timer, may_be_destroyed_by_its_own_function) {
    Loop loop;
    auto timer = std::make_unique<Timer>(loop);
    bool fired = false;
    timer->arm(in(1ms), [&] {
        timer.reset();
        fired = true;
    });
    settle(loop);
    EXPECT_TRUE(fired);
}

awaitable<Outcome> answer(std::string detail) {
    co_return ok(detail);
}
awaitable<Outcome> trip() {
    throw std::runtime_error("tripped");
    co_return ok();
}
awaitable<void> rest(Context& context, milliseconds duration) {
    co_await context.sleep(duration);
}
awaitable<Outcome> rest_then_ok(Context& context, milliseconds duration) {
    co_await context.sleep(duration);
    co_return ok();
}

struct LoopTest : ::testing::Test {
    Loop loop;
    Environment environment{loop};
    Context context{environment, real_clock(), "component", "kind", in(10s)};
};

TEST_F(LoopTest, a_task_hands_over_its_result_or_its_exception) {
    std::string detail;
    std::string thrown;
    const Task good = loop.spawn(answer("fine"), [&](std::exception_ptr error, Outcome outcome) {
        EXPECT_EQ(error, nullptr);
        detail = outcome.detail;
    });
    const Task bad = loop.spawn(trip(), [&](std::exception_ptr error, Outcome) {
        try {
            std::rethrow_exception(error);
        } catch (const std::runtime_error& known) {
            thrown = known.what();
        }
    });
    settle(loop);
    EXPECT_EQ(detail, "fine");
    EXPECT_EQ(thrown, "tripped");
}

TEST_F(LoopTest, a_completion_never_comes_from_inside_spawn_or_cancel) {
    int completed = 0;
    loop.post([&] {
        Task at_once =
            loop.spawn(answer("fine"), [&](std::exception_ptr, Outcome) { ++completed; });
        EXPECT_EQ(completed, 0);
        Task waiting = loop.spawn(rest(context, 10s), [&](std::exception_ptr error) {
            EXPECT_NE(error, nullptr);
            ++completed;
        });
        waiting.cancel();
        waiting.cancel();
        EXPECT_EQ(completed, 0);
        // Both handles outlive this function.
        static Task kept[2];
        kept[0] = std::move(at_once);
        kept[1] = std::move(waiting);
        loop.post(
            [&] { loop.post([&] { loop.post([] { kept[0] = Task(), kept[1] = Task(); }); }); });
    });
    settle(loop);
    EXPECT_EQ(completed, 2);
}

TEST_F(LoopTest, a_task_destroyed_on_the_way_is_cancelled_and_says_nothing) {
    bool called = false;
    bool ended = false;
    // The coroutine's frame owns this: it goes when the coroutine has ended.
    auto work = [](Context& run, std::shared_ptr<int>) -> awaitable<void> {
        co_await run.sleep(10s);
    };
    std::shared_ptr<int> mark(new int, [&](int* value) {
        ended = true;
        delete value;
    });
    {
        const Task task =
            loop.spawn(work(context, std::move(mark)), [&](std::exception_ptr) { called = true; });
        settle(loop, 5ms);
        EXPECT_FALSE(ended);
    }
    settle(loop);
    EXPECT_TRUE(ended);
    EXPECT_FALSE(called);
}

TEST_F(LoopTest, a_task_may_be_destroyed_by_its_own_completion) {
    auto task = std::make_unique<Task>();
    bool called = false;
    *task = loop.spawn(rest_then_ok(context, 1ms), [&](std::exception_ptr, Outcome) {
        task.reset();
        called = true;
    });
    settle(loop);
    EXPECT_TRUE(called);
}

TEST(Loop, destroys_waiting_coroutines_with_itself) {
    // LeakSanitizer and AddressSanitizer are the judges; the mark is for builds without them.
    auto mark = std::make_shared<int>(1);
    auto work = [](Context& run, std::shared_ptr<int>) -> awaitable<void> {
        co_await run.sleep(10s);
    };
    auto block = [](Context& run, std::shared_ptr<int> kept) -> awaitable<void> {
        std::function<int()> code = [] { return 1; };
        for (;;) *kept += co_await run.blocking(code);
    };
    {
        Loop loop;
        Environment environment(loop);
        Context context(environment, real_clock(), "component", "kind", in(10s));
        Task sleeping = loop.spawn(work(context, mark), [](std::exception_ptr) {});
        Task blocking = loop.spawn(block(context, mark), [](std::exception_ptr) {});
        settle(loop);
        EXPECT_GT(mark.use_count(), 1);
    }
    EXPECT_EQ(mark.use_count(), 1);
    EXPECT_GT(*mark, 1);
}

TEST(Loop, a_stop_before_run_is_not_lost) {
    Loop loop;
    loop.stop();
    loop.run();  // returns, or the test hangs
    bool ran = false;
    loop.post([&] {
        ran = true;
        loop.stop();
    });
    loop.run();
    EXPECT_TRUE(ran);
}

TEST(Loop, posts_from_other_threads_arrive_in_order) {
    Loop loop;
    std::vector<int> seen;
    std::jthread other([&] {
        for (int i = 0; i < 1000; ++i) loop.post([&seen, i] { seen.push_back(i); });
        loop.post([&] { loop.stop(); });
    });
    loop.run();
    ASSERT_EQ(seen.size(), 1000u);
    EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
}

TEST(Loop, signals_are_told_each_time) {
    Loop loop;
    std::vector<int> seen;
    loop.on_signals({SIGUSR1, SIGUSR2}, [&](int number) {
        seen.push_back(number);
        if (seen.size() == 1) ::kill(::getpid(), SIGUSR2);
        if (seen.size() == 2) ::kill(::getpid(), SIGUSR1);
        if (seen.size() == 3) loop.stop();
    });
    loop.post([] { ::kill(::getpid(), SIGUSR1); });
    loop.run();
    EXPECT_EQ(seen, (std::vector<int>{SIGUSR1, SIGUSR2, SIGUSR1}));
}

TEST(Loop, a_broken_pipe_kills_neither_during_nor_after_the_run) {
    Loop loop;
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    ::close(ends[0]);
    ssize_t written = 0;
    loop.post([&] {
        written = ::write(ends[1], "x", 1);  // raises SIGPIPE, whose default is to kill
        loop.stop();
    });
    loop.run();
    EXPECT_EQ(written, -1);
    ::close(ends[1]);
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    EXPECT_EQ(sigismember(&mask, SIGPIPE), 0);  // the host's mask is as it was
}

TEST_F(LoopTest, phases_are_measured_in_order_and_added_up_by_name) {
    auto work = [](Context& run) -> awaitable<int> {
        run.enter("connect");
        co_await run.sleep(20ms);
        run.enter("query");
        co_await run.sleep(5ms);
        run.record("tls", 7ms);
        run.enter("connect");
        co_await run.sleep(20ms);
        co_return 1;
    };
    const Ran<int> ran = drive<int>(loop, environment, work);
    EXPECT_EQ(ran.phase, "connect");
    ASSERT_EQ(ran.phases.size(), 3u);
    EXPECT_EQ(ran.phases[0].name, "connect");
    EXPECT_GE(ran.phases[0].duration, 40ms);
    EXPECT_EQ(ran.phases[1].name, "query");
    EXPECT_GE(ran.phases[1].duration, 5ms);
    EXPECT_LT(ran.phases[1].duration, 40ms);
    EXPECT_EQ(ran.phases[2], (Phase{"tls", 7ms}));
}

}  // namespace
}  // namespace vitals::net
