#include "fleet/member.hpp"

#include <algorithm>

namespace vitals::fleet {

namespace {

using namespace std::chrono_literals;

constexpr auto again_after = 30s;   // a drain, at the earliest
constexpr auto answer_within = 1s;  // so that a thousand do not answer at once
constexpr auto ask_again_after = 2s;
constexpr std::size_t most_on_their_way = 64;

}  // namespace

Member::Member(Settings settings, Heard heard)
    : settings_(std::move(settings)),
      heard_(std::move(heard)),
      subjects_(settings_.fleet),
      chance_(settings_.incarnation),
      checks_(settings_.node, settings_.incarnation) {
    subscribe();
}

void Member::configure(const std::vector<SharedCheck>& checks,
                       const std::vector<SharedGroup>& groups, std::vector<std::string> labels,
                       Steady now, const std::vector<SharedPush>& pushes) {
    settings_.labels = std::move(labels);
    checks_.configure(checks);
    auto groups_before = std::exchange(groups_, {});
    for (const SharedGroup& group : groups) {
        const auto at = groups_before.find(group.name);
        Group made = at != groups_before.end()
                         ? std::move(at->second)
                         : Group{.shared = group, .own = OwnWorkers(group.timeout)};
        made.shared = group;
        made.own.set_timeout(group.timeout);
        others_[group.name];
        groups_.insert_or_assign(group.name, std::move(made));
    }
    std::erase_if(others_, [this](const auto& each) { return !groups_.contains(each.first); });
    Profile profile;
    std::vector<std::string> pushed;
    for (const SharedPush& push : pushes) {
        pushed.push_back(push.name);
        profile.checks.push_back({push.name, push.definition});
    }
    pushes_.configure(pushed);
    for (const SharedCheck& check : checks)
        profile.checks.push_back({check.name, check.definition});
    std::ranges::sort(profile.checks, {}, &Profile::Check::name);
    for (const auto& [name, group] : groups_) profile.groups.push_back(name);
    profiles_.configure(std::move(profile));
    next_beat_ = {};
    if (had_contact_) state_due_ = now;
    subscribe();
}

void Member::subscribe() {
    if (!settings_.listens) {
        const std::string shard = std::to_string(shard_of(settings_.node));
        subscriptions_ = {subjects_.of_all("hb", shard, settings_.node), subjects_.of_all("drain")};
        if (!groups_.empty()) subscriptions_.insert(subjects_.of_all("ask", "names"));
        if (!pushes_.empty()) subscriptions_.insert(subjects_.of_all("ask", "state"));
        return;
    }
    subscriptions_ = {subjects_.of_all("hb"),    subjects_.of_all("drain"),
                      subjects_.of_all("ask"),   subjects_.of_all("profile"),
                      subjects_.of_all("claim"), subjects_.of_all("told")};
    if (!pushes_.empty()) subscriptions_.insert(subjects_.of_all_named("push"));
    if (!checks_.empty()) subscriptions_.insert(subjects_.of_all_named("res"));
    for (const auto& [name, group] : groups_) {
        subscriptions_.insert(subjects_.of_all("work", name));
        subscriptions_.insert(subjects_.of_all("names", name));
    }
}

Steady Member::soon(Steady now, std::chrono::milliseconds within) {
    std::uniform_int_distribution<std::int64_t> any(0, within.count());
    return now + std::chrono::milliseconds(any(chance_));
}

void Member::send(std::string_view about, const Message& message, std::string_view name,
                  bool may_be_dropped) {
    outgoing_.push_back({subjects_.of({.kind = std::string(kind_of(message)),
                                       .about = std::string(about),
                                       .node = settings_.node,
                                       .name = std::string(name)}),
                         encode(message), may_be_dropped});
}

// Those that do not listen miss drains at most; they do not hear each other ask.
void Member::ask_for_state() {
    send(settings_.listens ? "state" : "drain", Ask{.what = Ask::What::state});
}

void Member::missed(Steady) {
    if (had_contact_) ask_for_state();
}

std::vector<Outgoing> Member::take_outgoing() {
    return std::exchange(outgoing_, {});
}

Steady::duration Member::patience(Steady now) const {
    return nodes_.patience(settings_.interval, now);
}

bool Member::in_contact(Steady now) const {
    return echo_ && now - *echo_ <= patience(now);
}

std::optional<std::string> Member::namesake() const {
    const Node* self = nodes_.find(settings_.node);
    if (self == nullptr || !self->collides) return std::nullopt;
    return self->last.incarnation == settings_.incarnation ? self->other_host : self->last.host;
}

void Member::receive(std::string_view subject, std::string_view bytes, Steady now) {
    ++figures_.received;
    const auto read = subjects_.read(subject);
    const auto message = read ? decode(read->kind, bytes) : std::nullopt;
    if (!message) {
        ++figures_.unreadable;
        return;
    }
    const bool own = read->node == settings_.node;
    if (own && !std::holds_alternative<Heartbeat>(*message) &&
        !std::holds_alternative<Claim>(*message))
        return;
    std::visit([&](const auto& each) { take(*read, each, now); }, *message);
}

void Member::take(const Subject& subject, const Heartbeat& beat, Steady now) {
    if (subject.node == settings_.node && beat.incarnation == settings_.incarnation) {
        const auto sent =
            std::ranges::find(on_their_way_, beat.seq, [](const auto& each) { return each.first; });
        if (sent == on_their_way_.end()) return;
        echo_ = sent->second;
        on_their_way_.erase(on_their_way_.begin(), sent + 1);
    }
    switch (nodes_.hear(subject.node, beat, now)) {
        case Nodes::Taken::taken:
            break;
        case Nodes::Taken::late:
            ++figures_.late;
            break;
        case Nodes::Taken::full:
            ++figures_.refused;
            break;
    }
}

void Member::take(const Subject& subject, const Result& result, Steady now) {
    if (!checks_.take(subject, result, nodes_, now)) ++figures_.late;
}

void Member::take(const Subject& subject, const Drain& drain, Steady now) {
    const Drain* known = drains_.find(subject.about);
    if (known != nullptr && *known == drain) {
        drain_due_[subject.about] = now + again_after + (soon(now, again_after) - now);
        return;
    }
    if (drains_.take(subject.about, drain)) {
        drain_due_[subject.about] = now + again_after + (soon(now, again_after) - now);
        if (heard_.drain) heard_.drain(subject.about, drain);
    } else if (known != nullptr) {
        // The sender has missed something.
        auto& due = drain_due_[subject.about];
        due = std::min(due, soon(now, answer_within));
    }
}

void Member::take(const Subject&, const Profile& profile, Steady) {
    profiles_.take(profile, nodes_);
}

void Member::take(const Subject& subject, const Names& names, Steady) {
    const auto at = others_.find(subject.about);
    if (at == others_.end() || nodes_.find(subject.node) == nullptr) return;
    at->second.take(subject.node, names);
}

void Member::take(const Subject& subject, const Batch& batch, Steady now) {
    const auto at = others_.find(subject.about);
    if (at == others_.end() || !nodes_.is_present(subject.node, batch.incarnation)) return;
    OtherWorkers::Heard heard;
    if (heard_.beat)
        heard.beat = [&](std::string_view worker, Steady) { heard_.beat(subject.about, worker); };
    if (heard_.left)
        heard.left = [&](std::string_view worker) { heard_.left(subject.about, worker); };
    if (!at->second.take(subject.node, batch, now, heard)) return;
    const std::pair key(subject.node, subject.about);
    const auto asked = asked_names_.find(key);
    if (asked != asked_names_.end() && now - asked->second < ask_again_after) return;
    asked_names_[key] = now;
    send("names", Ask{.what = Ask::What::names,
                      .digest = at->second.known_on(subject.node),
                      .node = subject.node,
                      .group = subject.about});
}

void Member::take(const Subject&, const Ask& ask, Steady now) {
    switch (ask.what) {
        case Ask::What::state:
            if (!state_due_) state_due_ = soon(now, answer_within);
            break;
        case Ask::What::profile:
            if (ask.digest == profiles_.digest()) profiles_.asked(soon(now, answer_within));
            break;
        case Ask::What::names: {
            if (ask.node != settings_.node) break;
            const auto at = groups_.find(ask.group);
            if (at == groups_.end()) break;
            Group& group = at->second;
            // Several may ask at once, and all receive the one answer.
            if (!group.names_due) {
                group.names_due = now + 100ms;
                group.names_from = ask.digest;
            }
            group.names_from = std::min<std::size_t>(group.names_from, ask.digest);
            break;
        }
    }
}

void Member::take(const Subject& subject, const Claim& claim, Steady) {
    const bool own = subject.node == settings_.node;
    if (own ? claim.incarnation != settings_.incarnation : nodes_.collides(subject.node)) return;
    if (heard_.claim) heard_.claim(subject.node, claim);
}

void Member::take(const Subject& subject, const Told& told, Steady) {
    if (heard_.told && !nodes_.collides(subject.node)) heard_.told(subject.node, told);
}

Heartbeat Member::heartbeat(Steady now) {
    Heartbeat beat;
    beat.incarnation = settings_.incarnation;
    beat.seq = ++seq_;
    beat.interval_ms = static_cast<std::uint64_t>(settings_.interval.count());
    beat.lag_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(0, lag_.count()));
    beat.blind = !in_contact(now);
    beat.out_of_service = out_of_service_;
    beat.listens = settings_.listens;
    beat.configuration = profiles_.digest();
    beat.version = settings_.version;
    beat.host = settings_.host;
    beat.labels = settings_.labels;
    return beat;
}

