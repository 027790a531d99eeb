// The table for people.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <ctime>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cli/formats.hpp"
#include "cli/screen_text.hpp"
#include "text/amount.hpp"

namespace vitals::cli {
namespace {

constexpr std::size_t narrowest_detail = 24;
constexpr std::size_t status_width = 10;  // symbol, space, the longest word

struct Columns {
    std::size_t name = 4;
    std::size_t since = 0;  // 0: not shown, as the next two
    std::size_t time = 0;
    std::size_t age = 0;
    std::size_t detail = 0;  // where the text begins
    std::size_t text = 0;    // its width; 0: no limit
    bool below = false;      // too narrow: the text goes below its component
};

struct Line {
    const ComponentState* state = nullptr;
    Status status = Status::unknown;
    std::string name, since, time, age, text, phases;
};

std::string phases_of(const Outcome& outcome, const Terminal& terminal) {
    std::string text;
    for (const auto& phase : outcome.phases) {
        if (!text.empty()) text += terminal.unicode ? " · " : ", ";
        text += clean(phase.name) + ' ' + text::spoken_duration(phase.duration);
    }
    return text.empty() ? text : '(' + text + ')';
}

// "127.0.0.1:1: Connection refused" adds nothing to "connection refused" but the address.
std::string without_echo(std::string error, std::string_view detail) {
    const auto same = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
    if (detail.empty() || error.size() < detail.size() + 2) return error;
    const auto rest = error.size() - detail.size();
    if (!std::ranges::equal(std::string_view(error).substr(rest), detail, same)) return error;
    if (!std::string_view(error).substr(0, rest).ends_with(": ")) return error;
    error.resize(rest - 2);
    return error;
}

// Without its root cause, if that stands right above.
std::string text_of(const Snapshot& snapshot, const ComponentState& state, Steady now,
                    bool below_cause) {
    std::string text = clean(state.detail(now));
    const auto add = [&text](std::string_view separator, const std::string& more) {
        if (more.empty()) return;
        if (!text.empty()) text += separator;
        text += more;
    };
    const auto status = state.status(now);
    if (state.last != nullptr) {
        const auto& outcome = *state.last;
        if (!outcome.failed_phase.empty() && outcome.error_class == ErrorClass::timeout &&
            !text.contains(outcome.failed_phase)) {
            add(" ", "in " + clean(outcome.failed_phase));
        }
        if (const auto error = without_echo(clean(outcome.error), text); !text.contains(error)) {
            add(": ", error);
        }
    }
    if (const auto cause = snapshot.causes.find(state.name());
        !below_cause && cause != snapshot.causes.end()) {
        add(", ", "because of " + clean(cause->second));
    }
    if (status != Status::ok && !state.component->critical) add(" ", "(not critical)");
    return text;
}

Line line_of(const Snapshot& snapshot, const ComponentState& state, Steady now,
             const Terminal& terminal, TableColumns shown, bool consequence) {
    Line line{.state = &state, .status = state.status(now)};
    line.name = clean(state.name());
    if (consequence) line.name.insert(0, terminal.unicode ? "└ " : "` ");
    line.text = text_of(snapshot, state, now, consequence);
    if (shown.reported && state.since != System())
        line.since = local_time(state.since, snapshot.taken_at);
    if (state.last == nullptr) return line;
    if (state.last->duration.count() > 0) line.time = text::spoken_duration(state.last->duration);
    line.age = text::spoken_age(now - state.observed);
    if (shown.verbose || line.status != Status::ok) line.phases = phases_of(*state.last, terminal);
    return line;
}

// Components that are not ok before the others; consequences right below their cause.
std::vector<Line> lines_of(const Snapshot& snapshot, Steady now, const Terminal& terminal,
                           TableColumns shown) {
    // Components without a cause; a cause that is not shown has no consequences here.
    std::set<std::string_view> roots;
    for (const auto& state : snapshot.components)
        if (!snapshot.causes.contains(state->name())) roots.insert(state->name());
    std::vector<const ComponentState*> others;
    std::map<std::string_view, std::vector<const ComponentState*>> consequences;
    for (const auto& state : snapshot.components) {
        const auto cause = snapshot.causes.find(state->name());
        if (cause != snapshot.causes.end() && roots.contains(cause->second))
            consequences[cause->second].push_back(state.get());
        else
            others.push_back(state.get());
    }
    std::vector<Line> lines;
    const auto add = [&](const ComponentState* state) {
        lines.push_back(line_of(snapshot, *state, now, terminal, shown, false));
        const auto below = consequences.find(state->name());
        if (below == consequences.end()) return;
        for (const auto* each : below->second)
            lines.push_back(line_of(snapshot, *each, now, terminal, shown, true));
    };
    for (const auto* state : others)
        if (consequences.contains(state->name())) add(state);
    for (const auto status : {Status::failed, Status::unknown, Status::degraded, Status::ok})
        for (const auto* state : others)
            if (state->status(now) == status && !consequences.contains(state->name())) add(state);
    return lines;
}

// URLs are long names. They may take half of a wide terminal, and any width in a file.
std::size_t widest_name(const Terminal& terminal) {
    return terminal.width == 0 ? std::string::npos : std::max<std::size_t>(40, terminal.width / 2);
}

Columns layout(const std::vector<Line>& lines, const Terminal& terminal, TableColumns shown) {
    Columns made;
    const bool dated =
        std::ranges::any_of(lines, [](const Line& line) { return !line.since.empty(); });
    if (dated) made.since = std::string_view("SINCE").size();
    if (shown.reported) made.age = std::string_view("AGE").size();
    if (!shown.reported || shown.verbose) made.time = std::string_view("TIME").size();
    for (const auto& line : lines) {
        made.name = std::max(made.name, std::min(columns(line.name), widest_name(terminal)));
        if (made.since > 0) made.since = std::max(made.since, columns(line.since));
        if (made.time > 0) made.time = std::max(made.time, columns(line.time));
        if (made.age > 0) made.age = std::max(made.age, columns(line.age));
    }
    made.detail = status_width + 2 + made.name + 2;
    for (const auto width : {made.since, made.time, made.age})
        if (width > 0) made.detail += width + 2;
    if (terminal.width == 0) return made;
    // A narrow screen leaves out columns, the age first.
    for (auto* optional : {&made.age, &made.since}) {
        if (*optional == 0 || made.detail - 2 <= terminal.width) continue;
        made.detail -= *optional + 2;
        *optional = 0;
    }
    made.below = made.detail + narrowest_detail > terminal.width;
    if (made.below) made.detail = 4;
    made.text = terminal.width > made.detail ? terminal.width - made.detail : 1;
    return made;
}

// The text and its phases, as lines of the detail column.
std::vector<std::string> detail_lines(const Line& line, const Columns& layout,
                                      const Terminal& terminal) {
    auto lines = wrap(line.text, layout.text);
    if (line.phases.empty()) return lines;
    const auto used = columns(lines.back());
    if (layout.text == 0 || used + 2 + columns(line.phases) <= layout.text) {
        if (used > 0) lines.back() += "  ";
        lines.back() += paint(terminal, Paint::faint, line.phases);
        return lines;
    }
    if (used == 0) lines.pop_back();
    for (const auto& part : wrap(line.phases, layout.text)) {
        lines.push_back(paint(terminal, Paint::faint, part));
    }
    return lines;
}

void without_trailing_spaces(std::string& text) {
    text.erase(text.find_last_not_of(' ') + 1);
}

std::string head(const Columns& layout, const Terminal& terminal) {
    std::string text = pad_right("STATUS", status_width) + "  " + pad_right("NAME", layout.name);
    if (layout.since > 0) text += "  " + pad_left("SINCE", layout.since);
    if (layout.time > 0) text += "  " + pad_left("TIME", layout.time);
    if (layout.age > 0) text += "  " + pad_left("AGE", layout.age);
    if (!layout.below) text += "  DETAIL";
    return paint(terminal, Paint::faint, text) + '\n';
}

std::string row(const Line& line, const Columns& layout, const Terminal& terminal) {
    std::string text =
        paint(terminal, paint_of(line.status),
              pad_right(fmt::format("{} {}", symbol(terminal, line.status), to_string(line.status)),
                        status_width));
    text += "  " + paint(terminal, Paint::strong, line.name);
    const auto name = columns(line.name);
    if (name < layout.name) text += std::string(layout.name - name, ' ');
    if (layout.since > 0) text += "  " + pad_left(line.since, layout.since);
    if (layout.time > 0) text += "  " + pad_left(line.time, layout.time);
    if (layout.age > 0) text += "  " + pad_left(line.age, layout.age);
    const auto details = detail_lines(line, layout, terminal);
    const std::string indent(layout.detail, ' ');
    // A name wider than its column moves only its own text to the next line.
    bool same_line = !layout.below && (layout.text == 0 || name <= layout.name);
    for (const auto& detail : details) {
        if (same_line) {
            text += "  ";
        } else {
            if (detail.empty()) continue;
            without_trailing_spaces(text);
            text += '\n' + indent;
        }
        text += detail;
        same_line = false;
    }
    without_trailing_spaces(text);
    return text + '\n';
}

std::string summary(const Snapshot& snapshot, Steady now, const Terminal& terminal) {
    std::array<std::size_t, 4> counts{};
    for (const auto& state : snapshot.components) {
        ++counts[static_cast<std::size_t>(state->status(now))];
    }
    std::string parts;
    for (const auto status : {Status::failed, Status::unknown, Status::degraded, Status::ok}) {
        const auto count = counts[static_cast<std::size_t>(status)];
        if (count == 0) continue;
        if (!parts.empty()) parts += ", ";
        parts += fmt::format("{} {}", count, to_string(status));
    }
    const auto total = snapshot.components.size();
    const auto status = overall(snapshot, now);
    if (nothing_watched(snapshot)) {
        return fmt::format("{}: nothing is watched\n",
                           paint(terminal, paint_of(status), to_string(status)));
    }
    return fmt::format("{}: {}: {}\n", paint(terminal, paint_of(status), to_string(status)),
                       text::counted(total, "component"), parts);
}

// The rows; ok components are left out if there is not enough room.
std::string rows(const std::vector<Line>& lines, const Columns& layout, const Terminal& terminal,
                 std::size_t room) {
    std::vector<std::string> texts;
    std::size_t height = 0;
    for (const auto& line : lines) {
        texts.push_back(row(line, layout, terminal));
        height += static_cast<std::size_t>(std::ranges::count(texts.back(), '\n'));
    }
    std::size_t dropped = 0;
    for (auto at = lines.size(); at-- > 0 && height + (dropped > 0 ? 1 : 0) > room;) {
        if (lines[at].status != Status::ok) continue;
        height -= static_cast<std::size_t>(std::ranges::count(texts[at], '\n'));
        texts[at].clear();
        ++dropped;
    }
    std::string text;
    for (const auto& one : texts) text += one;
    if (dropped > 0)
        text += fmt::format("  and {} more that {} ok\n", dropped, dropped == 1 ? "is" : "are");
    return text;
}

}  // namespace

bool nothing_watched(const Snapshot& snapshot) {
    return std::ranges::all_of(snapshot.components,
                               [](const auto& state) { return state->component->own; });
}

Status overall(const Snapshot& snapshot, Steady now) {
    std::vector<const ComponentState*> states;
    states.reserve(snapshot.components.size());
    for (const auto& state : snapshot.components) states.push_back(state.get());
    return aggregate(states, now);
}

std::string local_time(System time, System now) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
    std::tm parts{};
    ::localtime_r(&seconds, &parts);
    const auto away = std::chrono::abs(now - time);
    const char* const format = away < std::chrono::days(1)     ? "%H:%M:%S"
                               : away < std::chrono::days(300) ? "%b %e"
                                                               : "%Y-%m";
    std::array<char, 32> text{};
    const auto length = std::strftime(text.data(), text.size(), format, &parts);
    return {text.data(), length};
}

std::string as_table(const Snapshot& snapshot, Steady now, const Terminal& terminal,
                     TableColumns shown) {
    std::string text;
    if (snapshot.decommission.active()) {
        const auto why = snapshot.decommission.draining
                             ? std::string("draining: about to stop")
                             : "decommissioned: " + clean(snapshot.decommission.text);
        text += paint(terminal, Paint::yellow, why) + '\n';
    }
    const auto lines = lines_of(snapshot, now, terminal, shown);
    if (lines.empty()) return text + "no components\n";
    const auto shape = layout(lines, terminal, shown);
    // Lines beside the rows: the head, the summary, a line above or below, and that of the cursor.
    const auto room = terminal.height > 5 ? terminal.height - 4 : SIZE_MAX;
    text += head(shape, terminal) + rows(lines, shape, terminal, room);
    if (snapshot.components.size() > 1) text += summary(snapshot, now, terminal);
    return text;
}

}  // namespace vitals::cli
