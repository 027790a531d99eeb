// Cron expressions: which times they name, and when these come by a zone's clock. Pure, except for
// the zone's data.
//
// The syntax and its meaning are those of cron on Debian (crontab(5)): five fields, names of months
// and days, lists, ranges, steps, `@daily` and the like. If both days are restricted, either is
// enough.
//
// Changes of the clock. Schedulers differ in what they do then, so a skipped or repeated time has a
// period in which it may be taken:
// - A skipped time may be taken from the change on, up to the instant at which unchanged clocks
//   would show it. If minutes or hours begin with `*`, no scheduler makes up for it, and it does
//   not count as a time.
// - A repeated time is one time, which may be taken at either instant.
#pragma once

#include <bitset>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "calendar/zone.hpp"

namespace vitals::calendar {

class Cron {
  public:
    static constexpr std::size_t longest = 256;  // bytes

    Cron() = default;  // never comes

    // The expression, or what is wrong with it, which field, and what is expected.
    static std::expected<Cron, std::string> parse(std::string_view text);

    const std::string& text() const noexcept { return text_; }  // as it was written

    struct Due {
        System at;      // the earliest instant, by a clock that is right
        System latest;  // the latest instant, if the clock changes; else the same
        bool operator==(const Due&) const = default;
    };
    // The first time after that instant; nothing within eight years.
    std::optional<Due> next(const Zone& zone, System after) const;

    bool operator==(const Cron& other) const { return text_ == other.text_; }

  private:
    bool on_day(std::chrono::local_days day) const;

    std::string text_;
    std::bitset<60> minutes_;
    std::bitset<24> hours_;
    std::bitset<32> days_;
    std::bitset<13> months_;
    std::bitset<8> weekdays_;       // Sunday is 0
    bool either_day_ = false;       // both days are restricted
    bool follows_changes_ = false;  // minutes or hours begin with `*`
};

}  // namespace vitals::calendar
