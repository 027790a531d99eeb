#include "net/detail/lanes.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "net/net_testing.hpp"

namespace vitals::net {
namespace {

using namespace std::chrono_literals;

// Foreign code that does not return until it is let go. Shared with the calls, as they outlive
// the runs and sometimes the test.
class Gate {
  public:
    void open() {
        const std::lock_guard lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }
    int pass() {
        std::unique_lock lock(mutex_);
        ++entered_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return open_; });
        ++left_;
        changed_.notify_all();
        return entered_;
    }
    int entered() {
        const std::lock_guard lock(mutex_);
        return entered_;
    }
    void wait_left(int count) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return left_ >= count; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool open_ = false;
    int entered_ = 0;
    int left_ = 0;
};

awaitable<void> one(Context& context, std::function<int()> what) {
    co_await context.blocking(std::move(what));
}

// Takes a thread of the lane until the gate is opened.
Task occupy(Loop& loop, Context& context, std::shared_ptr<Gate> gate) {
    std::function<int()> pass = [gate = std::move(gate)] { return gate->pass(); };
    return loop.spawn(one(context, std::move(pass)), [](std::exception_ptr) {});
}

Work<int> through(std::shared_ptr<Gate> gate) {
    return [gate](Context& context) {
        std::function<int()> code = [gate] { return gate->pass(); };
        return context.blocking(std::move(code));
    };
}

template <class F>
Work<int> calling(F code) {
    return [code](Context& context) { return context.blocking(std::function<int()>(code)); };
}

LaneFigures figures(const Environment& environment, const std::string& kind = "test") {
    for (const LaneFigures& lane : environment.lanes()) {
        if (lane.kind == kind) return lane;
    }
    return {};
}

TEST(Lane, runs_code_on_another_thread_and_hands_its_result_back) {
    const auto here = std::this_thread::get_id();
    const auto ran =
        drive<int>(calling([here] { return std::this_thread::get_id() == here ? 1 : 2; }));
    EXPECT_EQ(ran.value, 2);
}

TEST(Lane, hands_exceptions_back_whatever_they_are) {
    const auto known = drive<int>(calling([]() -> int { throw std::runtime_error("theirs"); }));
    EXPECT_EQ(known.other, "theirs");
    const auto check = drive<int>(
        calling([]() -> int { throw CheckError(ErrorClass::auth, "not allowed", "text"); }));
    EXPECT_EQ(check.detail(), "not allowed");
    EXPECT_EQ(check.error_class(), ErrorClass::auth);
    const auto alien = drive<int>(calling([]() -> int { throw 42; }));
    EXPECT_EQ(alien.other, "not an exception");
}

TEST(Lane, a_cancelled_wait_ends_at_once_and_the_call_goes_on_alone) {
    Loop loop;
    Environment environment(loop);
    const auto gate = std::make_shared<Gate>();
    std::shared_ptr<BlockingCall> call;
    auto keep_call = [](Context& context, std::shared_ptr<Gate> held,
                        std::shared_ptr<BlockingCall>& out) -> awaitable<int> {
        std::function<int()> code = [held] { return held->pass(); };
        try {
            co_return co_await context.blocking(std::move(code));
        } catch (const CheckError&) {
            out = context.blocking_call();
            throw;
        }
    };
    Work<int> work = [&](Context& context) { return keep_call(context, gate, call); };
    const auto ran = drive<int>(loop, environment, work, 50ms);
    EXPECT_TRUE(ran.cancelled);
    EXPECT_LT(ran.took, 150ms);
    EXPECT_TRUE(still_running(call));
    EXPECT_EQ(figures(environment).running, 1u);
    EXPECT_EQ(figures(environment).hung, 1u);

    gate->open();
    for (int i = 0; i < 1000 && still_running(call); ++i) std::this_thread::sleep_for(1ms);
    EXPECT_FALSE(still_running(call));
    EXPECT_EQ(figures(environment).running, 0u);
    EXPECT_EQ(figures(environment).hung, 0u);
}

TEST(Lane, queues_beyond_its_threads_and_runs_all_in_the_end) {
    Loop loop;
    Environment environment(loop, 2);
    std::atomic<int> at_once{0};
    std::atomic<int> most{0};
    auto code = [&] {
        const int now = ++at_once;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        std::this_thread::sleep_for(5ms);
        --at_once;
        return 1;
    };
    std::vector<Task> tasks;
    Context context(environment, real_clock(), "component", "test",
                    std::chrono::steady_clock::now() + 10s);
    int done = 0;
    for (int i = 0; i < 20; ++i) {
        tasks.push_back(loop.spawn(one(context, code), [&](std::exception_ptr error) {
            EXPECT_EQ(error, nullptr);
            if (++done == 20) loop.stop();
        }));
    }
    loop.run();
    EXPECT_EQ(most, 2);
}

TEST(Lane, a_queued_call_of_a_cancelled_run_is_never_executed) {
    Loop loop;
    Environment environment(loop, 1);
    const auto gate = std::make_shared<Gate>();
    const auto executed = std::make_shared<std::atomic<bool>>(false);
    Context context(environment, real_clock(), "component", "test",
                    std::chrono::steady_clock::now() + 10s);
    bool first_done = false;
    Task first = loop.spawn(one(context, [gate] { return gate->pass(); }),
                            [&](std::exception_ptr) { first_done = true, loop.stop(); });
    Task second = loop.spawn(one(context, [executed] { return *executed = true, 1; }),
                             [&](std::exception_ptr error) {
                                 EXPECT_NE(error, nullptr);
                                 gate->open();
                             });
    Timer timer(loop);
    timer.arm(std::chrono::steady_clock::now() + 20ms, [&] { second.cancel(); });
    loop.run();
    EXPECT_TRUE(first_done);
    // Once more through the lane: whatever was queued before it has had its turn.
    const auto after = drive<int>(loop, environment, calling([] { return 1; }));
    EXPECT_EQ(after.value, 1);
    EXPECT_FALSE(*executed);
}

