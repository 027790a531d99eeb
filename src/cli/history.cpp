// vitals history: the past of a component, from the daemon's history.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "cli/daemon_client.hpp"
#include "cli/exit_code.hpp"
#include "cli/screen_text.hpp"
#include "cli/subcommand.hpp"
#include "model/clock.hpp"
#include "text/amount.hpp"
#include "text/csv.hpp"
#include "text/percent.hpp"

namespace vitals::cli {
namespace {

struct ShowHistory {
    std::string name;
    std::string range = "24h";
    std::string format = "table";
    DaemonOptions daemon;
};

namespace json = boost::json;
using Wrong = std::unexpected<std::string>;

constexpr std::string_view not_vitals = "the answer is not a history";

std::string text_of(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

double number_of(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_number() ? value->to_number<double>() : 0;
}

// The objects of the array of that name; nothing if there is none.
std::optional<std::vector<json::object>> rows_of(const json::value& body, std::string_view name) {
    const json::value* rows = body.is_object() ? body.get_object().if_contains(name) : nullptr;
    if (rows == nullptr || !rows->is_array()) return std::nullopt;
    std::vector<json::object> made;
    for (const json::value& row : rows->get_array()) {
        if (!row.is_object()) return std::nullopt;
        made.push_back(row.get_object());
    }
    return made;
}

json::value parsed(std::string_view body) {
    json::error_code error;
    json::value value = json::parse(body, error);
    return error ? json::value() : value;
}

std::string spoken(double seconds) {
    return text::spoken_age(std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9)));
}

struct Look {
    std::string_view word, unicode, ascii;
    Paint paint;
};
// Never by colour alone: each state has its own sign.
constexpr Look looks[] = {
    {"ok", "▂", "_", Paint::green},       {"degraded", "▅", "!", Paint::yellow},
    {"failed", "█", "x", Paint::red},     {"unknown", "▒", "?", Paint::magenta},
    {"blind", "·", ".", Paint::magenta},  {"maintenance", "m", "m", Paint::faint},
    {"unwatched", " ", " ", Paint::plain}};

const Look& look_of(std::string_view word) {
    const auto* found =
        std::ranges::find_if(looks, [word](const Look& each) { return each.word == word; });
    return found == std::end(looks) ? looks[3] : *found;
}

std::string sign(const Terminal& terminal, std::string_view word) {
    const Look& look = look_of(word);
    return paint(terminal, look.paint, terminal.unicode ? look.unicode : look.ascii);
}

// One sign for each step; steps that are not listed are ok throughout.
std::expected<std::string, std::string> bars(const json::value& body, const Terminal& terminal) {
    const auto buckets = rows_of(body, "buckets");
    const double step = buckets ? number_of(body.get_object(), "step") : 0;
    const double steps = buckets ? number_of(body.get_object(), "steps") : 0;
    const auto from = buckets ? parse_rfc3339(text_of(body.get_object(), "from")) : std::nullopt;
    if (!from || step <= 0 || steps < 1 || steps > 1'000) return Wrong(not_vitals);
    std::vector<std::string> words(static_cast<std::size_t>(steps), "ok");
    for (const json::object& bucket : *buckets) {
        const auto at = parse_rfc3339(text_of(bucket, "at"));
        if (!at) return Wrong(not_vitals);
        const double index = std::round(std::chrono::duration<double>(*at - *from).count() / step);
        if (index >= 0 && index < steps)
            words[static_cast<std::size_t>(index)] = text_of(bucket, "worst");
    }
    const std::size_t width =
        terminal.width == 0 ? words.size() : std::max<std::size_t>(terminal.width, 30);
    std::string line;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0 && i % width == 0) line += '\n';
        line += sign(terminal, words[i]);
    }
    return line + '\n';
}

std::string short_time(double seconds) {
    if (seconds < 0.1) return fmt::format("{:.1f} ms", seconds * 1e3);
    if (seconds < 1) return fmt::format("{:.0f} ms", seconds * 1e3);
    return fmt::format("{:.1f} s", seconds);
}

