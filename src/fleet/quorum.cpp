#include "fleet/quorum.hpp"

#include <fmt/format.h>

namespace vitals::fleet {

namespace {

std::string with(std::string text, const std::string& detail) {
    return detail.empty() ? text : text + ": " + detail;
}

std::string names_of(const std::vector<const Vote*>& votes) {
    std::string names;
    for (const Vote* vote : votes) names += (names.empty() ? "" : ", ") + vote->node;
    return names;
}

}  // namespace

Outcome judge_votes(std::size_t count, const std::vector<Vote>& votes) {
    std::vector<const Vote*> good, slow, bad, blind;
    for (const Vote& vote : votes)
        (vote.status == Status::ok         ? good
         : vote.status == Status::degraded ? slow
         : vote.status == Status::failed   ? bad
                                           : blind)
            .push_back(&vote);
    const std::size_t majority = count / 2 + 1, working = good.size() + slow.size();
    if (count == 1 && !votes.empty()) {
        const Vote& vote = votes.front();
        Outcome outcome;
        outcome.status = vote.status;
        outcome.detail = vote.detail;
        outcome.error_class = vote.error_class;
        outcome.error = vote.error;
        return outcome;
    }
    if (bad.size() >= majority) {
        Outcome outcome =
            failed(with(fmt::format("fails from {} of {} vantages", bad.size(), count),
                        bad.front()->detail),
                   bad.front()->error_class, bad.front()->error);
        return outcome;
    }
    if (!bad.empty() && working > 0) {
        Outcome outcome = degraded(
            with(fmt::format("fails from {} of {} vantages ({})", bad.size(), count, names_of(bad)),
                 bad.front()->detail));
        outcome.error_class = bad.front()->error_class;
        outcome.error = bad.front()->error;
        return outcome;
    }
    if (working >= majority && !slow.empty()) {
        Outcome outcome = degraded(with(
            fmt::format("degraded from {} of {} vantages ({})", slow.size(), count, names_of(slow)),
            slow.front()->detail));
        outcome.error = slow.front()->error;
        return outcome;
    }
    if (working >= majority) return ok(good.front()->detail);
    if (count == 1) return unknown("no node has told what it found");
    std::string text = fmt::format("{} of {} vantages told nothing that counts",
                                   count - std::min(count, working + bad.size()), count);
    if (!blind.empty()) text += fmt::format(" ({} could not look)", names_of(blind));
    return unknown(std::move(text));
}

}  // namespace vitals::fleet
