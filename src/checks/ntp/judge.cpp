#include "judge.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "text/amount.hpp"

namespace vitals::checks::ntp {

namespace {

using std::chrono::nanoseconds;

constexpr nanoseconds most_distance = std::chrono::seconds(3);  // RFC 5905 takes 1 s
constexpr int not_synchronised = 16;                            // stratum
constexpr int unknown_leap = 3;

nanoseconds away(nanoseconds span) {
    return span < nanoseconds(0) ? -span : span;
}

// The largest group of clocks that may all be right: each has an offset within the bounds of the
// others.
std::vector<Heard> agreeing(const std::vector<Heard>& usable) {
    std::vector<Heard> best;
    for (const Heard& centre : usable) {
        std::vector<Heard> group;
        for (const Heard& each : usable)
            if (away(each.offset - centre.offset) <= each.error + centre.error)
                group.push_back(each);
        if (group.size() > best.size()) best = std::move(group);
    }
    std::ranges::sort(best, {}, &Heard::offset);
    return best;
}

std::string report(const std::vector<Heard>& all) {
    std::string text;
    for (const Heard& each : all) {
        text += (text.empty() ? "" : "; ") + each.address + ": ";
        if (each.what == Heard::What::time)
            text += fmt::format("{} ms off, by at most {} ms, stratum {}",
                                static_cast<double>(each.offset.count()) / 1e6,
                                static_cast<double>(each.error.count()) / 1e6, each.stratum);
        else
            text += each.problem;
    }
    return text;
}

std::size_t count(const std::vector<Heard>& all, Heard::What what) {
    return static_cast<std::size_t>(std::ranges::count(all, what, &Heard::what));
}

// If no server told the time.
Outcome without_time(const std::vector<Heard>& all) {
    if (count(all, Heard::What::asks_for_less) > 0)
        return unknown("the server asks for fewer questions", report(all));
    if (count(all, Heard::What::refuses) > 0)
        return unknown("the server refuses to serve this machine", report(all));
    if (count(all, Heard::What::not_synchronised) > 0)
        return failed(all.size() == 1 ? "the server's own clock is not synchronised"
                                      : "no server's own clock is synchronised",
                      ErrorClass::assertion, report(all));
    if (count(all, Heard::What::strange) > 0)
        return failed("answers something else than NTP", ErrorClass::protocol, report(all));
    const auto unreachable = std::ranges::find(all, Heard::What::unreachable, &Heard::what);
    if (unreachable != all.end())
        return failed(unreachable->problem, ErrorClass::connect, report(all));
    return failed("no answer", ErrorClass::timeout, report(all));
}

}  // namespace

Heard heard(std::string address, const wire::ntp::Answer& answer, System asked, System came) {
    Heard made{.address = std::move(address), .stratum = answer.stratum, .leap = answer.leap};
    if (answer.stratum == 0 && answer.reference == "RATE") {
        made.what = Heard::What::asks_for_less;
        made.problem = "kiss RATE";
        return made;
    }
    if (answer.stratum == 0 && (answer.reference == "DENY" || answer.reference == "RSTR")) {
        made.what = Heard::What::refuses;
        made.problem = "kiss " + answer.reference;
        return made;
    }
    const nanoseconds distance = answer.root_delay / 2 + answer.root_dispersion;
    if (answer.leap == unknown_leap || answer.stratum == 0 || answer.stratum >= not_synchronised ||
        distance > most_distance) {
        made.what = Heard::What::not_synchronised;
        made.problem =
            fmt::format("not synchronised: leap {}, stratum {}", answer.leap, answer.stratum);
        return made;
    }
    const nanoseconds there = answer.received - asked;
    const nanoseconds back = answer.sent - came;
    const nanoseconds delay = (came - asked) - (answer.sent - answer.received);
    made.what = Heard::What::time;
    made.offset = (there + back) / 2;
    made.error = std::max(delay, nanoseconds(0)) / 2 + distance;
    return made;
}

Outcome judge(const Options& options, const std::vector<Heard>& all) {
    std::vector<Heard> usable;
    for (const Heard& each : all)
        if (each.what == Heard::What::time) usable.push_back(each);
    if (usable.empty()) return without_time(all);
    const std::vector<Heard> group = agreeing(usable);
    if (usable.size() > 1 && group.size() < 2)
        return unknown("the servers do not agree", report(all));
    const Heard& middle = group[group.size() / 2];
    const nanoseconds off = away(middle.offset);
    const std::string text = fmt::format("clock is {} {}", text::spoken_duration(off),
                                         middle.offset > nanoseconds(0) ? "behind" : "ahead");
    // Nothing is known more exactly than to the bounds of the error.
    const bool certain = off > middle.error;
    Outcome outcome = ok(text);
    if (certain && off > options.failed_above)
        outcome = failed(text, ErrorClass::assertion, report(all));
    else if (certain && off > options.degraded_above)
        outcome = degraded(text);
    outcome.with("offset_seconds", std::chrono::duration<double>(middle.offset).count())
        .with("error_seconds", std::chrono::duration<double>(middle.error).count())
        .with("stratum", static_cast<std::int64_t>(middle.stratum))
        .with("servers", static_cast<std::int64_t>(group.size()));
    if (middle.leap != 0)
        outcome.with("leap_second", std::string(middle.leap == 1 ? "added" : "removed"));
    return outcome;
}

}  // namespace vitals::checks::ntp
