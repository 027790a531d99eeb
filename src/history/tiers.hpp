// Response times on disk: single runs for some hours, then by minute, hour and day. The rows of
// runs and minutes are keyed by time, since all components write them together; those of hours and
// days by component, since one page reads one component: these are made from the finer ones little
// by little. Used on the store's thread only; every failure is a SqliteError.
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

// Of a component, where its chunk of runs that holds this moment begins: other components begin at
// other moments, so that not all are written at once.
System chunk_start(const std::string& component, System at) noexcept;
inline constexpr std::chrono::minutes chunk_length{10};
inline constexpr std::chrono::hours minutes_kept{26};

class Tiers {
  public:
    explicit Tiers(Database& database) : database_(database) {}

    enum class Tier : std::uint8_t { chunk, minute, hour, day };

    // The number of a component, which it gets here if it has none.
    std::int64_t number_of(const std::string& component);
    // Within a transaction of the caller. What stands there already is added to.
    void put_chunk(std::int64_t component, const Chunk& chunk);
    void put_minute(std::int64_t component, System start, const RunTimes& times);

    // Makes the rows of hours that are over, and at the end of a day those of the day, of some
    // components more. Removes their hours of more than 35 days ago, and days as told; nothing:
    // none, for the clock is not believed. True: there is more to do. A transaction of its own.
    bool roll(System now, std::optional<std::chrono::milliseconds> days_kept);

    struct Part {
        System start{};
        RunTimes times;
    };
    // What is known of [from, to), each part with its begin: as fine as `step` asks for, where it
    // is kept so.
    std::vector<Part> parts(const std::string& component, System from, System to,
                            std::chrono::milliseconds step);
    // The runs of [from, to).
    std::vector<Run> runs(const std::string& component, System from, System to);
    // Of all components since then, at most so many minutes, the latest first.
    struct Minute {
        std::string component;
        System start{};
        RunTimes times;
    };
    std::vector<Minute> minutes(System from, std::size_t most);

    // Removes rows that begin before that moment, of runs and minutes at most so many: how many it
    // were. Hours and days that are too old go with roll().
    std::int64_t forget(Tier tier, System before, std::int64_t most);
    std::optional<System> oldest(Tier tier);

  private:
    struct Rolled {
        System hour{};               // under way: those before are done
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

// Of the parts, by steps.
std::vector<ResponseStep> steps_of(const std::vector<Tiers::Part>& parts, System from,
                                   std::chrono::milliseconds step, std::size_t count);

}  // namespace vitals::history
