// From verdicts to incidents: what comes in, and what settle() makes of it. One file: each step
// changes the counts and queues that the next one reads, and they can be followed only together.
#include "model/incidents.hpp"

#include <algorithm>
#include <iterator>

#include "model/severity.hpp"

namespace vitals {

using What = IncidentEvent::What;

Status Incident::level() const noexcept {
    for (const Status status : worst_first)
        if (by_severity[static_cast<std::size_t>(severity(status))] > 0) return status;
    return Status::ok;
}

bool Incidents::Node::is_bad_at(Status status) const noexcept {
    return severity(status) >= severity(subject.bad_from);
}

// ---- what comes in ------------------------------------------------------------------------------

Incidents::Node* Incidents::node_of(std::string_view component) {
    const auto found = by_name_.find(component);
    return found == by_name_.end() ? nullptr : &nodes_[found->second];
}

Incident* Incidents::incident_of(const Node& node) {
    if (node.incident == 0) return nullptr;
    const auto found = incidents_.find(node.incident);
    return found == incidents_.end() ? nullptr : &found->second;
}

void Incidents::mark(Index index) {
    if (nodes_[index].dirty) return;
    nodes_[index].dirty = true;
    dirty_.push_back(index);
}

void Incidents::count_root(Incident& incident, const Node& node, int step) {
    const auto count = [step](unsigned& counter, bool applies) {
        if (applies) counter = static_cast<unsigned>(static_cast<int>(counter) + step);
    };
    count(incident.live, node.live);
    count(incident.flapping, node.flapping);
    count(incident.unmuted, !node.muted);
    count(incident.live_unmuted, node.live && !node.muted);
    count(incident.unjudged, !node.fresh);
    count(incident.by_severity[static_cast<std::size_t>(severity(node.level))], true);
}

static void count_audience(Incident& incident, std::uint32_t audience, int step) {
    unsigned& count = incident.audiences[audience];
    count = static_cast<unsigned>(static_cast<int>(count) + step);
    if (count == 0) incident.audiences.erase(audience);
}

// Changes a node, and what its incident counts of it.
template <class Change>
void Incidents::change(Index index, Change change) {
    Node& node = nodes_[index];
    mark(index);
    Incident* incident = incident_of(node);
    if (incident) count_root(*incident, node, -1);
    change(node);
    if (!incident) return;
    count_root(*incident, node, +1);
    touched_.insert(incident->number);
}

void Incidents::report(std::string_view component, Status status, ErrorClass error_class,
                       Steady now) {
    Node* node = node_of(component);
    if (!node || node->gone || component == blind_component) return;
    const Index index = static_cast<Index>(node - nodes_.data());
    const bool blind = status == Status::unknown && error_class == ErrorClass::local;
    if (!node->fresh || node->blind != blind) {
        if (node->blind) {
            --blind_count_;
            blind_unjudged_ -= !node->fresh;
        }
        change(index, [](Node& changed) { changed.fresh = true; });
        node->blind = blind;
        blind_count_ += blind;
        recount_blind(now);
    }
    // A component that vitals could not look at has no verdict: the last one stands.
    if (!blind) set_level(index, status, error_class, now);
}

void Incidents::recount_blind(Steady now) {
    const Index index = static_cast<Index>(nodes_.size() - 1);
    if (nodes_[index].fresh != (blind_unjudged_ == 0))
        change(index, [this](Node& node) { node.fresh = blind_unjudged_ == 0; });
    set_level(index, blind_count_ > 0 ? Status::unknown : Status::ok,
              blind_count_ > 0 ? ErrorClass::local : ErrorClass::none, now);
}

void Incidents::set_level(Index index, Status level, ErrorClass error_class, Steady now) {
    Node& node = nodes_[index];
    node.error_class = error_class;
    if (node.level == level) return;
    change(index, [level](Node& changed) { changed.level = level; });
    if (Incident* incident = incident_of(node)) incident->worst = worst(incident->worst, level);
    for (const Index root : node.counted_under) {
        Incident* incident = incident_of(nodes_[root]);
        if (!incident) continue;
        IncidentMember& member = incident->members[node.subject.name];
        if (severity(level) <= severity(member.worst)) continue;
        member.worst = level;
        touched_.insert(incident->number);
    }
    const bool bad = node.is_bad_at(level);
    if (bad == node.bad) return;
    node.bad = bad;
    node.since = now;
    if (Incident* incident = incident_of(node)) incident->turned = std::max(incident->turned, now);
    if (!node.muted) {  // what is planned is no flapping
        node.changes.push_back(now);
        if (node.changes.size() > rules_.flapping.changes) node.changes.erase(node.changes.begin());
    }
    misplaced_.emplace(node.rank, index);
    update_live(index);
}

void Incidents::update_live(Index index) {
    Node& node = nodes_[index];
    const bool live = node.bad || node.flapping;
    if (node.live == live) return;
    change(index, [live](Node& changed) { changed.live = live; });
    misplaced_.emplace(node.rank, index);
    for (const Index dependant : node.dependants) {
        Node& below = nodes_[dependant];
        below.live_dependencies += live ? 1U : -1U;
        mark(dependant);
        if (below.live) misplaced_.emplace(below.rank, dependant);
    }
}

void Incidents::set_muted(std::string_view component, bool muted) {
    Node* node = node_of(component);
    if (!node || node->muted == muted) return;
    change(static_cast<Index>(node - nodes_.data()),
           [muted](Node& changed) { changed.muted = muted; });
    for (const Index root : node->counted_under) {
        Incident* incident = incident_of(nodes_[root]);
        if (!incident) continue;
        count_audience(*incident, node->subject.audience, muted ? -1 : +1);
        touched_.insert(incident->number);
    }
}

bool Incidents::acknowledge(std::uint64_t number, Acknowledgement acknowledgement) {
    const auto found = incidents_.find(number);
    if (found == incidents_.end() || found->second.closed) return false;
    found->second.acknowledged = std::move(acknowledgement);
    touched_.insert(number);
    return true;
}

void Incidents::release(std::uint64_t number) {
    const auto found = incidents_.find(number);
    if (found != incidents_.end() && found->second.closed) erase(number);
}

// ---- what settle() makes of it ------------------------------------------------------------------

IncidentChanges Incidents::settle(Steady now) {
    for (const Index index : std::exchange(quiet_already_, {})) mark(index);
    while (!flapping_.empty() && flapping_.begin()->first <= now) {
        const Index index = flapping_.begin()->second;
        flapping_.erase(flapping_.begin());
        nodes_[index].quiet_at.reset();
        mark(index);
    }
    for (std::size_t at = 0; at < dirty_.size(); ++at)  // grows by those that depend on these
        judge_flapping(dirty_[at], now);
    while (!misplaced_.empty()) {  // causes before what they explain
        const Index index = misplaced_.begin()->second;
        misplaced_.erase(misplaced_.begin());
        place(index, now);
    }
    std::sort(dirty_.begin(), dirty_.end());
    const std::map<Index, Steady> handed = drop_what_is_explained();
    for (const Index index : dirty_) {
        const auto due = handed.find(index);
        open_for(index, due == handed.end() ? std::nullopt : std::optional(due->second), now);
    }
    IncidentChanges changes;
    for (const Index index : dirty_) {
        Node& node = nodes_[index];
        node.was_explained = node.bad && node.explained();
        node.dirty = false;
        changes.components.push_back(node.subject.name);
    }
    dirty_.clear();
    begin_what_is_due(now);
    close_what_recovered(now);
    changes.events = std::move(events_);
    changes.incidents.assign(touched_.begin(), touched_.end());
    events_.clear();
    touched_.clear();
    return changes;
}

Steady Incidents::next_deadline() const {
    if (!dirty_.empty() || !touched_.empty()) return Steady::min();
    Steady next = Steady::max();
    if (!due_.empty()) next = std::min(next, due_.begin()->first);
    if (!recovering_.empty()) next = std::min(next, recovering_.begin()->first);
    if (!flapping_.empty()) next = std::min(next, flapping_.begin()->first);
    return next;
}

void Incidents::judge_flapping(Index index, Steady now) {
    Node& node = nodes_[index];
    std::erase_if(node.changes,
                  [&](Steady change) { return change <= now - rules_.flapping.within; });
    const bool flaps =
        node.flapping ? !node.changes.empty() && now < node.changes.back() + rules_.flapping.quiet
                      : !node.changes.empty() && node.changes.size() >= rules_.flapping.changes;
    if (node.flapping && !flaps) node.changes.clear();
    if (node.flapping != flaps) {
        change(index, [flaps](Node& changed) { changed.flapping = flaps; });
        update_live(index);
    }
    if (node.quiet_at) flapping_.erase({*node.quiet_at, index});
    node.quiet_at.reset();
    if (!flaps) return;
    const Steady quiet_at =
        node.changes.back() + std::min(rules_.flapping.quiet, rules_.flapping.within);
    if (quiet_at <= now) {  // found late, after a restart: the next verdict decides
        quiet_already_.push_back(index);
        return;
    }
    node.quiet_at = quiet_at;
    flapping_.emplace(quiet_at, index);
}

// Finds the roots above a node, and counts it as a member of their incidents.
void Incidents::place(Index index, Steady now) {
    Node& node = nodes_[index];
    std::vector<Index> causes;
    if (node.is_root()) {
        causes.push_back(index);
    } else if (node.live) {
        for (const Index dependency : node.dependencies) {
            const std::vector<Index>& above = nodes_[dependency].causes;
            causes.insert(causes.end(), above.begin(), above.end());
        }
        std::sort(causes.begin(), causes.end());
        causes.erase(std::unique(causes.begin(), causes.end()), causes.end());
    }
    if (causes != node.causes) {
        node.causes = std::move(causes);
        for (const Index dependant : node.dependants)
            if (nodes_[dependant].live) misplaced_.emplace(nodes_[dependant].rank, dependant);
    }
    std::vector<Index> counted;
    if (node.bad && node.explained()) counted = node.causes;
    std::vector<Index> joined, left;
    std::set_difference(counted.begin(), counted.end(), node.counted_under.begin(),
                        node.counted_under.end(), std::back_inserter(joined));
    std::set_difference(node.counted_under.begin(), node.counted_under.end(), counted.begin(),
                        counted.end(), std::back_inserter(left));
    node.counted_under = std::move(counted);
    for (const Index root : joined) count_member(root, index, true, now);
    for (const Index root : left) count_member(root, index, false, now);
}

void Incidents::count_member(Index root, Index index, bool joins, Steady now) {
    Incident* incident = incident_of(nodes_[root]);
    if (!incident) return;
    const Node& node = nodes_[index];
    touched_.insert(incident->number);
    if (!node.muted) count_audience(*incident, node.subject.audience, joins ? +1 : -1);
    const auto [found, is_new] = incident->members.try_emplace(node.subject.name);
    IncidentMember& member = found->second;
    if (!joins) {
        if (--member.roots > 0) return;
        member.ended = now;
        add_event(What::member_left, incident->number, node.subject.name);
        return;
    }
    member.worst = worst(member.worst, node.level);
    if (++member.roots > 1) return;
    if (!is_new && !member.ended) return;  // saved as such
    if (is_new) member.since = now;
    member.ended.reset();
    add_event(What::member_joined, incident->number, node.subject.name);
}

// A pending incident whose root turned out to have a cause, or recovered. The known cause takes
// over its deadline, so nobody waits longer.
std::map<Incidents::Index, Steady> Incidents::drop_what_is_explained() {
    std::map<Index, Steady> handed;
    for (const Index index : dirty_) {
        const Node& node = nodes_[index];
        const Incident* incident = incident_of(node);
        if (!incident || !incident->waiting || incident->returned || node.is_root()) continue;
        for (const Index cause : node.causes) {
            const auto [due, is_new] = handed.try_emplace(cause, incident->due);
            due->second = std::min(due->second, incident->due);
        }
        add_event(What::dropped, incident->number, node.subject.name);
        erase(incident->number);
    }
    return handed;
}

void Incidents::open_for(Index index, std::optional<Steady> handed_due, Steady now) {
    Node& node = nodes_[index];
    if (!node.is_root() || !node.fresh) return;
    Incident* known = incident_of(node);
    if (known && !known->closed) return;
    Steady due = now;
    if (!node.flapping) due += node.was_explained ? rules_.hold : rules_.wait;
    if (handed_due) due = std::max(now, std::min(due, *handed_due));
    if (known) {
        known->closed.reset();
        known->acknowledged.reset();
        known->returned = true;
        known->worst = worst(known->worst, node.level);
        add_event(What::returned, known->number, node.subject.name);
        wait_until(*known, due);
        return;
    }
    if (Incident* storm = gathering_storm(now)) {
        add_event(What::root_joined, storm->number, node.subject.name);
        attach(index, *storm, now);
        return;
    }
    Incident& opened = incidents_[next_number_];
    opened.number = next_number_++;
    opened.opened = now;
    opened.error_class = node.error_class;
    add_event(What::opened, opened.number, node.subject.name);
    attach(index, opened, now);
    ++untold_;
    wait_until(opened, due);
}

Incident* Incidents::gathering_storm(Steady now) {
    std::erase_if(storms_, [&](std::uint64_t number) {
        const Incident* storm = find(number);
        return !storm || now - *storm->storm >= rules_.storm.within;
    });
    for (auto number = storms_.rbegin(); number != storms_.rend(); ++number) {
        Incident& storm = incidents_.find(*number)->second;
        if (!storm.closed) return &storm;
    }
    return nullptr;
}

// Makes the node a root of the incident, and the components that it explains members of the
// incident.
void Incidents::attach(Index index, Incident& incident, Steady now) {
    Node& node = nodes_[index];
    node.incident = incident.number;
    touched_.insert(incident.number);
    const auto place =
        std::lower_bound(incident.roots.begin(), incident.roots.end(), node.subject.name);
    incident.roots.insert(place, node.subject.name);
    incident.turned = std::max(incident.turned, node.since);
    incident.worst = worst(incident.worst, node.level);
    count_root(incident, node, +1);
    count_audience(incident, node.subject.audience, +1);
    std::vector<Index> open{index};
    std::set<Index> seen;
    while (!open.empty()) {
        const Index above = open.back();
        open.pop_back();
        for (const Index dependant : nodes_[above].dependants) {
            const Node& below = nodes_[dependant];
            if (!std::binary_search(below.causes.begin(), below.causes.end(), index) ||
                !seen.insert(dependant).second)
                continue;
            open.push_back(dependant);
            if (!below.counted_under.empty()) count_member(index, dependant, true, now);
        }
    }
}

void Incidents::begin_what_is_due(Steady now) {
    if (untold_ >= rules_.storm.count)
        for (const auto& [due, number] : due_) {
            if (due > now) break;
            if (incidents_.find(number)->second.returned) continue;
            merge_waiting(now);
            break;
        }
    while (!due_.empty() && due_.begin()->first <= now) {
        Incident& incident = incidents_.find(due_.begin()->second)->second;
        due_.erase(due_.begin());
        incident.waiting = false;
        if (!incident.returned) --untold_;
        touched_.insert(incident.number);
        add_event(What::began, incident.number);
    }
}

// Many incidents at once become one: the first of those that nobody has been told of.
void Incidents::merge_waiting(Steady now) {
    std::vector<std::uint64_t> crowd;
    for (const auto& [due, number] : due_)
        if (!incidents_.find(number)->second.returned) crowd.push_back(number);
    std::sort(crowd.begin(), crowd.end());
    Incident& storm = incidents_.find(crowd.front())->second;
    storm.storm = now;
    storms_.push_back(storm.number);
    for (auto number = crowd.begin() + 1; number != crowd.end(); ++number) {
        const std::vector<std::string> roots = incidents_.find(*number)->second.roots;
        erase(*number);
        for (const std::string& root : roots) {
            add_event(What::merged, *number, root, storm.number);
            attach(by_name_.find(root)->second, storm, now);
        }
    }
    wait_until(storm, now);
}

void Incidents::close_what_recovered(Steady now) {
    while (!recovering_.empty() && recovering_.begin()->first <= now) {
        touched_.insert(recovering_.begin()->second);
        recovering_.erase(recovering_.begin());
    }
    for (const std::uint64_t number : touched_) {
        Incident& incident = incidents_.find(number)->second;
        if (incident.closes) recovering_.erase({*incident.closes, number});
        incident.closes.reset();
        if (incident.closed || !incident.ripe() || incident.wrong()) continue;
        const Steady closes = incident.turned + rules_.hold;
        if (closes <= now) {
            incident.closed = now;
            add_event(What::closed, number);
        } else {
            incident.closes = closes;
            recovering_.emplace(closes, number);
        }
    }
}

void Incidents::wait_until(Incident& incident, Steady due) {
    if (incident.waiting) due_.erase({incident.due, incident.number});
    incident.waiting = true;
    incident.due = due;
    due_.emplace(due, incident.number);
    touched_.insert(incident.number);
}

void Incidents::erase(std::uint64_t number) {
    const auto found = incidents_.find(number);
    const Incident& incident = found->second;
    if (incident.waiting) {
        due_.erase({incident.due, number});
        if (!incident.returned) --untold_;
    }
    if (incident.closes) recovering_.erase({*incident.closes, number});
    for (const std::string& root : incident.roots)
        if (Node* node = node_of(root)) node->incident = 0;
    std::erase(storms_, number);
    touched_.erase(number);
    incidents_.erase(found);
}

void Incidents::add_event(What what, std::uint64_t incident, std::string component,
                          std::uint64_t into) {
    events_.push_back({what, incident, std::move(component), into});
}

const Incident* Incidents::find(std::uint64_t number) const {
    const auto found = incidents_.find(number);
    return found == incidents_.end() ? nullptr : &found->second;
}

std::uint64_t Incidents::incident_of_root(std::string_view component) const {
    const auto found = by_name_.find(component);
    return found == by_name_.end() ? 0 : nodes_[found->second].incident;
}

}  // namespace vitals
