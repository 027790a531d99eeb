// Response times on disk: single runs for some hours, then by minute, hour and day. Rows of runs
// and minutes have the time as key, because all components write them together. Rows of hours and
// days have the component as key, because a page reads one component; they are made gradually from
// the finer ones. Used on the store's thread only; every failure is a SqliteError.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "history/run_times.hpp"
#include "history/runs.hpp"
#include "history/sqlite.hpp"

namespace vitals::history {

// The begin of the component's chunk of runs that holds this moment. Components begin at different
// moments, so that not all are written at once.
System chunk_start(const std::string& component, System at) noexcept;
inline constexpr std::chrono::minutes chunk_length{10};
inline constexpr std::chrono::hours minutes_kept{26};

class Tiers {
  public:
    explicit Tiers(Database& database) : database_(database) {}

    enum class Tier : std::uint8_t { chunk, minute, hour, day };

    // The number of a component; a new component gets one here.
    std::int64_t number_of(const std::string& component);
    // Within a transaction of the caller. Adds to what is stored already.
    void put_chunk(std::int64_t component, const Chunk& chunk);
    void put_minute(std::int64_t component, System start, const RunTimes& times);

    // Makes the rows of hours that are over, and at the end of a day those of the day, for some
    // more components. Removes their hours of more than 35 days ago, and days as told; nothing is
    // removed while the clock is not trusted. True: there is more to do. A transaction of its own.
    bool roll(System now, std::optional<std::chrono::milliseconds> days_kept);

    struct Part {
        System start{};
        RunTimes times;
    };
    // What is known of [from, to), each part with its begin: as fine as `step` wants, if it is kept
    // so.
    std::vector<Part> parts(const std::string& component, System from, System to,
                            std::chrono::milliseconds step);
    // The runs of [from, to).
    std::vector<Run> runs(const std::string& component, System from, System to);
    // Runs of all components since then, of at most this many minutes, the latest first.
    struct Minute {
        std::string component;
        System start{};
        RunTimes times;
    };
    std::vector<Minute> minutes(System from, std::size_t most);

    // Removes rows from before that moment, of runs and minutes at most this many; returns how
    // many. roll() removes hours and days that are too old.
    std::int64_t forget(Tier tier, System before, std::int64_t most);
    std::optional<System> oldest(Tier tier);

  private:
    struct Rolled {
        System hour{};               // in progress: those before are done
        std::int64_t component = 0;  // up to this one
    };
    Rolled rolled(System now);
    void roll_component(std::int64_t component, System hour,
                        std::optional<std::chrono::milliseconds> days_kept);
    RunTimes sum(const char* sql, std::int64_t component, System from, System to);
    void add_minutes(std::vector<Part>& parts, std::int64_t component, System from, System to);
    void add_rows(std::vector<Part>& parts, const char* sql, std::int64_t component, System from,
                  System to);

    void forget_before(const char* sql, std::int64_t component, System before);

    Database& database_;
};

// The parts of a period, by steps.
std::vector<ResponseStep> steps_of(const std::vector<Tiers::Part>& parts, System from,
                                   std::chrono::milliseconds step, std::size_t count);

}  // namespace vitals::history
