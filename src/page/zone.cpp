// On Howard Hinnant's date library and the system's zone data.
#include "page/zone.hpp"

#include <date/tz.h>

#include <stdexcept>
#include <string_view>

#include "model/clock.hpp"
#include "page/markup.hpp"

namespace vitals::page {

namespace {

const date::time_zone* find_zone(const std::string& name) {
    try {
        return date::locate_zone(name);
    } catch (const std::runtime_error&) {
        return nullptr;
    }
}

// How much of a moment `29 Nov 02:17:04` shows.
Moment moment_of(std::string_view shown, bool dated) {
    const auto colon = shown.find(':');
    if (colon == std::string_view::npos) return Moment::day;
    const bool seconds = shown.find(':', colon + 1) != std::string_view::npos;
    if (dated) return seconds ? Moment::day_second : Moment::day_minute;
    return seconds ? Moment::second : Moment::minute;
}

}  // namespace

std::string in_zone(std::string page, const std::string& zone) {
    constexpr std::string_view opening = "<time datetime=", closing = "</time>";
    constexpr std::size_t stamp_size = std::string_view("2026-11-29T02:17:04Z").size();
    const date::time_zone* const found = find_zone(zone);
    if (found == nullptr) return page;
    const std::string_view all = page;
    std::string out;
    out.reserve(page.size());
    std::size_t done = 0;
    for (;;) {
        const auto from = all.find(opening, done);
        if (from == std::string_view::npos) break;
        const auto text = all.find('>', from) + 1;
        const auto end = all.find(closing, text);
        if (text == 0 || end == std::string_view::npos) break;
        const auto at = parse_rfc3339(all.substr(from + opening.size(), stamp_size));
        out += all.substr(done, text - done);
        const std::string_view shown = all.substr(text, end - text);
        const bool dated = all.substr(from, text - from).find(" data-d") != std::string_view::npos;
        if (at)
            out += moment_text(System(found->to_local(std::chrono::floor<std::chrono::seconds>(*at))
                                          .time_since_epoch()),
                               moment_of(shown, dated));
        else
            out += shown;
        done = end;
    }
    return out += all.substr(done);
}

}  // namespace vitals::page