void Member::send_heartbeat(Steady now) {
    if (on_their_way_.size() >= most_on_their_way) on_their_way_.erase(on_their_way_.begin());
    const Heartbeat beat = heartbeat(now);
    on_their_way_.emplace_back(beat.seq, now);
    send(std::to_string(shard_of(settings_.node)), beat, {}, true);
}

void Member::leave(Steady now) {
    if (!in_contact(now)) return;
    Heartbeat beat = heartbeat(now);
    beat.leaving = true;
    send(std::to_string(shard_of(settings_.node)), beat);
}

void Member::send_batches(Steady now) {
    for (auto& [name, group] : groups_) {
        if (group.own.size() == 0 && !group.sends) continue;
        group.sends = group.own.size() > 0;
        Batch batch = group.own.batch(now);
        // Names first, so that nobody has to ask.
        while (auto names = group.own.untold()) {
            names->incarnation = settings_.incarnation;
            send(name, *names);
        }
        batch.incarnation = settings_.incarnation;
        batch.seq = ++seq_;
        send(name, batch, {}, true);
    }
}

void Member::send_pushes(bool all, Steady now) {
    pushes_.turn(all, now, [this](const std::string& name, Pushed pushed) {
        pushed.incarnation = settings_.incarnation;
        pushed.seq = ++seq_;
        // It is told again when there is contact, with its right age.
        send(std::to_string(shard_of(name)), pushed, name, true);
    });
}

