// The first sentence of the page: what is down and why, never a count.
#include <algorithm>

#include <fmt/format.h>

#include "page/look.hpp"
#include "text/amount.hpp"
#include "text/escape.hpp"

namespace vitals::page {

namespace {

constexpr auto starting_for = std::chrono::minutes(1);

std::string with_reason(std::string_view words, std::string_view why) {
    return why.empty() ? std::string(words) : fmt::format("{}: {}", words, why);
}

// The text about a cause after its name.
std::string predicate(const Look& look, const Seen& cause) {
    const std::string why = look.why(cause);
    switch (cause.shape) {
        case Shape::failed:
            return with_reason(" is down", why);
        case Shape::degraded:
            return with_reason(" works, with limits", why);
        case Shape::blind:
            return with_reason(" cannot be looked at", why);
        default:
            return with_reason(" is not known", why);
    }
}

// If vitals could not look at many components for one reason, the problem is vitals itself.
const Seen* common_blindness(const Look& look) {
    const Seen* first = nullptr;
    std::size_t blind = 0;
    for (const Seen& seen : look.all) {
        if (!seen.wrong() || seen.shape == Shape::degraded) continue;
        if (seen.shape != Shape::blind) return nullptr;
        if (first == nullptr) first = &seen;
        if (look.why(seen) != look.why(*first)) return nullptr;
        ++blind;
    }
    return blind > 2 && blind * 2 > look.all.size() ? first : nullptr;
}

void tell_cause(const Look& look, Verdict& verdict) {
    const Seen& cause = *look.causes.front();
    verdict.kind = Verdict::Kind::wrong;
    verdict.cause = &cause;
    verdict.name = cause.name();
    verdict.since = cause.state->since;
    verdict.shape = cause.shape;
    verdict.symbol = symbol_of(cause.shape);
    const auto same = std::ranges::count_if(look.causes, [&](const Seen* one) {
        return one->shape == cause.shape && one->state->component->critical;
    });
    const std::size_t following = cause.consequences.size();
    std::string needing =
        following == 0   ? ""
        : following == 1 ? "1 component that needs it is not ok either"
                         : fmt::format("{} components that need it are not ok either", following);
    if (cause.shape == Shape::failed && same > 1) {
        verdict.headline = fmt::format(" is down, and {} more", same - 1);
        verdict.sentence = look.why(cause);
        if (!needing.empty()) verdict.sentence += (verdict.sentence.empty() ? "" : "; ") + needing;
    } else {
        verdict.headline = predicate(look, cause);
        verdict.sentence = needing;
    }
    if (!cause.state->component->critical) {
        // Not critical: the whole works. The shape says so, too.
        if (verdict.shape != Shape::degraded) verdict.shape = Shape::degraded;
        if (verdict.sentence.empty()) verdict.sentence = "It is not critical: the whole works";
    }
    if (verdict.sentence.empty())
        verdict.sentence = look.causes.size() > 1
                               ? "Nothing depends on it. More is wrong, see below"
                               : "Everything else is ok";
    constexpr std::string_view marks[] = {"\u2715", "?", "!", "?", "\u2713", "\u2713"};
    verdict.title = fmt::format("{} {}", marks[static_cast<std::size_t>(verdict.shape)],
                                with_reason(cause.name(), look.why(cause)));
    if (following > 0) verdict.title += fmt::format(" (+{})", following);
}

void tell_of_nothing(const Look& look, Verdict& verdict) {
    verdict.kind = Verdict::Kind::nothing;
    verdict.shape = Shape::unknown;
    verdict.symbol = 'u';
    verdict.headline = "Nothing is watched yet";
    const std::string& file = look.facts.configuration;
    verdict.sentence = look.facts.request.components != nullptr
                           ? "No component belongs to this page"
                           : fmt::format("Add components to {}, or run vitals init",
                                         file.empty() ? "the configuration" : file);
    verdict.title = "? Nothing is watched yet – " + look.title();
}

void tell_of_start(const Look& look, std::size_t known, Verdict& verdict) {
    verdict.kind = Verdict::Kind::starting;
    verdict.shape = Shape::unknown;
    verdict.symbol = 'u';
    verdict.headline =
        fmt::format("Looking for the first time: {} of {} known", known, look.watched.size());
    verdict.sentence = known == 0 ? "No result yet" : "All known ones are ok";
    verdict.since = look.at - std::chrono::duration_cast<System::duration>(
                                  look.now - look.facts.snapshot.started);
    verdict.title = "? Starting – " + look.title();
}

// Since when the whole has its state: the last change of any component.
System last_change(const Look& look) {
    System latest{};
    for (const Seen* seen : look.watched)
        if (seen->state->last != nullptr) latest = std::max(latest, seen->state->since);
    return latest;
}

void tell_of_well(const Look& look, Verdict& verdict) {
    verdict.headline = "Everything works";
    verdict.since = last_change(look);
    const Seen* planned = nullptr;
    for (const Seen* seen : look.watched)
        if (seen->shape == Shape::maintenance && planned == nullptr) planned = seen;
    const std::size_t count = look.count(Shape::maintenance);
    const std::size_t all = look.watched.size();
    if (count == 0)
        verdict.sentence =
            all == 1 ? "The one component is ok" : fmt::format("{0} of {0} components are ok", all);
    else if (count == 1)
        verdict.sentence = fmt::format("1 component is in maintenance: {}", planned->name());
    else
        verdict.sentence = fmt::format("{} components are in maintenance", count);
    verdict.title = "\u2713 " + look.title();
}

}  // namespace

Verdict verdict_of(const Look& look) {
    Verdict verdict;
    if (const auto why = dialects::out_of_service(look.facts.snapshot)) {
        verdict.kind = Verdict::Kind::out_of_service;
        verdict.shape = Shape::maintenance;
        verdict.symbol = 'z';
        verdict.headline = look.may_read || look.facts.snapshot.decommission.draining
                               ? "Out of service: " + *why
                               : "Out of service";
        const std::size_t ok = look.count(Shape::ok);
        verdict.sentence = fmt::format(
            "Readiness answers 503 so that no traffic comes. {} of {} ok, still measured", ok,
            look.watched.size());
        for (const auto& happening : look.facts.board.happenings) {
            if (happening->what != Happening::What::decommissioned) continue;
            verdict.since = happening->at;
            if (look.may_read && !happening->by.empty())
                verdict.sentence += ". By " + happening->by;
            break;
        }
        verdict.title = "\u2298 " + verdict.headline + " – " + look.title();
        return verdict;
    }
    if (look.watched.empty() && look.causes.empty()) {
        if (look.facts.request.embedded && look.facts.request.components == nullptr) {
            verdict.headline = "Everything works";
            verdict.sentence = "The service runs; it has registered no components";
            verdict.title = "\u2713 " + look.title();
        } else {
            tell_of_nothing(look, verdict);
        }
        return verdict;
    }
    const auto unrun = static_cast<std::size_t>(std::ranges::count_if(
        look.watched, [](const Seen* seen) { return seen->state->last == nullptr; }));
    const bool only_unrun = std::ranges::all_of(look.causes, [](const Seen* seen) {
        return seen->state->last == nullptr && seen->shape == Shape::unknown;
    });
    if (unrun > 0 && only_unrun && look.now - look.facts.snapshot.started < starting_for) {
        tell_of_start(look, look.watched.size() - unrun, verdict);
        return verdict;
    }
    if (const Seen* blind = common_blindness(look)) {
        verdict.kind = Verdict::Kind::blind;
        verdict.shape = Shape::blind;
        verdict.symbol = 'b';
        const std::string why = look.why(*blind);
        verdict.headline = with_reason("vitals cannot look", why);
        verdict.sentence = fmt::format("What follows is what it last saw; {} unknown",
                                       text::counted(look.count(Shape::blind), "component"));
        verdict.since = blind->state->since;
        verdict.title = "? " + verdict.headline;
        return verdict;
    }
    if (look.causes.empty())
        tell_of_well(look, verdict);
    else
        tell_cause(look, verdict);
    return verdict;
}

}  // namespace vitals::page
