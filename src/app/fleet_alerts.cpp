#include "app/fleet_alerts.hpp"

#include <algorithm>
#include <utility>

namespace vitals::app {

using namespace std::chrono_literals;
using fleet::Told;

namespace {

constexpr auto all_every = 30s;  // what a node has told is told again
constexpr auto least_between = 1s;

Told::Entry entry_of(const alerts::PeerTold& from) {
    return {.incident = from.key,
            .component = from.component,
            .receiver = from.receiver,
            .open = from.open,
            .wrong = from.wrong,
            .storm = from.storm,
            .state = static_cast<Told::State>(from.state),
            .level = from.level,
            .serial = from.serial};
}
static_assert(static_cast<int>(Told::State::resolved) == static_cast<int>(alerts::State::resolved));
static_assert(static_cast<int>(Told::State::problem) == static_cast<int>(alerts::State::problem));
static_assert(static_cast<int>(Told::State::flapping) == static_cast<int>(alerts::State::flapping));

alerts::PeerTold told_of(const Told::Entry& from) {
    return {.key = from.incident,
            .component = from.component,
            .open = from.open,
            .receiver = from.receiver,
            .state = static_cast<alerts::State>(from.state),
            .level = from.level,
            .serial = static_cast<unsigned>(from.serial),
            .wrong = from.wrong,
            .storm = from.storm};
}

}  // namespace

FleetAlerts::FleetAlerts(net::Loop& loop, Clock& clock, Seams seams)
    : clock_(clock), seams_(std::move(seams)), timer_(loop) {}

void FleetAlerts::begin(const fleet::Member& member,
                        std::function<void(const fleet::Message&)> say) {
    member_ = &member;
    say_ = std::move(say);
    const Steady now = clock_.steady();
    ladder_ =
        std::make_unique<fleet::Ladder>(member.settings().node, member.settings().incarnation, now);
    timer_.arm(now, [this] { turn(); });
}

void FleetAlerts::configure(std::vector<std::string> receivers) {
    if (receivers == receivers_) return;
    receivers_ = std::move(receivers);
    all_due_ = true;
}

void FleetAlerts::asked() {
    all_due_ = true;
    all_at_ = {};
}

void FleetAlerts::hear(const std::string& node, const fleet::Claim& claim) {
    if (ladder_) ladder_->hear(node, claim, clock_.steady());
}

void FleetAlerts::hear(const std::string& node, const Told& told) {
    if (!ladder_ || !ladder_->hear(node, told, clock_.steady())) return;
    std::vector<alerts::PeerTold> all;
    for (const Told::Entry& entry : told.entries) all.push_back(told_of(entry));
    seams_.heard(node, told.whole, all);
    for (const Told::Acknowledged& each : told.acknowledged)
        seams_.heard_acknowledged(
            each.incident,
            {System(std::chrono::milliseconds(static_cast<std::int64_t>(each.at_ms))), each.by,
             each.reason});
}

FleetView::Alerts FleetAlerts::figures() const {
    if (!ladder_) return {};
    const fleet::Ladder::Figures& figures = ladder_->figures();
    return {.told = figures.told, .left_to_others = figures.left_to_others, .held = figures.held};
}

bool FleetAlerts::may_leave(const alerts::Message& message, const IncidentRecord& incident) {
    using Turn = fleet::Ladder::Turn;
    const Steady now = clock_.steady();
    const Turn turn = ladder_->ask({.incident = incident.key,
                                    .receiver = message.receiver,
                                    .serial = message.serial,
                                    .end = message.state == alerts::State::resolved,
                                    .since = message.decided},
                                   now);
    // The desk is in the middle of something.
    if (turn == Turn::told) to_apply_.emplace(incident.key, message.receiver);
    if (turn != Turn::go)
        timer_.arm(to_apply_.empty() ? ladder_->next(now) : now, [this] { this->turn(); });
    return turn == Turn::go;
}

void FleetAlerts::left(const std::string& incident, const std::string& receiver) {
    ladder_->left(incident, receiver, clock_.steady());
    say_claims();
}

// The others hear it before anything else happens here.
void FleetAlerts::ended(const std::string& incident, const std::string& receiver,
                        alerts::Fate fate) {
    ladder_->ended(incident, receiver,
                   fate == alerts::Fate::delivered || fate == alerts::Fate::doubtful);
    say_claims();
    if (fate == alerts::Fate::delivered) tell_news(clock_.steady());
}

void FleetAlerts::say_claims() {
    for (const fleet::Claim& claim : ladder_->take_claims()) say_(claim);
}

void FleetAlerts::look_at_nodes(Steady now) {
    const fleet::Nodes& nodes = member_->nodes();
    if (nodes_version_ != nodes.version()) {
        nodes_version_ = nodes.version();
        std::vector<std::string> alive;
        for (const fleet::Node* node : nodes.alive()) alive.push_back(node->name);
        // What one that is gone had open is no name for what begins now.
        for (const std::string& name : alive_)
            if (!std::ranges::binary_search(alive, name)) seams_.heard(name, true, {});
        alive_ = std::move(alive);
    }
    ladder_->set_contact(member_->in_contact(now), alive_, now);
}

void FleetAlerts::turn() {
    const Steady now = clock_.steady();
    look_at_nodes(now);
    for (const auto& [incident, receiver] : std::exchange(to_apply_, {}))
        if (const auto entry = ladder_->told_elsewhere(incident, receiver))
            seams_.heard({}, false, {told_of(*entry)});
    tell_news(now);
    const bool ready = ladder_->turn(now);
    say_claims();
    if (ready) seams_.ask_again();
    timer_.arm(to_apply_.empty() ? ladder_->next(now) : now, [this] { turn(); });
}

// What differs from what the others know; now and then all of it, as messages may be lost.
void FleetAlerts::tell_news(Steady now) {
    Entries present;
    for (const alerts::PeerTold& each : seams_.told())
        present.insert_or_assign({each.key, each.receiver}, entry_of(each));
    std::vector<Told::Entry> news;
    for (const auto& [key, entry] : present)
        if (const auto before = said_.find(key); before == said_.end() || before->second != entry)
            news.push_back(entry);
    for (const auto& [key, entry] : said_)
        if (entry.open && !present.contains(key) && key.second.empty()) {
            Told::Entry over = entry;
            over.open = over.wrong = false;
            news.push_back(std::move(over));
        }
    std::vector<Told::Acknowledged> acknowledged;
    for (auto& [incident, each] : seams_.acknowledged()) {
        const auto at = std::chrono::floor<std::chrono::milliseconds>(each.at.time_since_epoch());
        acknowledged.push_back({incident, std::move(each.by), std::move(each.reason),
                                static_cast<std::uint64_t>(std::max<std::int64_t>(at.count(), 0))});
    }
    const bool taken = acknowledged != acknowledged_;
    acknowledged_ = std::move(acknowledged);
    const bool whole = (all_due_ && now - all_at_ >= least_between) || now - all_at_ >= all_every;
    if (news.empty() && !taken && !whole) return;
    said_ = std::move(present);
    if (!news.empty() || taken) tell(false, std::move(news));
    if (!whole) return;
    all_due_ = false;
    all_at_ = now;
    std::vector<Told::Entry> all;
    for (const auto& [key, entry] : said_) all.push_back(entry);
    tell(true, std::move(all));
}

void FleetAlerts::tell(bool whole, std::vector<Told::Entry> entries) {
    Told told;
    told.incarnation = member_->settings().incarnation;
    told.seq = ++seq_;
    told.whole = whole;
    if (whole) told.receivers = receivers_;
    if (entries.size() > fleet::Bounds::told) {
        // What stands open counts most.
        std::ranges::partition(entries, [](const Told::Entry& each) { return each.open; });
        entries.resize(fleet::Bounds::told);
    }
    told.entries = std::move(entries);
    told.acknowledged = acknowledged_;
    say_(told);
}

}  // namespace vitals::app
