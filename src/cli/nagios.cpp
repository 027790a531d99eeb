// The output of a monitoring plugin. Performance data follow the first `|`, so no text may hold
// one. A label is quoted if necessary, and a quote in it is doubled.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "cli/formats.hpp"
#include "cli/screen_text.hpp"
#include "model/per_status.hpp"
#include "model/severity.hpp"
#include "text/masked.hpp"
#include "text/utf8.hpp"

namespace vitals::cli {
namespace {

constexpr std::size_t most_named = 10;  // in the first line, which pagers show
// The limit of the first line, with its end: NRPE 2 takes no more, and cuts without a sign.
constexpr std::size_t longest_line = 1024;

constexpr PerStatus<std::string_view> nagios_word{"OK", "WARNING", "CRITICAL", "UNKNOWN"};

// How many components have a status: "1/12 failing".
constexpr PerStatus<std::string_view> participle{"ok", "degraded", "failing", "unknown"};

std::string without_bar(std::string_view text) {
    std::string result = clean(text);
    for (auto& character : result) {
        if (character == '|') character = '/';
    }
    return result;
}

// A line that fits, cut between two characters if necessary.
std::string fitting(std::string text) {
    constexpr std::string_view ellipsis = "…";
    if (text.size() < longest_line) return text;
    return std::string(text::cut_utf8(text, longest_line - 1 - ellipsis.size())).append(ellipsis);
}

std::string quoted_label(std::string_view text) {
    const auto label = without_bar(text);
    if (label.find_first_of(" ='") == std::string::npos) return label;
    std::string quoted = "'";
    for (const char character : label) {
        if (character == '\'') quoted += '\'';
        quoted += character;
    }
    return quoted + '\'';
}

std::string described(const ComponentState& state, Steady now) {
    const auto detail = without_bar(state.detail(now));
    auto text = without_bar(state.name());
    if (!detail.empty()) text += " (" + detail + ')';
    return text;
}

// "1/12 failing: redis (connection refused); 2/12 degraded: disk (86 %), memory (91 %)"
std::string groups(const Snapshot& snapshot, Steady now) {
    std::string text;
    for (const Status status : worst_first) {
        std::vector<const ComponentState*> members;
        for (const auto& state : snapshot.components) {
            if (state->status(now) == status) members.push_back(state.get());
        }
        if (members.empty()) continue;
        if (!text.empty()) text += "; ";
        text += fmt::format("{}/{} {}: ", members.size(), snapshot.components.size(),
                            participle(status));
        for (std::size_t at = 0; at < members.size() && at < most_named; ++at) {
            if (at > 0) text += ", ";
            text += described(*members[at], now);
        }
        if (members.size() > most_named) {
            text += fmt::format(" and {} more", members.size() - most_named);
        }
    }
    if (!text.empty()) return text;
    return fmt::format("{0}/{0} ok", snapshot.components.size());
}

std::string seconds(std::chrono::nanoseconds duration) {
    auto text = fmt::format("{:.6f}", static_cast<double>(duration.count()) / 1e9);
    while (text.ends_with('0') && text.size() - text.find('.') > 4) text.pop_back();
    return text + 's';
}

std::string performance(const Snapshot& snapshot, Steady now) {
    std::string text;
    std::size_t failing = 0;
    for (const auto& state : snapshot.components) {
        if (state->status(now) == Status::failed) ++failing;
        // A time that was not measured just now would draw a wrong line.
        if (state->last == nullptr || state->last->duration.count() == 0 || state->stale(now)) {
            continue;
        }
        text +=
            quoted_label(state->name() + "_time") + '=' + seconds(state->last->duration) + ";;;0 ";
    }
    return text + fmt::format("failed={};;;0;{}", failing, snapshot.components.size());
}

}  // namespace

std::string as_nagios(const Snapshot& snapshot, Steady now, std::span<const std::string> notes) {
    const auto whole = overall(snapshot, now);
    if (nothing_watched(snapshot) && whole == Status::unknown) {
        return nagios_unknown(snapshot.components.empty() ? "no components: nothing was checked"
                                                          : "nothing is watched");
    }
    auto first = fmt::format("VITALS {} - {}", nagios_word(whole), groups(snapshot, now));
    if (snapshot.decommission.active()) {
        first += snapshot.decommission.draining
                     ? "; draining"
                     : "; decommissioned: " + without_bar(snapshot.decommission.text);
    }
    const auto data = " | " + performance(snapshot, now) + '\n';
    const bool fits = first.size() + data.size() <= longest_line;
    auto text = fits ? first + data : fitting(first) + '\n';
    for (const Status status : worst_first) {
        for (const auto& state : snapshot.components) {
            if (state->status(now) != status) continue;
            text += fmt::format("{}: {}\n", to_string(status), described(*state, now));
        }
    }
    for (const auto& note : notes) text += without_bar(note) + '\n';
    if (!fits) text += "performance data" + data;
    return text;
}

std::string nagios_unknown(std::string_view why) {
    const std::string shown = text::masked(why);
    why = shown;
    const auto end = std::min(why.find('\n'), why.size());
    auto text = fitting("VITALS UNKNOWN - " + without_bar(text::masked(why.substr(0, end)))) + '\n';
    for (auto rest = why.substr(end); !rest.empty();) {
        rest.remove_prefix(1);
        const auto line = rest.substr(0, rest.find('\n'));
        if (!line.empty()) text += without_bar(text::masked(line)) + '\n';
        rest.remove_prefix(line.size());
    }
    return text;
}

}  // namespace vitals::cli
