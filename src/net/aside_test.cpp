// Work with files outside of checks: its end, its errors, and that nobody waits for what hangs.
#include "net/aside.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <stdexcept>

#include "model/check_error.hpp"

namespace vitals::net {
namespace {

using namespace std::chrono_literals;

std::string text_of(const std::exception_ptr& problem) {
    if (!problem) return "none";
    try {
        std::rethrow_exception(problem);
    } catch (const CheckError& error) {
        return error.detail;
    } catch (const std::exception& error) {
        return error.what();
    }
}

TEST(Aside, tells_the_end_and_what_was_thrown) {
    Loop loop;
    Environment environment(loop);
    Aside aside(environment, "files");
    const auto value = std::make_shared<int>(0);
    std::string first, second;
    aside.start(
        10s, [value] { *value = 7; },
        [&](const std::exception_ptr& problem) {
            first = text_of(problem);
            aside.start(
                10s, [] { throw std::runtime_error("no such file"); },
                [&](const std::exception_ptr& other) {
                    second = text_of(other);
                    loop.stop();
                });
        });
    loop.run();
    EXPECT_EQ(*value, 7);
    EXPECT_EQ(first, "none");
    EXPECT_EQ(second, "no such file");
}

TEST(Aside, leaves_a_hanging_call_behind) {
    struct Gate {
        std::mutex mutex;
        std::condition_variable changed;
        bool open = false;
    };
    const auto gate = std::make_shared<Gate>();
    std::string told;
    {
        Loop loop;
        Environment environment(loop);
        Aside aside(environment, "files");
        aside.start(
            50ms,
            [gate] {
                std::unique_lock lock(gate->mutex);
                gate->changed.wait(lock, [&] { return gate->open; });
            },
            [&](const std::exception_ptr& problem) {
                told += text_of(problem);
                loop.stop();
            });
        loop.run();
    }
    EXPECT_EQ(told, "the disk does not answer");
    const std::lock_guard lock(gate->mutex);
    gate->open = true;
    gate->changed.notify_all();
}

}  // namespace
}  // namespace vitals::net
