// Drawings of the past: bars, uptime, sparklines, the chart of response times. ok is low and even;
// other states stand taller, each in its own pattern.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/past.hpp"
#include "model/responses.hpp"
#include "page/markup.hpp"
#include "page/page.hpp"

namespace vitals::page {

inline constexpr std::size_t bars_count = 90;

// The time that 90 bars show: whole steps, the last one still running.
struct Window {
    System from{};
    std::chrono::milliseconds step{};
    System now{};

    System end() const { return from + step * static_cast<long>(bars_count); }
};
Window window_of(Query::Range range, System now);
std::chrono::milliseconds length_of(Query::Range range);
std::string_view title_of(Query::Range range);  // `Last 24 h, 16 min a bar`
std::string_view words_of(Query::Range range);  // `24 h`
std::string_view query_of(Query::Range range);  // `24h`

// One component's, or one group's, in that window.
class History {
  public:
    History() = default;
    // Of one component.
    History(const Past& past, const Window& window);

    // For a group: each bar shows the worst of its components, the uptime is that of all together.
    void add(const History& other);

    bool known() const noexcept { return known_; }
    // Only ok, as far back as the bars reach.
    bool wholly_ok() const noexcept { return whole_ok_; }
    const Account& total() const noexcept { return total_; }

    // `<i class=h></i>`, or the drawing; a big one uses the whole width.
    void write(Markup& out, bool big = false, std::string_view before_label = {}) const;
    // `99.67 %`, with `of 96 %` below if nobody looked for more than a hundredth of the time.
    void write_uptime(Markup& out) const;
    // `Not ok: failed 4 min, degraded 8 min`, or `ok throughout`.
    std::string said() const;

  private:
    struct Bar {
        Spent kind = Spent::ok;
        float share = 0;  // failed, of its time
        bool operator==(const Bar&) const = default;
    };
    bool known_ = false;
    bool whole_ok_ = false;
    std::array<Bar, bars_count> bars_{};
    Account total_{};
};

// The meaning of every pattern, below the bars.
void write_legend(Markup& out);
void write_public_legend(Markup& out);

// The last 90 minutes of response times; nothing if none are known.
void write_spark(Markup& out, const UsualTimes& usual);
// p50 as a line, p95 as an area. Empty if there was no run.
void write_chart(Markup& out, std::span<const ResponseStep> steps, std::string_view label);
// Rounds up to the end of a scale: 1, 2, 5, 8 times a power of ten.
std::chrono::microseconds scale_of(std::span<const ResponseStep> steps);

}  // namespace vitals::page
