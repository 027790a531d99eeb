// What the fleet is, shown as components: itself, its nodes, and groups of workers that span it.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "app/assemble.hpp"
#include "app/fleet_part.hpp"
#include "text/amount.hpp"
#include "text/words.hpp"

namespace vitals::app {

namespace {

using namespace std::chrono_literals;

constexpr auto renew_before = 3s;
constexpr auto first_contact = 8s;
constexpr std::string_view listens = "-";
constexpr std::size_t most_named = 5;
constexpr std::size_t most_shown = 1'000;  // nodes that are components
constexpr auto tell_every = 5s;            // who came and went

std::string some_of(const std::vector<std::string>& names) {
    const std::size_t named = std::min(names.size(), most_named);
    return fmt::format("{}{}",
                       fmt::join(names.begin(), names.begin() + static_cast<long>(named), ", "),
                       named < names.size() ? ", ..." : "");
}

bool in_trouble(const fleet::Node& node) {
    return node.collides || (node.silent && node.verdict == fleet::Node::Verdict::alone);
}

bool same(const Outcome& a, const Outcome& b) {
    return a.status == b.status && a.detail == b.detail && a.error == b.error &&
           a.error_class == b.error_class && a.properties == b.properties;
}

}  // namespace

std::vector<Component> FleetPart::components() const {
    std::vector<Component> components;
    if (!member_) return components;
    const auto add = [&components](std::string name, std::string kind) {
        Component component;
        component.name = std::move(name);
        component.kind = std::move(kind);
        component.critical = false;
        component.interval = show_every;
        component.timeout = validity - 2 * show_every;
        components.push_back(std::move(component));
    };
    add("fleet", "fleet");
    for (const std::string& name : shown_nodes_) add("nodes/" + name, "node");
    return components;
}

void FleetPart::show() {
    if (!member_) {
        // `vantage` came with a reload, and the fleet comes with a restart.
        for (const auto& [name, check] : checks_)
            engine_.report(name, unknown("the fleet begins with a restart of vitals"));
        return;
    }
    const Steady now = clock_.steady();
    shown_at_ = now;
    show_nodes(now);
    show_checks(now);
    show_workers(now);
    make_view(now);
}

void FleetPart::tell(const std::string& component, Outcome outcome, Steady valid_until) {
    const Steady now = clock_.steady();
    // It takes a moment to be heard for the first time: nothing is known, and nothing is wrong.
    if (!member_->contact() && now - began_ < first_contact) return;
    Shown& told = told_[component];
    const bool known = told.valid_until != Steady() && same(told.outcome, outcome);
    // What holds for long enough is left alone.
    if (known && told.valid_until == valid_until) return;
    if (known && told.valid_until <= valid_until && told.valid_until - now > renew_before) return;
    told = {outcome, valid_until};
    if (known && engine_.amend(component, outcome, valid_until)) return;
    engine_.report(component, std::move(outcome), valid_until);
}

std::string FleetPart::wall_of(Steady moment) const {
    const Steady now = clock_.steady();
    const System expected = wall_ + std::chrono::duration_cast<System::duration>(now - steady_);
    if (std::chrono::abs(clock_.system() - expected) > 1s) {
        wall_ = clock_.system();
        steady_ = now;
    }
    return rfc3339(wall_ - std::chrono::duration_cast<System::duration>(steady_ - moment));
}

Outcome FleetPart::no_contact() const {
    const auto contact = member_->contact();
    return unknown(contact ? "no contact with the fleet since " + wall_of(*contact)
                           : "no contact with the fleet yet",
                   link_ ? link_->status().problem : std::string());
}

Outcome FleetPart::judge_fleet(Steady now) const {
    if (!member_->in_contact(now)) return no_contact();
    const fleet::Nodes& nodes = member_->nodes();
    const bool hears_others = member_->settings().listens;
    if (const auto other = member_->namesake())
        return failed(
            fmt::format("another node calls itself {}; neither is believed",
                        member_->settings().node),
            ErrorClass::none,
            fmt::format("one is on host {}, one on host {}", member_->settings().host, *other));
    std::vector<std::string> silent, differ;
    for (const auto& [name, node] : nodes.all()) {
        if (node.silent) silent.push_back(name);
        // A node that does not listen checks nothing for others, so its configuration may differ.
        if (node.alive() && node.last.listens &&
            node.last.configuration != member_->configuration())
            differ.push_back(name);
    }
    const std::string problem = link_->status().problem;
    const std::size_t all = nodes.all().size();
    if (nodes.unheard_together() > 0)
        return failed(fmt::format("{} of {} nodes are unheard", silent.size(), all));
    if (nodes.refused() > 0)
        return degraded(
            all < fleet::Nodes::most
                ? fmt::format(
                      "more than {} nodes of the fleet listen; those that came last are not "
                      "heard, and should say 'listen: false'",
                      fleet::Nodes::most_listening)
                : fmt::format(
                      "the fleet has more than {} nodes; those that came last are not heard",
                      fleet::Nodes::most));
    std::string detail = hears_others
                             ? fmt::format("{} of {} nodes are heard", all - silent.size(), all)
                             : "it is heard by the others, and does not listen to them";
    if (!silent.empty()) detail += "; silent: " + some_of(silent);
    if (!differ.empty()) detail += "; another configuration: " + some_of(differ);
    if (!problem.empty()) {
        Outcome outcome = degraded("the servers of the fleet refuse something");
        outcome.error = problem;
        return outcome;
    }
    return ok(std::move(detail));
}

Outcome FleetPart::judge_node(const fleet::Node& node) const {
    using Verdict = fleet::Node::Verdict;
    // Hosts are for who may read.
    if (node.collides)
        return failed(
            "two nodes have this name; neither is believed", ErrorClass::none,
            fmt::format("one is on host {}, one on host {}", node.last.host, node.other_host));
    if (node.silent && node.verdict == Verdict::with_others)
        return unknown(fmt::format("unheard since {}, as many others", wall_of(node.heard_at)));
    if (node.silent && node.verdict == Verdict::alone)
        return failed(node.restored ? std::string("unheard since this vitals began")
                                    : "unheard since " + wall_of(node.heard_at),
                      ErrorClass::timeout);
    if (node.restored) return unknown("not heard yet");
    if (node.last.leaving) return ok("it ended");
    return ok(node.last.out_of_service ? "heard, out of service" : "heard");
}

// All of them in a fleet that a person can look through; of a larger one those that are, or were,
// in trouble. The others are in the view.
void FleetPart::choose_nodes() {
    const auto& nodes = member_->nodes().all();
    // Some fewer before it counts as small again, so that one node makes no difference.
    if (nodes.size() <= (large_ ? most_shown * 9 / 10 : most_shown)) {
        large_ = false;
        shown_nodes_.clear();
        for (const auto& [name, node] : nodes) shown_nodes_.insert(name);
        return;
    }
    const bool grew = !std::exchange(large_, true);
    std::erase_if(shown_nodes_, [&](const std::string& name) {
        const auto at = nodes.find(name);
        return at == nodes.end() || (grew && !in_trouble(at->second));
    });
    for (const auto& [name, node] : nodes)
        if (shown_nodes_.size() < most_shown && in_trouble(node)) shown_nodes_.insert(name);
    shown_nodes_.insert(member_->settings().node);
}

void FleetPart::renew_nodes() {
    choose_nodes();
    std::set<std::string, std::less<>> wanted;
    for (Component& component : components()) {
        wanted.insert(component.name);
        if (engine_.find(component.name) == nullptr) engine_.add(reported(std::move(component)));
    }
    std::vector<std::string> gone;
    for (const auto& [name, told] : told_)
        if (name.starts_with("nodes/") && !wanted.contains(name)) gone.push_back(name);
    for (const std::string& name : gone) {
        engine_.remove(name);
        told_.erase(name);
    }
}

void FleetPart::show_nodes(Steady now) {
    const bool contact = member_->in_contact(now);
    const fleet::Nodes& nodes = member_->nodes();
    if (nodes.version() != std::exchange(shown_version_, nodes.version())) renew_nodes();
    const Steady valid_until = now + validity;
    tell("fleet", judge_fleet(now), valid_until);
    for (const std::string& name : shown_nodes_)
        if (const fleet::Node* node = nodes.find(name))
            tell("nodes/" + name, contact ? judge_node(*node) : no_contact(), valid_until);
}

// The component of a node that is merely unheard says so itself.
void FleetPart::tell_who_came(Steady now) {
    if (!member_->settled() || !member_->in_contact(now) || now - told_who_came_ < tell_every ||
        told_version_ == member_->nodes().version())
        return;
    told_version_ = member_->nodes().version();
    std::set<std::string, std::less<>> present;
    for (const auto& [name, node] : member_->nodes().all())
        if (!node.last.leaving && !node.restored) present.insert(name);
    std::vector<std::string> came, went;
    std::ranges::set_difference(present, known_nodes_, std::back_inserter(came));
    std::ranges::set_difference(known_nodes_, present, std::back_inserter(went));
    if (came.empty() && went.empty()) return;
    told_who_came_ = now;
    const bool first = !std::exchange(tells_who_came_, true);
    known_nodes_ = std::move(present);
    const auto tell = [this](std::string_view what, const std::vector<std::string>& names) {
        if (!names.empty())
            seams_.happened(Happening::What::noticed,
                            fmt::format("fleet: {} {}: {}", text::counted(names.size(), "node"),
                                        what, some_of(names)),
                            {});
    };
    tell(first ? "heard" : "came", came);
    tell("ended", went);
}

void FleetPart::show_workers(Steady now) {
    // A node that does not listen shows only its own workers, for which it needs no contact.
    const bool contact = !member_->settings().listens ||
                         (member_->in_contact(now) && !member_->nodes().all().empty());
    const std::size_t unheard = member_->nodes().unheard_together();
    for (auto& [group, why] : groups_) {
        Outcome outcome;
        if (!contact)
            outcome = no_contact();
        else if (unheard > 0)
            outcome =
                unknown(fmt::format("{} of {} nodes are unheard, and what becomes of their "
                                    "workers is not known",
                                    unheard, member_->nodes().all().size()));
        const std::string next = outcome.detail.empty() ? std::string(listens) : outcome.detail;
        const bool changed = next != std::exchange(why, next);
        if (next == listens)
            changed ? workers_.hear_elsewhere(group) : workers_.still_heard_elsewhere(group);
        else if (changed)
            workers_.blind_elsewhere(group, {outcome.detail, outcome.error, {}});
    }
}

}  // namespace vitals::app
