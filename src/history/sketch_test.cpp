// Sketches and chunks of runs: against exact quantiles, and against bytes that nobody wrote.
#include "history/sketch.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "history/runs.hpp"
#include "history/varint.hpp"

namespace vitals::history {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;

microseconds exact(std::vector<microseconds> times, double part) {
    std::ranges::sort(times);
    const auto rank = static_cast<std::size_t>(std::ceil(part * static_cast<double>(times.size())));
    return times[std::max<std::size_t>(rank, 1) - 1];
}

double off_by(microseconds found, microseconds right) {
    return std::abs(static_cast<double>(found.count()) / static_cast<double>(right.count()) - 1);
}

std::vector<microseconds> some_times(std::mt19937& random, std::size_t count, double spread) {
    std::lognormal_distribution<double> draw(std::log(40'000.0), spread);
    std::vector<microseconds> times(count);
    for (microseconds& each : times) each = microseconds(std::llround(draw(random)));
    return times;
}

TEST(Sketch, quantiles_are_off_by_less_than_4_5_percent) {
    std::mt19937 random(11);
    for (const std::size_t count : {1u, 2u, 6u, 360u, 8'640u}) {
        for (const double spread : {0.1, 0.5, 1.5}) {
            const auto times = some_times(random, count, spread);
            Sketch sketch;
            for (const microseconds each : times) sketch.add(each);
            EXPECT_EQ(sketch.count(), count);
            for (const double part : {0.05, 0.5, 0.95, 0.99, 1.0})
                EXPECT_LT(off_by(sketch.quantile(part), exact(times, part)), 0.045)
                    << count << " times, spread " << spread << ", " << part;
        }
    }
}

TEST(Sketch, merged_is_as_if_all_were_added_to_one) {
    std::mt19937 random(12);
    Sketch whole, merged;
    for (int part = 0; part < 24; ++part) {
        Sketch hour;
        for (const microseconds each : some_times(random, 360, 0.7)) {
            whole.add(each);
            hour.add(each);
        }
        merged.merge(hour);
    }
    EXPECT_EQ(merged, whole);
    EXPECT_EQ(merged.encoded(), whole.encoded());
}

TEST(Sketch, needs_few_bytes) {
    std::mt19937 random(13);
    const auto size = [&random](std::size_t count, double spread) {
        Sketch sketch;
        for (const microseconds each : some_times(random, count, spread)) sketch.add(each);
        return sketch.encoded().size();
    };
    EXPECT_LE(size(6, 0.3), 14u);
    EXPECT_LE(size(360, 0.3), 60u);
    EXPECT_LE(size(8'640, 0.3), 100u);
    EXPECT_LE(size(8'640, 1.5), 300u);
}

TEST(Sketch, what_is_written_is_read_again) {
    std::mt19937 random(14);
    for (const std::size_t count : {0u, 1u, 360u}) {
        Sketch sketch;
        for (const microseconds each : some_times(random, count, 2)) sketch.add(each);
        EXPECT_EQ(Sketch::decoded(sketch.encoded()), sketch);
    }
}

TEST(Sketch, holds_the_shortest_and_the_longest_time) {
    Sketch sketch;
    sketch.add(-5us);
    sketch.add(0us);
    sketch.add(1us);
    EXPECT_EQ(sketch.quantile(0.5), 1us);
    sketch.add(microseconds::max(), 7);
    EXPECT_EQ(sketch.quantile(1), middle_of(last_bin));
    EXPECT_EQ(Sketch().quantile(0.5), 0us);
    EXPECT_EQ(bin_of(900'000us), bin_of(950'000us)) << "4 % is within a bin";
    EXPECT_NE(bin_of(1'000'000us), bin_of(1'200'000us));
}

TEST(Sketch, bytes_that_no_sketch_wrote_are_refused) {
    const auto refused = [](std::string bytes) { return !Sketch::decoded(bytes).has_value(); };
    EXPECT_TRUE(refused("\x05"));                              // cut off
    EXPECT_TRUE(refused(std::string("\x05\x00", 2)));          // an empty bin
    EXPECT_TRUE(refused(std::string("\x05\x01\x00\x01", 4)));  // a bin twice
    EXPECT_TRUE(refused("\xff\xff\x01\x01"));                  // beyond the last bin
    EXPECT_TRUE(refused("\xff"));
    EXPECT_TRUE(refused(std::string(11, '\xff')));
    std::string beyond;
    for (int i = 0; i < 200; ++i) beyond += "\x02\x01";
    EXPECT_TRUE(refused(beyond));
    std::string largest;
    put_varint(largest, 3);
    put_varint(largest, ~0ull);
    put_varint(largest, 1);
    put_varint(largest, ~0ull);
    const auto sketch = Sketch::decoded(largest);
    ASSERT_TRUE(sketch);
    EXPECT_EQ(sketch->count(), ~0ull) << "a sum that is too large is the largest";
    EXPECT_EQ(sketch->quantile(0.5), middle_of(3));
}

TEST(Sketch, any_bytes_are_read_or_refused) {
    std::mt19937 random(15);
    for (int round = 0; round < 20'000; ++round) {
        std::string bytes(random() % 12, '\0');
        for (char& each : bytes)
            each = static_cast<char>(random() % 3 == 0 ? random() : random() % 5);
        if (const auto sketch = Sketch::decoded(bytes)) {
            EXPECT_LE(sketch->quantile(0.5), sketch->quantile(0.95));
            EXPECT_EQ(Sketch::decoded(sketch->encoded()), sketch);
        }
        if (const auto runs = runs_of(System(), bytes)) {
            EXPECT_LE(runs->size(), bytes.size() / 3 + 1);
        }
    }
}

TEST(Chunk, gives_back_the_runs_that_were_added) {
    const System begin(1'800'000'000'123ms);
    const std::vector<history::Run> runs{
        {begin + 1ms, Status::ok, ErrorClass::none, 1'234us},
        {begin + 10s, Status::degraded, ErrorClass::none, 0us},
        {begin + 20s, Status::failed, ErrorClass::connect, 5s},
        {begin + 20s, Status::unknown, ErrorClass::local, 90min},
    };
    Chunk chunk(begin);
    EXPECT_TRUE(chunk.empty());
    for (const history::Run& each : runs) chunk.add(each);
    EXPECT_EQ(chunk.start(), begin);
    EXPECT_EQ(chunk.last(), begin + 20s);
    EXPECT_EQ(chunk.count(), 4u);
    EXPECT_EQ(runs_of(chunk.start(), chunk.bytes()), runs);
}

TEST(Chunk, time_does_not_run_backwards) {
    const System begin(1'800'000'000s);
    Chunk chunk(begin - 1s);
    chunk.add({begin, Status::ok, ErrorClass::none, 1us});
    chunk.add({begin - 5s, Status::ok, ErrorClass::none, 2us});
    const auto runs = runs_of(chunk.start(), chunk.bytes());
    ASSERT_TRUE(runs);
    EXPECT_EQ(runs->at(1).at, begin);
}

TEST(Chunk, a_run_costs_about_six_bytes) {
    std::mt19937 random(16);
    System at(1'800'000'000s);
    Chunk chunk(at);
    for (const microseconds took : some_times(random, 60, 0.5)) {
        at += std::chrono::milliseconds(9'900 + random() % 200);
        chunk.add({at, Status::ok, ErrorClass::none, took});
    }
    EXPECT_LE(chunk.bytes().size(), 60u * 6);
}

TEST(Chunk, bytes_that_no_chunk_wrote_are_refused) {
    const auto refused = [](std::string bytes) { return !runs_of(System(), bytes).has_value(); };
    EXPECT_TRUE(refused("\x01"));
    EXPECT_TRUE(refused(std::string("\x01\x00", 2)));
    EXPECT_TRUE(refused("\x01\xff\x01"));  // no such class
    std::string far;
    put_varint(far, ~0ull);
    far += std::string("\x00\x01", 2);
    EXPECT_TRUE(refused(far));
}

}  // namespace
}  // namespace vitals::history
