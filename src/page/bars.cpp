#include "page/bars.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace vitals::page {

using std::chrono::milliseconds;

namespace {

struct RangeWords {
    milliseconds length;
    std::string_view title, words, query;
};
constexpr std::array<RangeWords, 4> ranges = {
    RangeWords{std::chrono::minutes(90), "Last 90 min, 1 min a bar", "90 min", "90m"},
    RangeWords{std::chrono::hours(24), "Last 24 h, 16 min a bar", "24 h", "24h"},
    RangeWords{std::chrono::days(30), "Last 30 d, 8 h a bar", "30 d", "30d"},
    RangeWords{std::chrono::days(90), "Last 90 d, 1 d a bar", "90 d", "90d"},
};

const RangeWords& words_for(Query::Range range) {
    return ranges[static_cast<std::size_t>(range)];
}

// The letter of a pattern.
char pattern_of(Spent kind) {
    switch (kind) {
        case Spent::ok:
            return 'o';
        case Spent::degraded:
            return 'd';
        case Spent::failed:
            return 'f';
        case Spent::unknown:
            return 'u';
        case Spent::maintenance:
            return 'm';
        case Spent::blind:
        case Spent::unwatched:
            break;
    }
    return 'b';
}

// How bad a bar is, among the components of a group.
int weight_of(Spent kind) {
    switch (kind) {
        case Spent::failed:
            return 6;
        case Spent::unknown:
            return 5;
        case Spent::degraded:
            return 4;
        case Spent::blind:
            return 3;
        case Spent::maintenance:
            return 2;
        case Spent::ok:
            return 1;
        case Spent::unwatched:
            break;
    }
    return 0;
}

int height_of(Spent kind, float share, int whole) {
    const auto part = [whole](double of) { return static_cast<int>(std::lround(whole * of)); };
    switch (kind) {
        case Spent::failed:
            return share >= .1F ? whole : share >= .01F ? part(.8) : part(.65);
        case Spent::degraded:
        case Spent::unknown:
            return part(.75);
        default:
            return whole;  // the pattern itself is as low as it should be
    }
}

}  // namespace

milliseconds length_of(Query::Range range) {
    return words_for(range).length;
}
std::string_view title_of(Query::Range range) {
    return words_for(range).title;
}
std::string_view words_of(Query::Range range) {
    return words_for(range).words;
}
std::string_view query_of(Query::Range range) {
    return words_for(range).query;
}

Window window_of(Query::Range range, System now) {
    Window window{.step = length_of(range) / static_cast<long>(bars_count), .now = now};
    const auto since_epoch = std::chrono::floor<milliseconds>(now).time_since_epoch();
    const auto steps = since_epoch / window.step + 1;
    window.from = System(window.step * (steps - static_cast<long>(bars_count)));
    return window;
}

History::History(const Past& past, const Window& window) : known_(true) {
    const bool outside = std::ranges::none_of(
        past.blind, [&](const Stretch& each) { return each.to > window.from; });
    const bool never_leapt = std::ranges::none_of(
        past.skipped, [&](const Stretch& each) { return each.to > window.from; });
    if (past.spans.size() == 1 && past.spans.front().state == Spent::ok && outside && never_leapt &&
        past.planned.empty() && std::max(past.from, past.spans.front().start) <= window.from) {
        whole_ok_ = true;
        total_.spent[static_cast<std::size_t>(Spent::ok)] =
            std::chrono::duration_cast<milliseconds>(window.now - window.from);
        return;
    }
    const Watched watched = past.watched();
    // A state that lasts until now ends with the last bar.
    const System last = window.from + window.step * static_cast<long>(bars_count - 1);
    std::vector<Account> found = accounts(watched, window.from, window.step, bars_count - 1);
    found.push_back(account(watched, last, std::max(window.now, last)));
    whole_ok_ = true;
    for (std::size_t i = 0; i < bars_count; ++i) {
        const Account& each = found[i];
        bars_[i].kind = each.worst();
        bars_[i].share = static_cast<float>(each.of(Spent::failed).count()) /
                         static_cast<float>(window.step.count());
        if (bars_[i].kind != Spent::failed) bars_[i].share = 0;
        if (bars_[i].kind != Spent::ok) whole_ok_ = false;
        total_ += each;
    }
}

