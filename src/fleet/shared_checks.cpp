#include "fleet/shared_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace vitals::fleet {

namespace {

using namespace std::chrono_literals;

constexpr auto again_after = 30s;      // a result, at the latest
constexpr std::size_t most_told = 32;  // of one component

std::uint64_t ms(Steady::duration duration) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(
        0, std::chrono::duration_cast<std::chrono::milliseconds>(duration).count()));
}

bool has_all(const std::vector<std::string>& labels, const std::vector<std::string>& wanted) {
    return std::ranges::all_of(wanted, [&](const std::string& label) {
        return std::ranges::find(labels, label) != labels.end();
    });
}

bool may_check(const Node& node, const SharedCheck& check, const Profiles& profiles) {
    return node.last.listens && has_all(node.last.labels, check.labels) &&
           profiles.has(node, check.name, check.definition);
}

}  // namespace

SharedChecks::SharedChecks(std::string node, std::uint64_t incarnation)
    : node_(std::move(node)), incarnation_(incarnation) {}

void SharedChecks::configure(const std::vector<SharedCheck>& checks) {
    auto before = std::exchange(checks_, {});
    for (const SharedCheck& check : checks) {
        const auto at = before.find(check.name);
        Check made = at != before.end() && at->second.shared.definition == check.definition
                         ? std::move(at->second)
                         : Check{};
        made.shared = check;
        checks_.insert_or_assign(check.name, std::move(made));
    }
    chosen_from_ = {};
}

bool SharedChecks::take(const Subject& subject, const Result& result, const Nodes& nodes,
                        Steady now) {
    const auto at = checks_.find(subject.name);
    if (at == checks_.end() || at->second.shared.definition != result.definition) return true;
    auto& told = at->second.told;
    const auto known = told.find(subject.node);
    if (known != told.end()) {
        if (known->second.incarnation == result.incarnation && result.seq <= known->second.seq)
            return false;
        // A message of a process that another one has replaced is late, whatever it says.
        const Node* node = nodes.find(subject.node);
        if (node != nullptr && result.incarnation != node->last.incarnation &&
            known->second.incarnation == node->last.incarnation)
            return false;
    } else if (told.size() >= most_told) {
        const auto oldest = std::ranges::min_element(
            told, {}, [](const auto& each) { return each.second.valid_until; });
        told.erase(oldest);
    }
    const auto ago = std::chrono::milliseconds(result.observed_ago_ms);
    told[subject.node] = {result.incarnation, result.seq, result, now - ago,
                          now - ago + std::chrono::milliseconds(result.valid_ms)};
    return true;
}

std::optional<Result> SharedChecks::found(const std::string& name, const Outcome& outcome,
                                          Status judged, Steady::duration valid_for, Steady now) {
    const auto at = checks_.find(name);
    if (at == checks_.end()) return std::nullopt;
    Check& check = at->second;
    Result result;
    result.incarnation = incarnation_;
    result.definition = check.shared.definition;
    result.status = judged;
    result.error_class = outcome.error_class;
    result.valid_ms = ms(valid_for);
    result.detail = outcome.detail;
    result.error = outcome.error;
    check.own = result;
    check.own_observed = check.own_sent = now;
    check.own_valid_until = now + valid_for;
    check.told[node_] = {incarnation_, 0, result, now, check.own_valid_until};
    return result;
}

void SharedChecks::turn(bool all, Steady now,
                        const std::function<void(const std::string& name, Result result)>& send) {
    for (auto& [name, check] : checks_) {
        if (!check.own || now >= check.own_valid_until) continue;
        if (!all && now - check.own_sent < again_after) continue;
        Result result = *check.own;
        result.observed_ago_ms = ms(now - check.own_observed);
        check.own_sent = now;
        send(name, std::move(result));
    }
}

const SharedChecks::Vantages& SharedChecks::choose(const Nodes& nodes,
                                                   const Profiles& profiles) const {
    const std::pair versions(nodes.version(), profiles.version());
    if (chosen_from_ == versions) return vantages_;
    chosen_from_ = versions;
    vantages_.clear();
    for (const auto& [name, check] : checks_) {
        std::vector<Candidate> candidates;
        for (const Node* node : nodes.alive())
            if (may_check(*node, check.shared, profiles))
                candidates.push_back({node->name, node->hash});
        vantages_[name] = first_of(name, candidates, check.shared.count);
    }
    return vantages_;
}

std::vector<std::string> SharedChecks::vantages(const std::string& name, const Nodes& nodes,
                                                const Profiles& profiles) const {
    const Vantages& all = choose(nodes, profiles);
    const auto at = all.find(name);
    return at == all.end() ? std::vector<std::string>() : at->second;
}

std::vector<std::string> SharedChecks::own(const Nodes& nodes, const Profiles& profiles) const {
    std::vector<std::string> own;
    for (const auto& [name, chosen] : choose(nodes, profiles))
        if (std::ranges::find(chosen, node_) != chosen.end()) own.push_back(name);
    return own;
}

SharedChecks::Judged SharedChecks::verdict(const std::string& name, const Nodes& nodes,
                                           const Profiles& profiles, Steady now) const {
    Judged judged;
    judged.valid_until = now + again_after;
    const auto at = checks_.find(name);
    if (at == checks_.end()) return judged;
    const Check& check = at->second;
    const std::vector<std::string> chosen = vantages(name, nodes, profiles);
    // The nodes that check it now count first; until they have reported, the former ones count.
    std::vector<const decltype(check.told)::value_type*> fresh;
    for (const auto& each : check.told)
        if (now <= each.second.valid_until && nodes.counts(each.first, each.second.incarnation))
            fresh.push_back(&each);
    const auto place = [&chosen](const auto* each) {
        return std::ranges::find(chosen, each->first) - chosen.begin();
    };
    std::ranges::sort(fresh, [&](const auto* a, const auto* b) {
        if (place(a) != place(b)) return place(a) < place(b);
        if (a->second.observed != b->second.observed)
            return a->second.observed > b->second.observed;
        return a->first < b->first;
    });
    if (fresh.size() > check.shared.count) fresh.resize(check.shared.count);
    for (const auto* each : fresh) {
        const Result& result = each->second.result;
        judged.votes.push_back(
            {each->first, result.status, result.detail, result.error_class, result.error});
        judged.valid_until = std::min(judged.valid_until, each->second.valid_until);
    }
    if (judged.votes.empty() && chosen.empty() && !nodes.alive().empty()) {
        judged.outcome =
            unknown(check.shared.labels.empty()
                        ? std::string("no node that is heard checks it")
                        : fmt::format("no node that is heard checks it and has the labels {}",
                                      fmt::join(check.shared.labels, ", ")));
        return judged;
    }
    judged.outcome = judge_votes(check.shared.count, judged.votes);
    return judged;
}

}  // namespace vitals::fleet