TEST(Lane, says_at_once_that_it_is_full_of_calls_that_do_not_end) {
    Loop loop;
    Environment environment(loop, 2);
    const auto gate = std::make_shared<Gate>();
    for (int i = 0; i < 2; ++i) {
        EXPECT_TRUE(drive<int>(loop, environment, through(gate), 20ms).cancelled);
    }
    EXPECT_EQ(figures(environment).hung, 2u);
    const auto third = drive<int>(loop, environment, through(gate), 5s);
    EXPECT_EQ(third.detail(), "lane full");
    EXPECT_EQ(third.error_class(), ErrorClass::local);
    EXPECT_LT(third.took, 100ms);
    // Other kinds do not notice.
    const auto other = drive<int>(loop, environment, calling([] { return 7; }), 5s, "other");
    EXPECT_EQ(other.value, 7);

    gate->open();
    gate->wait_left(2);
    const auto again = drive<int>(loop, environment, calling([] { return 8; }));
    EXPECT_EQ(again.value, 8);
}

TEST(Lane, queued_calls_learn_at_once_that_nobody_is_left_to_take_them) {
    Loop loop;
    Environment environment(loop, 1);
    const auto gate = std::make_shared<Gate>();
    Context context(environment, real_clock(), "component", "test",
                    std::chrono::steady_clock::now() + 10s);
    Task hung = occupy(loop, context, gate);
    std::string detail;
    Task queued = loop.spawn(one(context, [] { return 1; }), [&](std::exception_ptr error) {
        try {
            std::rethrow_exception(error);
        } catch (const CheckError& known) {
            detail = known.detail;
        }
        loop.stop();
    });
    Timer timer(loop);
    timer.arm(std::chrono::steady_clock::now() + 20ms, [&] { hung.cancel(); });
    const Steady began = std::chrono::steady_clock::now();
    loop.run();
    EXPECT_EQ(detail, "lane full");
    EXPECT_LT(std::chrono::steady_clock::now() - began, 1s);
    gate->open();
}

// The backend of a call that never got a thread is not to blame: unknown, not failed.
TEST(Lane, a_call_that_gets_no_thread_in_time_is_blindness) {
    Loop loop;
    Environment environment(loop, 1);
    const auto gate = std::make_shared<Gate>();
    Context context(environment, real_clock(), "component", "test",
                    std::chrono::steady_clock::now() + 10s);
    Task busy = occupy(loop, context, gate);
    const auto executed = std::make_shared<std::atomic<bool>>(false);
    const auto ran =
        drive<int>(loop, environment, calling([executed] { return *executed = true, 1; }), 200ms);
    EXPECT_FALSE(ran.cancelled);
    EXPECT_EQ(ran.detail(), "lane busy");
    EXPECT_EQ(ran.error_class(), ErrorClass::local);
    EXPECT_GE(ran.took, 90ms);
    gate->open();
    EXPECT_EQ(drive<int>(loop, environment, calling([] { return 1; })).value, 1);
    EXPECT_FALSE(*executed);
}

TEST(Lane, neither_loop_nor_environment_wait_for_a_hung_call) {
    const auto gate = std::make_shared<Gate>();
    const Steady began = std::chrono::steady_clock::now();
    {
        Loop loop;
        Environment environment(loop, 4);
        drive<int>(loop, environment, through(gate), 20ms);
        // And one whose run is still waiting when everything goes.
        Context context(environment, real_clock(), "component", "test",
                        std::chrono::steady_clock::now() + 10s);
        Task task = loop.spawn(
            [](Context& run, std::shared_ptr<Gate> held) -> awaitable<void> {
                std::function<int()> code = [held] { return held->pass(); };
                co_await run.blocking(std::move(code));
            }(context, gate),
            [](std::exception_ptr) {});
        Timer timer(loop);
        timer.arm(std::chrono::steady_clock::now() + 20ms, [&] { loop.stop(); });
        loop.run();
    }
    EXPECT_LT(std::chrono::steady_clock::now() - began, 1s);
    EXPECT_EQ(gate->entered(), 2);
    // They end when everything they could have told is gone.
    gate->open();
    gate->wait_left(2);
    std::this_thread::sleep_for(20ms);
}

TEST(Lane, what_a_call_captured_is_destroyed_before_it_counts) {
    Loop loop;
    Environment environment(loop);
    const auto mark = std::make_shared<int>(1);
    const auto ran = drive<int>(loop, environment, calling([mark] { return *mark; }));
    EXPECT_EQ(ran.value, 1);
    // `calling` is a temporary and gone: only this one is left.
    EXPECT_EQ(mark.use_count(), 1);
}

TEST(Lane, many_cancelled_and_finished_calls_leave_nothing_behind) {
    Loop loop;
    Environment environment(loop, 4);
    int errors = 0;
    for (int i = 0; i < 300; ++i) {
        // Ends at about the moment of the cancellation.
        const auto ran = drive<int>(loop, environment, calling([] {
                                        std::this_thread::sleep_for(1ms);
                                        return 1;
                                    }),
                                    1ms + milliseconds(i % 3));
        if (!ran.value) ++errors;
    }
    for (int i = 0; i < 1000 && figures(environment).running > 0; ++i)
        std::this_thread::sleep_for(1ms);
    EXPECT_EQ(figures(environment).running, 0u);
    EXPECT_EQ(figures(environment).hung, 0u);
    EXPECT_GT(errors, 0);
}

}  // namespace
}  // namespace vitals::net