void History::add(const History& other) {
    if (!other.known_) return;
    if (!known_) {
        *this = other;
        return;
    }
    total_ += other.total_;
    if (other.whole_ok_) {
        for (Bar& bar : bars_)
            if (bar.kind == Spent::unwatched) bar = {};
        return;
    }
    whole_ok_ = false;
    for (std::size_t i = 0; i < bars_count; ++i) {
        const Bar& its = other.bars_[i];
        Bar& mine = bars_[i];
        if (weight_of(its.kind) > weight_of(mine.kind))
            mine = its;
        else if (its.kind == mine.kind)
            mine.share = std::max(mine.share, its.share);
    }
    whole_ok_ = std::ranges::all_of(bars_, [](const Bar& bar) { return bar.kind == Spent::ok; });
}

std::string History::said() const {
    std::string text;
    constexpr std::array<std::pair<Spent, std::string_view>, 6> order = {
        {{Spent::failed, "failed"},
         {Spent::degraded, "degraded"},
         {Spent::unknown, "unknown"},
         {Spent::maintenance, "maintenance"},
         {Spent::blind, "nobody looked"},
         {Spent::unwatched, "not watched"}}};
    for (const auto& [kind, word] : order) {
        const milliseconds spent = total_.of(kind);
        if (spent.count() <= 0) continue;
        text += fmt::format("{}{} {}", text.empty() ? "Not ok: " : ", ", word, long_span(spent));
    }
    return text.empty() ? "ok throughout" : text;
}

void History::write(Markup& out, bool big, std::string_view before_label) const {
    if (!known_) {
        out.raw("<span class=q2>\u2013</span>");
        return;
    }
    if (whole_ok_ && !big) {
        out.raw("<i class=h></i>");
        return;
    }
    const int width = big ? 10 : 3, tall = big ? 56 : 20;
    out.raw(big ? fmt::format("<svg viewBox=\"0 0 {} {}\" preserveAspectRatio=none class=big",
                              width * static_cast<int>(bars_count), tall)
                : std::string("<svg class=h"));
    out.raw(" role=img aria-label=\"").text(before_label);
    // The script does not count these; a part is not sent again for a minute more.
    out.figure(said());
    out.raw("\">");
    std::string ok, rest;
    for (std::size_t i = 0; i < bars_count;) {
        std::size_t end = i + 1;
        const int height = height_of(bars_[i].kind, bars_[i].share, tall);
        const char pattern = pattern_of(bars_[i].kind);
        while (end < bars_count && pattern_of(bars_[end].kind) == pattern &&
               height_of(bars_[end].kind, bars_[end].share, tall) == height)
            ++end;
        const auto path = fmt::format("M{} {}h{}v{}h-{}z", i * static_cast<std::size_t>(width),
                                      tall - height, (end - i) * static_cast<std::size_t>(width),
                                      height, (end - i) * static_cast<std::size_t>(width));
        if (pattern == 'o')
            ok += path;
        else
            rest += fmt::format("<path fill=url(#{}{}) d=\"{}\"/>", big ? 'P' : 'p', pattern, path);
        i = end;
    }
    if (!ok.empty()) out.raw(fmt::format("<path fill=url(#{}o) d=\"{}\"/>", big ? 'P' : 'p', ok));
    out.raw(rest).raw("</svg>");
}

void History::write_uptime(Markup& out) const {
    if (!known_) {
        out.raw("\u2013");
        return;
    }
    const std::size_t from = out.size();
    out.raw(percent_text(total_.uptime()));
    const auto coverage = total_.coverage();
    if (total_.uptime() && coverage && *coverage < .99)
        out.raw(fmt::format("<br><small>of {}&nbsp;%</small>",
                            static_cast<int>(std::floor(*coverage * 100))));
    out.forget(from);
}

namespace {

void write_legend_of(Markup& out, const std::array<std::string_view, 6>& words) {
    out.raw("<p class=leg>");
    for (std::size_t i = 0; i < words.size(); ++i) {
        const char pattern = "ofdumb"[i];
        out.raw(
            fmt::format("<span><svg aria-hidden=true><rect width=14 height=20 y={} "
                        "fill=url(#p{}) /></svg>{}</span>",
                        pattern == 'd' || pattern == 'u' ? 5 : 0, pattern, words[i]));
    }
    out.raw("</p>");
}

}  // namespace

