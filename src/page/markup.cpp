#include "page/markup.hpp"

#include <algorithm>
#include <array>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "model/clock.hpp"
#include "text/amount.hpp"
#include "text/escape.hpp"

namespace vitals::page {

namespace {

constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// Years without four digits are not shown to people.
System sane(System at) {
    using namespace std::chrono;
    constexpr System least = sys_days{year{1970} / 1 / 1};
    constexpr System most = sys_days{year{2200} / 1 / 1};
    return std::clamp(at, least, most);
}

}  // namespace

std::uint64_t digest_of(std::string_view bytes, std::uint64_t seed) noexcept {
    for (const char byte : bytes) {
        seed ^= static_cast<unsigned char>(byte);
        seed *= 0x100000001b3ull;  // FNV-1a
    }
    return seed;
}

Markup& Markup::text(std::string_view text) {
    text::append_html(out_, text);
    return *this;
}

Markup& Markup::figure(std::string_view text) {
    const std::size_t from = out_.size();
    text::append_html(out_, text);
    forget(from);
    return *this;
}

std::string moment_text(System at, Moment moment) {
    using namespace std::chrono;
    const auto day = floor<days>(at);
    const year_month_day date{day};
    const hh_mm_ss clock{floor<seconds>(at - day)};
    std::string text;
    const bool dated = moment >= Moment::day_minute;
    if (dated)
        text = fmt::format("{:02} {}", unsigned{date.day()}, months[unsigned{date.month()} - 1]);
    if (moment != Moment::day)
        text += fmt::format("{}{:02}:{:02}", dated ? " " : "", clock.hours().count(),
                            clock.minutes().count());
    if (moment == Moment::second || moment == Moment::day_second)
        text += fmt::format(":{:02}", clock.seconds().count());
    return text;
}

Markup& Markup::time(System at, Moment moment) {
    at = sane(at);
    const std::string stamp = rfc3339(std::chrono::floor<std::chrono::seconds>(at));
    out_ += fmt::format("<time datetime={}{} title=\"{} {} UTC\">{}</time>", stamp,
                        moment >= Moment::day_minute ? " data-d" : "", stamp.substr(0, 10),
                        stamp.substr(11, 8), moment_text(at, moment));
    return *this;
}

Markup& Markup::since(System at, System now) {
    at = sane(at);
    out_ +=
        fmt::format("<span data-since={}>", rfc3339(std::chrono::floor<std::chrono::seconds>(at)));
    figure(long_span(std::chrono::duration_cast<std::chrono::milliseconds>(now - at)));
    out_ += "</span>";
    return *this;
}

std::uint64_t Markup::digest() const noexcept {
    std::uint64_t sum = digest_of({});
    std::size_t at = 0;
    const std::string_view all = out_;
    for (const auto& [from, to] : passing_) {
        if (from > at) sum = digest_of(all.substr(at, from - at), sum);
        at = std::max(at, to);
    }
    return digest_of(all.substr(std::min(at, all.size())), sum);
}

Markup& Markup::add(const Markup& other) {
    for (const auto& [from, to] : other.passing_)
        passing_.emplace_back(out_.size() + from, out_.size() + to);
    out_ += other.out_;
    return *this;
}

std::string long_span(std::chrono::milliseconds span) {
    const auto seconds =
        std::max<std::int64_t>(0, std::chrono::round<std::chrono::seconds>(span).count());
    if (seconds < 60) return fmt::format("{} s", seconds);
    if (seconds < 600)
        return seconds % 60 == 0 ? fmt::format("{} min", seconds / 60)
                                 : fmt::format("{} min {} s", seconds / 60, seconds % 60);
    if (seconds < 5400) return fmt::format("{} min", (seconds + 30) / 60);
    if (seconds < 172'800) return fmt::format("{} h {} min", seconds / 3600, seconds % 3600 / 60);
    return fmt::format("{} d", (seconds + 43'200) / 86'400);
}

std::string response_text(std::chrono::nanoseconds took) {
    return took.count() > 0 ? text::spoken_duration(took) : "\u2013";
}

}  // namespace vitals::page
