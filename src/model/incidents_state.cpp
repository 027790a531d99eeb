// What is saved of incidents, and what is derived again after a start or a reload.
#include <algorithm>
#include <numeric>
#include <unordered_set>
#include <vector>

#include "model/incidents.hpp"
#include "model/severity.hpp"

namespace vitals {

void Incidents::define(std::vector<IncidentSubject> subjects, Steady now) {
    std::vector<bool> defined(nodes_.size());  // of those before; they are named by by_name_
    std::vector<Node> nodes;
    nodes.reserve(subjects.size() + 1);
    std::unordered_set<std::string_view> names;  // of `nodes`
    names.reserve(subjects.size() + 1);
    const auto add = [&](IncidentSubject subject) {
        if (names.contains(subject.name)) return;
        Node& node = nodes.emplace_back();
        if (const auto found = by_name_.find(subject.name); found != by_name_.end()) {
            Node& former = nodes_[found->second];
            node = std::move(former);
            former.subject = std::move(node.subject);  // by_name_ still looks at its name
            defined[found->second] = true;
            if (node.gone) node.fresh = node.gone = false;
            node.subject.bad_from = subject.bad_from;
            // Other rules do not change the component, but its recovery counts from now.
            if (node.bad != node.is_bad_at(node.level)) node.since = now;
        }
        node.subject = std::move(subject);
        names.insert(node.subject.name);
    };
    IncidentSubject blind{.name = std::string(blind_component)};
    for (IncidentSubject& subject : subjects)
        if (subject.name == blind_component)
            blind = std::move(subject);
        else
            add(std::move(subject));
    blind.depends_on.clear();
    add(std::move(blind));
    for (Index index = 0; index < nodes_.size(); ++index) {
        Node& node = nodes_[index];
        if (defined[index] || node.incident == 0) continue;
        Node& gone = nodes.emplace_back();
        gone.subject = {.name = node.subject.name, .audience = node.subject.audience};
        gone.incident = node.incident;
        gone.muted = node.muted;
        gone.since = node.live ? now : node.since;
        gone.fresh = gone.gone = true;
    }
    rebuild(std::move(nodes), now);
}

SavedIncidents Incidents::save() const {
    SavedIncidents saved;
    saved.next_number = next_number_;
    for (const Node& node : nodes_)
        if (!node.gone) saved.components.push_back(*this->saved(node.subject.name));
    for (const auto& [number, incident] : incidents_) saved.incidents.push_back(incident);
    return saved;
}

std::optional<SavedComponentVerdict> Incidents::saved(std::string_view component) const {
    const auto found = by_name_.find(component);
    if (found == by_name_.end()) return std::nullopt;
    const Node& node = nodes_[found->second];
    return SavedComponentVerdict{.component = node.subject.name,
                                 .level = node.level,
                                 .since = node.since,
                                 .blind = node.blind,
                                 .flapping = node.flapping,
                                 .explained = node.was_explained,
                                 .changes = node.changes};
}

void Incidents::restore(const SavedIncidents& saved, Steady now) {
    const auto past = [now](Steady time) { return std::min(time, now); };
    std::vector<Node> nodes;
    nodes.reserve(nodes_.size());
    for (Node& node : nodes_) {
        if (node.gone) continue;
        Node blank;
        blank.subject = std::move(node.subject);
        blank.muted = node.muted;
        nodes.push_back(std::move(blank));
    }
    std::map<std::string_view, Node*> named;
    for (Node& node : nodes) named.emplace(node.subject.name, &node);
    for (const SavedComponentVerdict& verdict : saved.components) {
        const auto found = named.find(verdict.component);
        if (found == named.end()) continue;
        Node& node = *found->second;
        node.level = verdict.level;
        node.since = past(verdict.since);
        node.blind = verdict.blind;
        node.flapping = verdict.flapping;
        node.was_explained = verdict.explained;
        for (const Steady change : verdict.changes) node.changes.push_back(past(change));
    }
    incidents_.clear();
    next_number_ = saved.next_number;
    std::vector<Node> gone;
    for (const Incident& each : saved.incidents) {
        Incident& incident = incidents_[each.number] = each;
        next_number_ = std::max(next_number_, each.number + 1);
        incident.opened = past(incident.opened);
        incident.due = std::min(incident.due, now + std::max(rules_.wait, rules_.hold));
        if (incident.closed) incident.closed = past(*incident.closed);
        if (incident.storm) incident.storm = past(*incident.storm);
        for (const std::string& root : incident.roots) {
            if (const auto found = named.find(root); found != named.end()) {
                found->second->incident = each.number;
                continue;
            }
            Node& node = gone.emplace_back();
            node.subject.name = root;
            node.incident = each.number;
            node.since = now;
            node.fresh = node.gone = true;
        }
    }
    std::move(gone.begin(), gone.end(), std::back_inserter(nodes));
    rebuild(std::move(nodes), now);
}

void Incidents::rebuild(std::vector<Node> nodes, Steady now) {
    const auto before = [](const Node& a, const Node& b) {
        const bool a_last = a.subject.name == blind_component;
        const bool b_last = b.subject.name == blind_component;
        return a_last != b_last ? b_last : a.subject.name < b.subject.name;
    };
    // They are large, and in order unless some are gone.
    if (!std::is_sorted(nodes.begin(), nodes.end(), before))
        std::sort(nodes.begin(), nodes.end(), before);
    nodes_ = std::move(nodes);
    flapping_.clear();
    quiet_already_.clear();
    misplaced_.clear();
    dirty_.clear();
    blind_count_ = blind_unjudged_ = 0;
    link_dependencies();
    for (Index index = 0; index < nodes_.size(); ++index) {
        Node& node = nodes_[index];
        node.bad = node.is_bad_at(node.level);
        node.live = node.bad || node.flapping;
        node.live_dependencies = 0;
        node.causes.clear();
        node.counted_under.clear();
        node.quiet_at.reset();
        node.dirty = false;
        blind_count_ += node.blind;
        blind_unjudged_ += node.blind && !node.fresh;
        mark(index);
    }
    nodes_.back().fresh = blind_unjudged_ == 0;
    for (Node& node : nodes_)
        for (const Index dependency : node.dependencies)
            node.live_dependencies += nodes_[dependency].live;
    derive_incidents(now);
    recount_blind(now);
}

void Incidents::link_dependencies() {
    by_name_.clear();
    for (Index index = 0; index < nodes_.size(); ++index)
        by_name_.emplace(nodes_[index].subject.name, index);
    std::vector<std::vector<Index>> above(nodes_.size()), below(nodes_.size());
    std::vector<std::size_t> unranked_above(nodes_.size());
    for (Index index = 0; index < nodes_.size(); ++index) {
        for (const std::string& name : nodes_[index].subject.depends_on) {
            const auto found = by_name_.find(name);
            if (found != by_name_.end() && found->second != index)
                above[index].push_back(found->second);
        }
        std::sort(above[index].begin(), above[index].end());
        above[index].erase(std::unique(above[index].begin(), above[index].end()),
                           above[index].end());
        unranked_above[index] = above[index].size();
        for (const Index dependency : above[index]) below[dependency].push_back(index);
    }
    // Ranks, so that dependencies come first. In a circle, the first by name goes first.
    std::vector<Index> ready;
    std::vector<bool> queued(nodes_.size());
    for (Index index = 0; index < nodes_.size(); ++index)
        if (unranked_above[index] == 0) {
            ready.push_back(index);
            queued[index] = true;
        }
    Index first_unqueued = 0;
    for (std::uint32_t rank = 0; rank < nodes_.size(); ++rank) {
        if (rank == ready.size()) {
            while (queued[first_unqueued]) ++first_unqueued;
            ready.push_back(first_unqueued);
            queued[first_unqueued] = true;
        }
        nodes_[ready[rank]].rank = rank;
        for (const Index dependant : below[ready[rank]])
            if (--unranked_above[dependant] == 0 && !queued[dependant]) {
                ready.push_back(dependant);
                queued[dependant] = true;
            }
    }
    for (Node& node : nodes_) {
        node.dependencies.clear();
        node.dependants.clear();
    }
    for (Index index = 0; index < nodes_.size(); ++index)
        for (const Index dependency : above[index])
            if (nodes_[dependency].rank < nodes_[index].rank) {
                nodes_[index].dependencies.push_back(dependency);
                nodes_[dependency].dependants.push_back(index);
            }
}

// What incidents count, their deadlines and their members.
void Incidents::derive_incidents(Steady now) {
    due_.clear();
    recovering_.clear();
    storms_.clear();
    touched_.clear();
    untold_ = 0;
    for (auto& [number, incident] : incidents_) {
        incident.live = incident.flapping = incident.unmuted = incident.live_unmuted = 0;
        incident.unjudged = 0;
        incident.by_severity = {};
        incident.audiences.clear();
        incident.turned = {};
        incident.closes.reset();
        if (incident.waiting) {
            due_.emplace(incident.due, number);
            untold_ += !incident.returned;
        }
        if (incident.storm) storms_.push_back(number);
        for (const std::string& root : incident.roots) {
            const Node& node = *node_of(root);
            count_root(incident, node, +1);
            ++incident.audiences[node.subject.audience];
            incident.turned = std::max(incident.turned, node.since);
        }
        for (auto& [name, member] : incident.members) member.roots = 0;
        touched_.insert(number);
    }
    std::vector<Index> by_rank(nodes_.size());
    for (Index index = 0; index < nodes_.size(); ++index) by_rank[nodes_[index].rank] = index;
    for (const Index index : by_rank) place(index, now);
    misplaced_.clear();
    for (auto& [number, incident] : incidents_)
        for (auto& [name, member] : incident.members)
            if (member.roots == 0 && !member.ended) member.ended = now;
}

}  // namespace vitals