void write_legend(Markup& out) {
    write_legend_of(out, {"ok", "failed, the taller the longer", "degraded", "unknown",
                          "maintenance", "nobody looked"});
}

void write_public_legend(Markup& out) {
    write_legend_of(out, {"working", "outage, the taller the longer", "slow", "not known",
                          "maintenance", "not measured"});
}

void write_spark(Markup& out, const UsualTimes& usual) {
    constexpr std::size_t points = 15;
    const std::size_t each = usual.spark.size() / points;
    if (each == 0) return;
    std::array<double, points> mean{}, most{};
    double top = 0;
    for (std::size_t i = 0; i < points; ++i) {
        double sum = 0;
        int runs = 0;
        for (std::size_t k = i * each; k < (i + 1) * each; ++k) {
            const auto value = static_cast<double>(usual.spark[k].count());
            if (value <= 0) continue;
            sum += value;
            ++runs;
            most[i] = std::max(most[i], value);
        }
        mean[i] = runs == 0 ? (i == 0 ? 0 : mean[i - 1]) : sum / runs;
        most[i] = std::max(most[i], mean[i]);
        top = std::max(top, most[i]);
    }
    if (top <= 0) return;
    const auto y = [top](double value) {
        return static_cast<int>(std::lround(17 - 16 * value / (top * 1.02)));
    };
    std::string line = fmt::format("M0 {}l", y(mean[0])),
                area = fmt::format("M0 18V{}l", y(most[0]));
    for (std::size_t i = 1; i < points; ++i) {
        line += fmt::format("{}4 {}", i == 1 ? "" : " ", y(mean[i]) - y(mean[i - 1]));
        area += fmt::format("{}4 {}", i == 1 ? "" : " ", y(most[i]) - y(most[i - 1]));
    }
    const std::size_t from = out.size();
    out.raw(
        fmt::format("<svg class=sp aria-hidden=true><path class=l9 d=\"{}V18z\"/><path "
                    "class=l5 d=\"{}\"/></svg>",
                    area, line));
    out.forget(from);
}

std::chrono::microseconds scale_of(std::span<const ResponseStep> steps) {
    std::int64_t most = 0;
    for (const ResponseStep& step : steps) most = std::max<std::int64_t>(most, step.p95.count());
    if (most <= 0) return std::chrono::microseconds(1000);
    double power = std::pow(10, std::floor(std::log10(static_cast<double>(most))));
    for (const double factor : {1.0, 2.0, 3.0, 5.0, 8.0, 10.0})
        if (power * factor >= static_cast<double>(most))
            return std::chrono::microseconds(std::llround(power * factor));
    return std::chrono::microseconds(most);
}

void write_chart(Markup& out, std::span<const ResponseStep> steps, std::string_view label) {
    const auto top = static_cast<double>(scale_of(steps).count());
    const auto y = [top](std::chrono::microseconds value) {
        return static_cast<int>(
            std::lround(179 - 178 * std::min(static_cast<double>(value.count()) / top, 1.0)));
    };
    const auto x = [&](std::size_t i) {
        return steps.size() < 2 ? 0 : static_cast<int>(i * 960 / (steps.size() - 1));
    };
    std::string lines, areas;
    for (std::size_t i = 0; i < steps.size();) {
        if (steps[i].runs == 0) {
            ++i;
            continue;
        }
        std::size_t end = i;
        while (end < steps.size() && steps[end].runs > 0) ++end;
        std::string there, back;
        for (std::size_t k = i; k < end; ++k) {
            there += fmt::format("{}{} {}", k == i ? "" : " ", x(k), y(steps[k].p95));
            lines += fmt::format("{}{} {}", k == i ? "M" : " ", x(k), y(steps[k].p50));
        }
        for (std::size_t k = end; k-- > i;) back += fmt::format(" {} {}", x(k), y(steps[k].p50));
        areas += "M" + there + back + "z";
        i = end;
    }
    out.raw("<svg class=ch viewBox=\"0 0 960 180\" preserveAspectRatio=none role=img aria-label=\"")
        .text(label)
        .raw("\"><path class=l9 d=\"")
        .raw(areas)
        .raw("\"/><path class=l5 d=\"")
        .raw(lines)
        .raw("\"/></svg>");
}

}  // namespace vitals::page