// One sign for each step, as high as its median, and a legend; empty if nothing was measured.
std::expected<std::string, std::string> response_times(const json::value& body,
                                                       const Terminal& terminal) {
    constexpr std::string_view unicode[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    constexpr std::string_view ascii[] = {"1", "2", "3", "4", "5", "6", "7", "8"};
    const auto rows = rows_of(body, "responses");
    if (!rows || rows->empty()) return std::string();
    const double step = number_of(body.get_object(), "step");
    const double steps = number_of(body.get_object(), "steps");
    const auto from = parse_rfc3339(text_of(body.get_object(), "from"));
    if (!from || step <= 0 || steps < 1 || steps > 1'000) return Wrong(not_vitals);
    const auto p50 = [](const json::object& row) { return number_of(row, "p50"); };
    const auto [least, most] = std::ranges::minmax(*rows, {}, p50);
    double slowest = 0;
    std::vector<std::string_view> signs(static_cast<std::size_t>(steps), " ");
    for (const json::object& row : *rows) {
        slowest = std::max(slowest, number_of(row, "max"));
        const auto at = parse_rfc3339(text_of(row, "at"));
        if (!at) return Wrong(not_vitals);
        const double index = std::round(std::chrono::duration<double>(*at - *from).count() / step);
        if (index < 0 || index >= steps) continue;
        const double range = p50(most) - p50(least);
        const double part = range > 0 ? (p50(row) - p50(least)) / range : 0;
        const auto height = static_cast<std::size_t>(std::clamp(part, 0.0, 1.0) * 7);
        signs[static_cast<std::size_t>(index)] = terminal.unicode ? unicode[height] : ascii[height];
    }
    const std::size_t width =
        terminal.width == 0 ? signs.size() : std::max<std::size_t>(terminal.width, 30);
    std::string made;
    for (std::size_t i = 0; i < signs.size(); ++i) {
        if (i > 0 && i % width == 0) made += '\n';
        made += signs[i];
    }
    return fmt::format("{}\nresponse times: median {} to {}, slowest {}\n", made,
                       short_time(p50(least)), short_time(p50(most)), short_time(slowest));
}

std::string legend(const Terminal& terminal, const std::string& line) {
    std::string made;
    for (const Look& look : looks) {
        const std::string_view mark = terminal.unicode ? look.unicode : look.ascii;
        if (look.word == "unwatched" || line.find(mark) == std::string::npos) continue;
        if (!made.empty()) made += "   ";
        made += sign(terminal, look.word) + ' ' + std::string(look.word);
    }
    return made + '\n';
}

std::expected<std::string, std::string> windows(const json::value& body) {
    const auto rows = rows_of(body, "windows");
    if (!rows) return Wrong(not_vitals);
    std::string made;
    for (const json::object& row : *rows) {
        const json::value* coverage = row.if_contains("coverage");
        const bool whole =
            coverage == nullptr || !coverage->is_number() || coverage->to_number<double>() >= 0.99;
        made += fmt::format("{:>4}  {:>9}", text_of(row, "window"), text_of(row, "shown"));
        if (const double down = number_of(row, "down_seconds"); down > 0)
            made += fmt::format("  failed for {}", spoken(down));
        if (!whole)
            made += fmt::format("  looked at {:.0f} % of the time",
                                std::floor(coverage->to_number<double>() * 100));
        made += '\n';
    }
    return made;
}

std::expected<std::string, std::string> changes(const json::value& body, const Terminal& terminal) {
    const auto rows = rows_of(body, "transitions");
    if (!rows) return Wrong(not_vitals);
    std::string made;
    for (const json::object& row : *rows) {
        const std::string to = text_of(row, "to");
        std::string line = fmt::format("{}  {} {}", text_of(row, "first").substr(0, 19) + "Z",
                                       sign(terminal, to), pad_right(clean(to), 9));
        if (const std::string why = clean(text_of(row, "why")); !why.empty()) line += "  " + why;
        if (row.if_contains("lasted_seconds") != nullptr)
            line += fmt::format("  (after {} {})", spoken(number_of(row, "lasted_seconds")),
                                clean(text_of(row, "from")));
        made += (terminal.width > 0 ? cut(line, terminal.width, terminal.unicode) : line) + '\n';
    }
    return made;
}

// The bodies of the three answers, as one text for a person. The error says which one is wrong.
std::expected<std::string, std::string> history_table(std::string_view name,
                                                      std::string_view uptime,
                                                      std::string_view history,
                                                      std::string_view transitions,
                                                      const Terminal& terminal) {
    const auto figures = windows(parsed(uptime));
    const auto line = figures ? bars(parsed(history), terminal) : figures;
    const auto times = line ? response_times(parsed(history), terminal) : line;
    const auto list = times ? changes(parsed(transitions), terminal) : times;
    if (!list) return list;
    return fmt::format("{}\n{}\n{}{}\n{}{}", paint(terminal, Paint::strong, clean(name)), *figures,
                       *line, legend(terminal, *line), *times,
                       (times->empty() ? "" : "\n") + *list);
}

// The changes as lines of CSV (RFC 4180), oldest first, with a line of names.
std::expected<std::string, std::string> changes_csv(std::string_view transitions) {
    auto rows = rows_of(parsed(transitions), "transitions");
    if (!rows) return Wrong(not_vitals);
    std::ranges::reverse(*rows);
    std::string made = "first,decided,component,from,to,lasted_seconds,why\r\n";
    for (const json::object& row : *rows) {
        made += fmt::format("{},{},{},{},{},{},{}\r\n", text_of(row, "first"), text_of(row, "at"),
                            text::csv_field(text_of(row, "component")), text_of(row, "from"),
                            text_of(row, "to"),
                            row.if_contains("lasted_seconds") != nullptr
                                ? fmt::format("{}", number_of(row, "lasted_seconds"))
                                : "",
                            text::csv_field(text_of(row, "why")));
    }
    return made;
}

int run(const ShowHistory& command, const Terminal& terminal) {
    const auto daemon = Daemon::find(command.daemon);
    if (!daemon) return give_up("history", daemon.error(), Format::table);
    const std::string name = text::percent_encoded(command.name);
    const std::string paths[] = {
        "/v1/uptime/" + name,
        "/v1/history/" + name + "?response=1&range=" + text::percent_encoded(command.range),
        "/v1/transitions?limit=20&component=" + name};
    std::string bodies[3];
    for (std::size_t i = 0; i < 3; ++i) {
        auto answer = daemon->ask("GET", paths[i]);
        if (!answer) return give_up("history", answer.error(), Format::table);
        if (answer->status != 200)
            return give_up("history", daemon->refusal(*answer), Format::table);
        bodies[i] = std::move(answer->body);
    }
    std::expected<std::string, std::string> made;
    if (command.format == "csv")
        made = changes_csv(bodies[2]);
    else if (command.format == "json")
        made = fmt::format(R"({{"uptime":{},"history":{},"changes":{}}})"
                           "\n",
                           bodies[0], bodies[1], bodies[2]);
    else
        made = history_table(command.name, bodies[0], bodies[1], bodies[2], terminal);
    if (!made) {
        const Failure failure{exit_code::unreachable,
                              fmt::format("{}: {}", daemon->address().shown(), made.error())};
        return give_up("history", failure, Format::table);
    }
    return print(*made) ? exit_code::ok : exit_code::output;
}

void declare(Arguments& to, ShowHistory& command) {
    to.required("NAME", command.name, "The component.");
    to.option("--range", command.range, "DURATION",
              "How far back the bars go: 90m, 24h, 30d, 90d.");
    to.choice("--format", command.format, "table|json|csv",
              "With csv, the latest changes, one on each line.");
    to.daemon(command.daemon);
    to.colour();
}

}  // namespace

namespace subcommand {

extern const Subcommand history = make_subcommand<ShowHistory, declare, run>(
    "history",
    "Shows the past of a component: uptime, a bar for each step of time, response times, and the "
    "latest changes.",
    "  vitals history databases/main --range 30d\n");

}  // namespace subcommand

}  // namespace vitals::cli