void Member::send_result(const std::string& name, Result result) {
    result.seq = ++seq_;
    send(std::to_string(shard_of(name)), result, name);
}

void Member::send_drain(const std::string& service, const Drain& drain, Steady now) {
    send(service, drain);
    drain_due_[service] = now + again_after + (soon(now, again_after) - now);
}

void Member::tick(Steady now, std::chrono::milliseconds lag, bool out_of_service) {
    lag_ = lag;
    if (out_of_service != std::exchange(out_of_service_, out_of_service)) next_beat_ = now;
    const bool contact = in_contact(now);
    nodes_.judge(!contact, now);
    if (contact && !had_contact_) {
        contact_since_ = now;
        ask_for_state();
        state_due_ = soon(now, answer_within);
    }
    had_contact_ = contact;
    if (contact && now - contact_since_ >= settings_.interval + settings_.interval / 2)
        settled_ = true;
    const std::size_t alive = nodes_.alive().size();
    if (alive > std::exchange(alive_before_, alive))
        for (auto& [service, due] : drain_due_) due = std::min(due, soon(now, answer_within));
    if (now >= next_beat_) {
        next_beat_ = std::max(next_beat_ + settings_.interval, now + settings_.interval / 2);
        send_heartbeat(now);
        send_batches(now);
        if (contact)
            for (const std::uint64_t digest : profiles_.missing(nodes_, now))
                send("profile", Ask{.what = Ask::What::profile, .digest = digest});
        if (workers_version_ != nodes_.version()) {
            workers_version_ = nodes_.version();
            for (auto& [group, others] : others_)
                others.forget_others(
                    [this](const std::string& node) { return nodes_.find(node) != nullptr; });
        }
        std::erase_if(asked_names_, [&](const auto& each) {
            return nodes_.find(each.first.first) == nullptr || now - each.second > again_after;
        });
    }
    const bool all = state_due_ && now >= *state_due_;
    if (all) state_due_.reset();
    if (all && heard_.asked) heard_.asked();
    checks_.turn(all, now, [this](const std::string& name, Result result) {
        send_result(name, std::move(result));
    });
    send_pushes(all, now);
    for (auto& [service, due] : drain_due_) {
        const Drain* drain = drains_.find(service);
        if (drain == nullptr) continue;
        if (all) due = std::min(due, soon(now, answer_within));
        if (now >= due) send_drain(service, *drain, now);
    }
    answer(now);
}

