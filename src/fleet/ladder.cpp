#include "fleet/ladder.hpp"

#include <algorithm>

#include "fleet/rendezvous.hpp"

namespace vitals::fleet {

using namespace std::chrono_literals;

namespace {

constexpr auto asked_lasts = 5s;  // a wish that nobody asks for
constexpr auto forgets_every = 1s;

bool holds(const std::vector<std::string>& sorted, std::string_view name) {
    return std::ranges::binary_search(
        sorted, name, {}, [](const std::string& each) -> std::string_view { return each; });
}

}  // namespace

Ladder::Ladder(std::string node, std::uint64_t incarnation, Steady now)
    : self_(std::move(node)),
      self_hash_(hash_of(self_)),
      incarnation_(incarnation),
      quiet_until_(now + first) {}

// ---- what is known of others --------------------------------------------------------------------

void Ladder::set_contact(bool contact, std::vector<std::string> alive, Steady now) {
    look_for_gap(now);
    if (contact && !contact_) {
        // What was told meanwhile, it hears now.
        quiet_until_ = now + after_gap;
        for (auto& [key, own] : own_) own.claimed.reset();
    }
    bool changed = contact != std::exchange(contact_, contact);
    std::ranges::sort(alive);
    for (auto& [name, node] : nodes_) {
        const bool lives = holds(alive, name);
        changed = changed || lives != node.alive;
        node.alive = lives;
    }
    if (changed) ++version_;
}

bool Ladder::hear(const std::string& name, const Told& told, Steady now) {
    if (name == self_) return false;
    auto at = nodes_.find(name);
    if (at == nodes_.end()) {
        if (nodes_.size() >= most_nodes) return false;
        at = nodes_.emplace(name, Node{.hash = hash_of(name)}).first;
        at->second.alive = true;  // it was heard
        ++version_;
    }
    Node& node = at->second;
    if (told.incarnation == node.incarnation && told.seq <= node.seq) return false;
    node.incarnation = told.incarnation;
    node.seq = told.seq;
    node.heard = now;
    take(name, node, told, now);
    return true;
}

void Ladder::take(const std::string& name, Node& node, const Told& told, Steady now) {
    if (told.whole) {
        std::vector<std::string> receivers = told.receivers;
        std::ranges::sort(receivers);
        if (receivers != node.receivers) ++version_;
        node.receivers = std::move(receivers);
        node.wrong.clear();
    }
    for (const Told::Entry& entry : told.entries) {
        const std::uint64_t incident = hash_of(entry.incident);
        const auto at = std::ranges::lower_bound(node.wrong, incident);
        const bool known_wrong = at != node.wrong.end() && *at == incident;
        if (entry.open && entry.wrong && !known_wrong)
            node.wrong.insert(at, incident);
        else if (!(entry.open && entry.wrong) && known_wrong)
            node.wrong.erase(at);
        if (entry.receiver.empty() || entry.serial == 0) continue;
        const Key key{entry.incident, entry.receiver};
        const auto known_told = told_.find(key);
        if (known_told == told_.end() && told_.size() >= most_told)
            told_.erase(std::ranges::min_element(told_, {},
                                                 [](const auto& each) { return each.second.at; }));
        Heard& heard = told_[key];
        heard.at = now;
        if (entry.serial <= heard.entry.serial) continue;
        heard.entry = entry;
        // Who told it does not claim it any more.
        if (const auto others = others_.find(key); others != others_.end())
            std::erase_if(others->second, [&](const Other& each) { return each.node == name; });
        const auto own = own_.find(key);
        if (own == own_.end() || own->second.leaves || own->second.wish.serial > entry.serial)
            continue;
        own_.erase(own);
        ++figures_.left_to_others;
    }
}

void Ladder::hear(const std::string& node, const Claim& claim, Steady now) {
    const Key key{claim.incident, claim.receiver};
    if (node == self_) {
        const auto own = own_.find(key);
        if (own != own_.end() && claim.incarnation == incarnation_) own->second.echoed = true;
        return;
    }
    if (!others_.contains(key) && others_.size() >= most_claims) return;
    auto& others = others_[key];
    std::erase_if(others,
                  [&](const Other& each) { return each.node == node || now - each.heard >= hold; });
    if (claim.stage != Claim::Stage::dropped && others.size() < most_nodes)
        others.push_back({node, claim.stage, now});
    if (others.empty()) others_.erase(key);
}

std::optional<Told::Entry> Ladder::told_elsewhere(const std::string& incident,
                                                  const std::string& receiver) const {
    const auto at = told_.find({incident, receiver});
    if (at == told_.end()) return std::nullopt;
    return at->second.entry;
}

// ---- whose turn it is ---------------------------------------------------------------------------

bool Ladder::is_before(std::string_view a, std::uint64_t a_hash, std::string_view b,
                       std::uint64_t b_hash, std::uint64_t incident) const {
    const std::uint64_t a_weight = weight_of(incident, a_hash);
    const std::uint64_t b_weight = weight_of(incident, b_hash);
    return a_weight != b_weight ? a_weight > b_weight : a < b;
}

std::size_t Ladder::rank(std::string_view incident, std::string_view receiver) const {
    const std::uint64_t hash = hash_of(incident);
    return static_cast<std::size_t>(std::ranges::count_if(nodes_, [&](const auto& each) {
        return counts(each.second) && holds(each.second.receivers, receiver) &&
               is_before(each.first, each.second.hash, self_, self_hash_, hash);
    }));
}

std::size_t Ladder::candidates(std::string_view receiver) const {
    return 1 + static_cast<std::size_t>(std::ranges::count_if(nodes_, [&](const auto& each) {
               return counts(each.second) && holds(each.second.receivers, receiver);
           }));
}

bool Ladder::alone() const {
    if (!contact_) return true;
    return !nodes_.empty() &&
           std::ranges::none_of(nodes_, [](const auto& each) { return each.second.alive; });
}

bool Ladder::is_wrong_elsewhere(const std::string& incident, Steady now) const {
    if (!contact_) return false;
    const std::uint64_t hash = hash_of(incident);
    return std::ranges::any_of(nodes_, [&](const auto& each) {
        const Node& node = each.second;
        return node.alive && now - node.heard < wrong_lasts &&
               std::ranges::binary_search(node.wrong, hash);
    });
}

bool Ladder::listening(Steady now) const {
    return now < quiet_until_ || (turned_ && now - *turned_ > gap);
}

// By the claim of another one: a better one, or whose message is on its way.
std::optional<Steady> Ladder::held_until(const Own& own, Steady now) const {
    std::optional<Steady> until;
    const auto at = others_.find({own.wish.incident, own.wish.receiver});
    if (at == others_.end()) return until;
    const std::uint64_t hash = hash_of(own.wish.incident);
    for (const Other& each : at->second) {
        if (now - each.heard >= hold) continue;
        if (each.stage == Claim::Stage::leaves ||
            is_before(each.node, hash_of(each.node), self_, self_hash_, hash))
            until = std::max(until.value_or(each.heard + hold), each.heard + hold);
    }
    return until;
}

Steady Ladder::turn_of(Own& own) const {
    if (own.ranked != version_) {
        own.ranked = version_;
        own.rank = rank(own.wish.incident, own.wish.receiver);
    }
    return own.wish.since + own.rank * step;
}

// A claim that does not come back is heard by nobody either: the others have their turn first.
Steady Ladder::speaks_at(const Own& own) const {
    const Steady heard_out = *own.claimed + listens;
    return own.echoed || !contact_ ? heard_out : heard_out + step;
}

Ladder::Turn Ladder::ask(const Wish& wish, Steady now) {
    const Key key{wish.incident, wish.receiver};
    const auto told = told_.find(key);
    if (told != told_.end() && told->second.entry.serial >= wish.serial) return Turn::told;
    Own& own = own_[key];
    if (own.wish.serial != wish.serial || own.wish.since != wish.since) own = Own{.wish = wish};
    own.asked = now;
    if (listening(now) || now < turn_of(own) || held_until(own, now)) return Turn::wait;
    if (wish.end && is_wrong_elsewhere(wish.incident, now)) return Turn::wait;
    // Nobody else is there to listen.
    if (candidates(wish.receiver) == 1 && contact_) return Turn::go;
    return own.claimed && now >= speaks_at(own) ? Turn::go : Turn::wait;
}

void Ladder::left(const std::string& incident, const std::string& receiver, Steady now) {
    const auto at = own_.find({incident, receiver});
    if (at == own_.end()) return;
    at->second.leaves = true;
    at->second.said = now;
    say(at->second, Claim::Stage::leaves);
}

void Ladder::ended(const std::string& incident, const std::string& receiver,
                   bool may_have_arrived) {
    const auto at = own_.find({incident, receiver});
    if (at == own_.end()) return;
    if (may_have_arrived)
        ++figures_.told;
    else
        say(at->second, Claim::Stage::dropped);
    own_.erase(at);
}

void Ladder::say(const Own& own, Claim::Stage stage) {
    claims_.push_back({incarnation_, own.wish.incident, own.wish.receiver, stage});
}

std::vector<Claim> Ladder::take_claims() {
    return std::exchange(claims_, {});
}

// ---- time ---------------------------------------------------------------------------------------

void Ladder::look_for_gap(Steady now) {
    if (turned_ && now - *turned_ > gap) {
        quiet_until_ = std::max(quiet_until_, now + after_gap);
        for (auto& [key, own] : own_) own.claimed.reset();
    }
    turned_ = now;
}

void Ladder::forget_old(Steady now) {
    if (now - forgot_ < forgets_every) return;
    forgot_ = now;
    std::erase_if(own_, [&](const auto& each) {
        return !each.second.leaves && now - each.second.asked > asked_lasts;
    });
    for (auto& [key, others] : others_)
        std::erase_if(others, [&](const Other& each) { return now - each.heard >= hold; });
    std::erase_if(others_, [](const auto& each) { return each.second.empty(); });
    std::erase_if(told_, [&](const auto& each) { return now - each.second.at > known; });
    if (std::erase_if(nodes_, [&](const auto& each) {
            return !each.second.alive && now - each.second.heard > known;
        }) > 0)
        ++version_;
}

bool Ladder::turn(Steady now) {
    look_for_gap(now);
    forget_old(now);
    bool ready = false;
    if (listening(now)) return ready;
    for (auto& [key, own] : own_) {
        own.seen = true;
        if (own.leaves) {
            if (now - own.said < again) continue;
            own.said = now;
            say(own, Claim::Stage::leaves);
            continue;
        }
        const bool was_claimed = own.claimed.has_value();
        if (now < turn_of(own) || held_until(own, now) ||
            (own.wish.end && is_wrong_elsewhere(own.wish.incident, now))) {
            if (was_claimed) ++figures_.held;
            own.claimed.reset();
            own.echoed = false;
        } else if (!was_claimed) {
            own.claimed = now;
            say(own, Claim::Stage::wants);
        }
        ready = ready || (own.claimed && now >= speaks_at(own));
    }
    return ready;
}

Steady Ladder::next(Steady now) const {
    Steady next = now + pace;
    const auto consider = [&](Steady at) {
        if (at > now) next = std::min(next, at);
    };
    for (const auto& [key, own] : own_) {
        if (own.leaves) continue;
        if (!own.seen) return now;
        consider(quiet_until_);
        if (own.claimed)
            consider(speaks_at(own));
        else if (const auto held = held_until(own, now))
            consider(*held);
        else
            consider(own.wish.since + own.rank * step);
    }
    return next;
}

}  // namespace vitals::fleet
