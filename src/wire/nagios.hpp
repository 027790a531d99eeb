// The output of a monitoring plugin: one line of text, performance data after a bar, long text
// below. Pure. Format: Monitoring Plugins Development Guidelines ("Plugin Output for Nagios",
// "Threshold and Ranges"); the part about several lines is Nagios' plugin API.
#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vitals::wire {

// A threshold: `10` is 0..10, `10:` is 10 and more, `~:10` is 10 and less, `@` inverts it.
struct NagiosRange {
    double start = 0;
    double end = std::numeric_limits<double>::infinity();
    bool inside = false;  // written with `@`: values within alert, ends included
    // Whether a value breaks the threshold.
    bool alerts(double value) const noexcept;
    bool operator==(const NagiosRange&) const = default;
};

// Nothing when it is not a range, or when its start is above its end.
std::optional<NagiosRange> parse_nagios_range(std::string_view text);

// `'label'=value[UOM];[warn];[crit];[min];[max]`
struct PerfDatum {
    std::string label;
    double value = 0;  // as written: not scaled to a base unit
    std::string unit;  // s, ms, us, %, B, KB, MB, TB, c, or whatever the plugin wrote
    std::optional<NagiosRange> warning;
    std::optional<NagiosRange> critical;
    std::optional<double> least;
    std::optional<double> most;
    bool operator==(const PerfDatum&) const = default;
};

struct PluginOutput {
    std::string text;       // the first line up to the bar, trimmed; not sanitised
    std::string long_text;  // the further lines up to their bar
    std::vector<PerfDatum> perfdata;
    std::size_t skipped = 0;  // invalid performance data, or `U` (undetermined)
};

// Never fails: a plugin may print anything. Takes at most `limit` data.
PluginOutput parse_plugin_output(std::string_view output, std::size_t limit = 64);

// Their text for people: valid UTF-8 (invalid bytes become U+FFFD); escape sequences of a terminal
// are left out, other control characters become spaces, so that it is one line; trimmed, at most
// `limit` bytes, then `…`.
std::string printable(std::string_view text, std::size_t limit);

}  // namespace vitals::wire
