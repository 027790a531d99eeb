#include "endpoints/gathering.hpp"

#include <utility>

namespace vitals::endpoints {
namespace {
constexpr std::size_t most_kept = 32;  // views, and open questions to the history
constexpr std::chrono::seconds longest_kept{30};
}  // namespace

void Gathering::gather(const std::string& key, const page::Needs& needs, Steady now,
                       System now_system, std::chrono::milliseconds most_age, Then then) {
    if (const auto found = asked_.find(key); found != asked_.end()) {
        Asked& asked = *found->second;
        if (asked.open > 0) {
            asked.waiting.push_back(std::move(then));
            return;
        }
        if (now - asked.found->at <= most_age) {
            then(asked.found);
            return;
        }
    }
    const auto asked = std::make_shared<Asked>();
    asked->found->at = now;
    asked->found->gathered.names = needs.names;
    if (needs.names.empty() && !needs.responses && !needs.changes && !needs.incidents &&
        needs.incident.empty() && needs.happenings == 0) {
        then(asked->found);
        return;
    }
    forget_old(now);
    if (!needs.names.empty() && control_.usual)
        asked->found->gathered.usual = control_.usual(needs.names);
    if (asked_.size() >= most_kept && !asked_.contains(key)) {
        then(asked->found);
        return;
    }
    asked->waiting.push_back(std::move(then));
    asked_[key] = asked;
    ++asked->open;  // until all is asked for
    ask(asked, needs, now_system);
    close(*asked);
}

void Gathering::forget_old(Steady now) {
    std::erase_if(asked_, [&](const auto& each) {
        return each.second->open == 0 && now - each.second->found->at > longest_kept;
    });
    // The history may never answer.
    if (asked_.size() >= most_kept)
        std::erase_if(asked_, [](const auto& each) { return each.second->open == 0; });
}

// Results arrive on any thread and are stored on this one.
template <auto member, class Result>
std::function<void(Result)> Gathering::answer(const std::shared_ptr<Asked>& asked) {
    ++asked->open;
    return [post = loop_.post, asked](Result result) {
        post([asked, result = std::move(result)]() mutable {
            asked->found->gathered.*member = std::move(result);
            close(*asked);
        });
    };
}

void Gathering::close(Asked& asked) {
    if (--asked.open > 0) return;
    for (const Then& then : std::exchange(asked.waiting, {})) then(asked.found);
}

void Gathering::ask(const std::shared_ptr<Asked>& asked, const page::Needs& needs,
                    System now_system) {
    using page::Gathered;
    using Pasts = std::optional<std::vector<Past>>;
    using Steps = std::optional<std::vector<ResponseStep>>;
    using Changes = std::optional<std::vector<PastChange>>;
    using Incidents = std::optional<std::vector<Gathered::Incident>>;
    using Incident = std::optional<Gathered::Incident>;
    using Events = std::optional<std::vector<Happening>>;
    const People& people = control_.people;
    if (!needs.names.empty() && needs.back.count() > 0 && control_.pasts)
        control_.pasts(needs.names, needs.back, answer<&Gathered::pasts, Pasts>(asked));
    if (needs.responses && control_.responses)
        control_.responses(needs.responses->name, needs.responses->from, needs.responses->step,
                           needs.responses->count, answer<&Gathered::responses, Steps>(asked));
    if (needs.changes && control_.changes)
        control_.changes(needs.changes->name, now_system, needs.changes->limit,
                         answer<&Gathered::changes, Changes>(asked));
    if (needs.incidents && people.incidents)
        people.incidents(needs.incidents->component, UINT64_MAX, needs.incidents->limit,
                         answer<&Gathered::incidents, Incidents>(asked));
    if (!needs.incident.empty() && people.incident)
        people.incident(needs.incident, answer<&Gathered::incident, Incident>(asked));
    if (needs.happenings > 0 && people.happenings)
        people.happenings(now_system, needs.happenings,
                          answer<&Gathered::happenings, Events>(asked));
}

}  // namespace vitals::endpoints
