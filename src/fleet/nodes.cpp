#include "fleet/nodes.hpp"

#include <algorithm>

namespace vitals::fleet {

namespace {

using namespace std::chrono_literals;

constexpr unsigned returns_that_tell = 3;
constexpr std::size_t most_others = 4;
constexpr std::size_t least_together = 3;

std::int64_t minute_of(Steady now) {
    return std::chrono::duration_cast<std::chrono::minutes>(now.time_since_epoch()).count();
}

// What is shown of a node besides the time of its last heartbeat.
bool same(const Heartbeat& a, const Heartbeat& b) {
    return a.blind == b.blind && a.out_of_service == b.out_of_service && a.leaving == b.leaving &&
           a.configuration == b.configuration && a.version == b.version && a.host == b.host &&
           a.labels == b.labels && a.interval_ms == b.interval_ms && a.listens == b.listens;
}

}  // namespace

void Jitter::take(Steady::duration late, Steady now) {
    if (late <= 0ms) return;
    const std::int64_t number = minute_of(now);
    Minute& minute = minutes_[static_cast<std::size_t>(number) % minutes_.size()];
    if (minute.number != number) minute = {number, {}};
    minute.largest = std::max(minute.largest, late);
}

Steady::duration Jitter::largest(Steady now) const {
    const std::int64_t number = minute_of(now);
    Steady::duration largest{};
    for (const Minute& minute : minutes_)
        if (minute.number > number - static_cast<std::int64_t>(minutes_.size()))
            largest = std::max(largest, minute.largest);
    return largest;
}

namespace {

Steady::duration patience_of(Steady::duration interval, Steady::duration late) {
    return 3 * interval + std::min(late, 3 * interval);
}

}  // namespace

Steady::duration Nodes::patience(Steady::duration interval, Steady now) const {
    return patience_of(interval, jitter_.largest(now));
}

void Nodes::changed() {
    ++version_;
}

const Node* Nodes::find(std::string_view name) const {
    const auto at = nodes_.find(name);
    return at == nodes_.end() ? nullptr : &at->second;
}

bool Nodes::collides(std::string_view name) const {
    const Node* known = find(name);
    return known != nullptr && known->collides;
}

bool Nodes::is_present(std::string_view name, std::uint64_t incarnation) const {
    const Node* known = find(name);
    return known != nullptr && !known->collides && known->last.incarnation == incarnation;
}

bool Nodes::counts(std::string_view name, std::uint64_t incarnation) const {
    if (is_present(name, incarnation)) return true;
    const Node* known = find(name);
    return known != nullptr && !known->collides &&
           std::ranges::find(known->others, incarnation, &Node::Other::incarnation) !=
               known->others.end();
}

const std::vector<const Node*>& Nodes::alive() const {
    if (alive_version_ == version_) return alive_;
    alive_version_ = version_;
    alive_.clear();
    for (const auto& [name, node] : nodes_)
        if (node.alive()) alive_.push_back(&node);
    return alive_;
}

std::size_t Nodes::listening() const {
    if (listening_version_ != version_) {
        listening_version_ = version_;
        listening_ = static_cast<std::size_t>(std::ranges::count_if(
            nodes_, [](const auto& each) { return each.second.last.listens; }));
    }
    return listening_;
}

void Nodes::restore(std::string name, std::vector<std::string> labels, std::string version,
                    Steady now) {
    if (nodes_.size() >= most || nodes_.contains(name)) return;
    Node node;
    node.name = name;
    node.hash = hash_of(name);
    node.heard_at = now;
    node.restored = true;
    node.last.interval_ms = 2'000;
    node.last.labels = std::move(labels);
    node.last.version = std::move(version);
    // It votes and checks nothing before it is heard.
    node.last.listens = false;
    node.silent = true;
    node.silent_at = now;
    nodes_.emplace(std::move(name), std::move(node));
    changed();
}

void Nodes::forget(std::string_view name) {
    const auto at = nodes_.find(name);
    if (at == nodes_.end()) return;
    nodes_.erase(at);
    alive_version_ = 0;
    changed();
}

Nodes::Taken Nodes::hear(std::string_view name, const Heartbeat& beat, Steady now) {
    auto at = nodes_.find(name);
    if (at == nodes_.end()) {
        if (nodes_.size() >= most || (beat.listens && listening() >= most_listening)) {
            ++refused_;
            return Taken::full;
        }
        if (beat.leaving) return Taken::late;
        Node node;
        node.name = name;
        node.hash = hash_of(name);
        node.last = beat;
        node.heard_at = now;
        nodes_.emplace(name, std::move(node));
        changed();
        return Taken::taken;
    }
    Node& node = at->second;
    if (!node.restored && beat.incarnation != node.last.incarnation) {
        const auto before =
            std::ranges::find(node.others, beat.incarnation, &Node::Other::incarnation);
        if (before != node.others.end()) {
            if (beat.seq <= before->seq) return Taken::late;
            hear_other(node, beat, now);
            return Taken::taken;
        }
        // A process of that name began: the former one has ended, unless it is heard again.
        Node::Other other{.incarnation = node.last.incarnation,
                          .seq = node.last.seq,
                          .host = node.last.host,
                          .heard_at = node.heard_at};
        node.others.insert(node.others.begin(), std::move(other));
        if (node.others.size() > most_others) node.others.pop_back();
    } else if (!node.restored) {
        if (beat.seq <= node.last.seq) return Taken::late;
        const auto gap = now - node.heard_at;
        // A gap that is longer than the allowed silence is not lateness.
        if (!node.silent && !blind_ && node.heard_at > hears_since_)
            jitter_.take(std::min<Steady::duration>(gap - node.interval(), 3 * node.interval()),
                         now);
    }
    const bool shown = node.silent || node.restored || !same(node.last, beat) ||
                       node.last.incarnation != beat.incarnation;
    node.last = beat;
    node.heard_at = now;
    node.restored = false;
    if (node.silent) {
        if (node.verdict == Node::Verdict::with_others) --together_;
        node.silent = false;
        node.verdict = Node::Verdict::none;
    }
    if (shown) changed();
    return Taken::taken;
}

// A replaced process is heard again. A server that was paused delivers old messages all at once;
// two live processes alternate for longer.
void Nodes::hear_other(Node& node, const Heartbeat& beat, Steady now) {
    Node::Other& other =
        *std::ranges::find(node.others, beat.incarnation, &Node::Other::incarnation);
    other.seq = beat.seq;
    other.heard_at = now;
    if (beat.leaving) return;
    if (other.returns++ == 0) other.first_return = now;
    if (now - node.heard_at > 3 * node.interval()) {
        // The process that had replaced it is gone.
        Node::Other gone{.incarnation = node.last.incarnation,
                         .seq = node.last.seq,
                         .host = node.last.host,
                         .heard_at = node.heard_at};
        std::swap(other, gone);
        node.last = beat;
        node.heard_at = now;
        node.collides = false;
        if (node.silent && node.verdict == Node::Verdict::with_others) --together_;
        node.silent = false;
        node.verdict = Node::Verdict::none;
        return changed();
    }
    const auto interval = std::chrono::milliseconds(beat.interval_ms);
    if (node.collides || other.returns < returns_that_tell ||
        now - other.first_return <
            2 * std::max<Steady::duration>(interval, node.interval()) - 100ms)
        return;
    node.collides = true;
    node.other_host = other.host;
    changed();
}

void Nodes::judge(bool blind, Steady now) {
    if (blind_ && !blind) hears_since_ = now;
    blind_ = blind;
    if (blind) return;
    const auto late = jitter_.largest(now);
    for (auto at = nodes_.begin(); at != nodes_.end();) {
        Node& node = at->second;
        const Steady since = std::max(node.heard_at, hears_since_);
        const bool over = now - since > patience_of(node.interval(), late);
        if (node.collides) {
            const bool both = std::ranges::any_of(node.others, [&](const Node::Other& other) {
                return other.host == node.other_host && now - other.heard_at <= 4 * node.interval();
            });
            if (!both) {
                node.collides = false;
                node.others.clear();
                changed();
            }
        }
        if ((node.last.leaving && over) || (node.silent && now - node.heard_at > remembered)) {
            if (node.verdict == Node::Verdict::with_others) --together_;
            at = nodes_.erase(at);
            alive_version_ = 0;
            changed();
            continue;
        }
        if (!node.silent && over) {
            node.silent = true;
            node.silent_at = now;
            changed();
        }
        ++at;
    }
    decide(now);
}

// Others that fell silent for the same reason are found out within one of their intervals.
void Nodes::decide(Steady now) {
    const auto late = jitter_.largest(now);
    std::vector<Node*> due;
    std::vector<Steady> silent;  // when each fell silent of those that may be silent together
    for (auto& [name, node] : nodes_) {
        if (!node.silent || node.verdict == Node::Verdict::alone) continue;
        silent.push_back(node.silent_at);
        if (node.verdict == Node::Verdict::none &&
            now - std::max(node.silent_at, hears_since_) >
                node.interval() + std::min(late, node.interval()) &&
            (!node.restored || now - hears_since_ > patience_of(node.interval(), late)))
            due.push_back(&node);
    }
    std::ranges::sort(silent);
    for (Node* node : due) {
        if (node->verdict != Node::Verdict::none) continue;  // with one before it
        const auto window = patience(node->interval(), node->silent_at);
        const auto from = std::ranges::lower_bound(silent, node->silent_at - window);
        const auto to = std::ranges::upper_bound(silent, node->silent_at + window);
        const auto together = static_cast<std::size_t>(to - from);
        changed();
        if (together < least_together || together * 10 <= nodes_.size() * 3) {
            node->verdict = Node::Verdict::alone;
            silent.erase(std::ranges::lower_bound(silent, node->silent_at));
            continue;
        }
        for (auto& [name, other] : nodes_) {
            if (!other.silent || other.verdict != Node::Verdict::none ||
                std::chrono::abs(other.silent_at - node->silent_at) > window)
                continue;
            other.verdict = Node::Verdict::with_others;
            ++together_;
        }
    }
}

}  // namespace vitals::fleet