// Sends the answers that are due and that no other node has given meanwhile.
void Member::answer(Steady now) {
    if (profiles_.is_due(now)) send("profile", profiles_.own());
    for (auto& [name, group] : groups_) {
        if (!group.names_due || now < *group.names_due) continue;
        group.names_due.reset();
        Names names = group.own.names(group.names_from);
        names.incarnation = settings_.incarnation;
        if (names.names.empty()) continue;
        const std::size_t next = group.names_from + names.names.size();
        send(name, names);
        if (next < group.own.places()) {
            group.names_due = now;
            group.names_from = next;
        }
    }
}

void Member::found(const std::string& name, const Outcome& outcome, Status judged,
                   Steady::duration valid_for, Steady now) {
    if (auto result = checks_.found(name, outcome, judged, valid_for, now))
        send_result(name, std::move(*result));
}

void Member::pushed(std::string_view component, const Outcome& outcome,
                    std::chrono::milliseconds valid_for, std::uint64_t wall, Steady now) {
    if (!pushes_.shares(component)) return;
    pushes_.tell(component, outcome, valid_for, settings_.node, wall, now);
    send_pushes(false, now);
}

void Member::take(const Subject& subject, const Pushed& pushed, Steady now) {
    if (!nodes_.counts(subject.node, pushed.incarnation)) return;
    const auto valid_for = pushes_.take(subject.name, subject.node, pushed, now);
    if (valid_for && heard_.push) heard_.push(subject.name, pushed, *valid_for);
}

void Member::beat(const std::string& group, std::string_view worker, Steady now) {
    const auto at = groups_.find(group);
    if (at == groups_.end()) return;
    const std::size_t before = at->second.own.size();
    at->second.own.beat(worker, now);
    // A new one is sent at once.
    if (at->second.own.size() != before) next_beat_ = std::min(next_beat_, now);
}

void Member::left(const std::string& group, std::string_view worker, Steady now) {
    const auto at = groups_.find(group);
    if (at == groups_.end()) return;
    at->second.own.leave(worker, now);
    next_beat_ = std::min(next_beat_, now);
}

bool Member::drain(const std::string& service, std::string text, std::string by, std::uint64_t wall,
                   Steady now) {
    if (!drains_.tell(service, std::move(text), std::move(by), settings_.node, wall)) return false;
    const Drain& drain = *drains_.find(service);
    send_drain(service, drain, now);
    // Once more soon, because the first message may be lost.
    drain_due_[service] = now + 2s;
    if (heard_.drain) heard_.drain(service, drain);
    return true;
}

void Member::restore(const std::string& service, const Drain& drain) {
    if (drains_.take(service, drain)) drain_due_[service] = {};
}

void Member::restore_node(std::string name, std::vector<std::string> labels, std::string version,
                          Steady now) {
    if (name != settings_.node)
        nodes_.restore(std::move(name), std::move(labels), std::move(version), now);
}

std::vector<std::string> Member::own_checks() const {
    return settled_ ? checks_.own(nodes_, profiles_) : std::vector<std::string>();
}

std::unordered_map<std::string, std::size_t> Member::workers() const {
    std::unordered_map<std::string, std::size_t> by_node;
    for (const auto& [name, others] : others_) others.count(by_node);
    for (const auto& [name, group] : groups_) by_node[settings_.node] += group.own.size();
    return by_node;
}

}  // namespace vitals::fleet
