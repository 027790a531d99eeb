// What the desk shows: records of incidents, events, silences and maintenances.
#include <algorithm>
#include <iterator>
#include <ranges>
#include <utility>

#include <fmt/format.h>

#include "alerts/desk.hpp"

namespace vitals::alerts {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t kept_records = 200;  // closed ones, in memory
constexpr std::size_t shown_closed = 50;
constexpr std::size_t latest_kept = 200;
constexpr std::size_t latest_shown = 60;
constexpr std::size_t most_before = 20;
constexpr std::size_t most_spans = 10'000;
constexpr auto looked_back = 5min;
constexpr auto show_gap = 20ms;

// `sun 02:00-04:00 Europe/Berlin`
std::string hours_text(const HoursSpec& spec) {
    constexpr const char* names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    std::string days;
    if (std::ranges::count(spec.days, true) < 7)
        for (std::size_t day = 0; day < spec.days.size(); ++day)
            if (spec.days[day]) days += fmt::format("{}{}", days.empty() ? "" : ",", names[day]);
    return fmt::format("{}{}{:02}:{:02}-{:02}:{:02} {}", days, days.empty() ? "" : " ",
                       spec.from / 60, spec.from % 60, spec.to / 60, spec.to % 60, spec.zone);
}

ShownMute shown(const Mute& mute, System wall) {
    ShownMute result{.id = mute.id,
                     .maintenance = mute.kind == Mute::Kind::maintenance,
                     .match = mute.match.words(),
                     .by = mute.by,
                     .reason = mute.reason,
                     .configured = mute.configured,
                     .active = mute.active(wall)};
    if (mute.from != System::min()) result.from = mute.from;
    if (mute.until != System::max()) result.until = mute.until;
    if (mute.hours) result.hours = hours_text(mute.hours->spec());
    return result;
}

// The two clocks drift by less than that between two looks, so the shown times do not change.
System seconds_of(System time) {
    return std::chrono::round<std::chrono::seconds>(time);
}

bool may_explain(const Happening& happening) {
    using What = Happening::What;
    return happening.what == What::reloaded || happening.what == What::announced ||
           happening.what == What::decommissioned || happening.what == What::recommissioned ||
           happening.what == What::started || happening.what == What::noticed;
}

}  // namespace

// ---- records ------------------------------------------------------------------------------------

// A new incident, or a closed one that continues.
void Desk::open_record(std::uint64_t number, const std::string& root) {
    const Moment moment = seams_.moment();
    counters_.next_incident = std::max(counters_.next_incident, number + 1);
    unsaved(DeskRow::Kind::counters, {});
    IncidentRecord record;
    if (const auto known = records_.find(number); known != records_.end()) record = *known->second;
    record.number = number;
    record.id = id_of(number);
    record.closed.reset();
    if (record.key.empty()) record.key = common_name(root);
    if (record.opened == System{}) record.opened = moment.wall;
    if (record.title.empty()) {
        if (root == blind_component) {
            record.title = blind_title();
        } else if (const auto text = texts_.find(root); text != texts_.end()) {
            record.title = text->second.detail;
            record.error = text->second.error;
        }
        for (const auto& each : latest_)
            if (may_explain(*each) && each->at >= moment.wall - looked_back &&
                record.before.size() < most_before)
                record.before.insert(record.before.begin(), *each);
    }
    const std::string title = record.title;
    replace(std::move(record));
    add_happening({.at = moment.wall,
                   .what = Happening::What::incident_opened,
                   .component = root,
                   .incident = number,
                   .text = title});
}

void Desk::close_record(std::uint64_t number, std::string_view why) {
    const auto known = records_.find(number);
    if (known == records_.end() || known->second->closed) return;
    const Moment moment = seams_.moment();
    IncidentRecord record = *known->second;
    record.closed = moment.wall;
    record.waiting = record.flapping = false;
    record.level = Status::ok;
    record.next.clear();
    for (IncidentRecord::Member& member : record.members)
        if (!member.ended) member.ended = moment.wall;
    add_happening({.at = moment.wall,
                   .what = Happening::What::incident_closed,
                   .component = record.roots.empty() ? std::string() : record.roots[0],
                   .incident = number,
                   .text = std::string(why)});
    // An incident that turned out to be a consequence is told with its cause, and is no longer an
    // incident.
    const bool explained =
        !why.empty() && std::ranges::any_of(record.roots, [this](const std::string& root) {
            return texts_.contains(root);
        });
    if (explained) {
        records_.erase(number);
        delivered_.erase(number);
        refresh_.erase(number);
        unsaved_incident(DeskRow::Kind::record, number);
        show_ = true;
        return;
    }
    replace(std::move(record));
}

// An incident of the machine without a record: the record was damaged, or not found in time. Less
// is shown, but the receivers are still told.
void Desk::make_up_record(std::uint64_t number) {
    const Incident* incident = incidents_.find(number);
    if (incident == nullptr || records_.contains(number)) return;
    IncidentRecord record;
    record.number = number;
    record.id = id_of(number);
    if (incident->closed) record.closed = seams_.moment().wall_at(*incident->closed);
    replace(std::move(record));
    refresh_record(number);
}

// What the machine and the policy know of it now.
void Desk::refresh_record(std::uint64_t number) {
    const Incident* incident = incidents_.find(number);
    const auto known = records_.find(number);
    if (known == records_.end()) return;
    const Moment moment = seams_.moment();
    IncidentRecord record = *known->second;
    record.told = deliveries_of(number);
    if (incident != nullptr) {
        record.roots = incident->roots;
        record.opened = moment.wall_at(incident->opened);
        record.due = moment.wall_at(incident->due);
        record.waiting = incident->waiting;
        record.flapping = incident->flapping > 0;
        record.muted = incident->muted();
        record.storm = incident->storm.has_value();
        record.level = incident->level();
        record.worst = incident->worst;
        record.error_class = incident->error_class;
        record.acknowledged = incident->acknowledged;
        record.next.clear();
        for (const Policy::Next& next : policy_->next_of(number, moment.now))
            record.next.push_back(
                {next.receiver, seconds_of(moment.wall_at(next.at)), next.reminder});
        record.members.clear();
        for (const auto& [name, member] : incident->members) {
            IncidentRecord::Member shown_member{
                .component = name, .since = moment.wall_at(member.since), .worst = member.worst};
            if (member.ended) shown_member.ended = moment.wall_at(*member.ended);
            record.members.push_back(std::move(shown_member));
        }
    }
    if (record != *known->second) replace(std::move(record));
}

std::vector<Delivery> Desk::deliveries_of(std::uint64_t number) const {
    std::vector<Delivery> told;
    if (const auto found = delivered_.find(number); found != delivered_.end()) told = found->second;
    const auto known = policy_->cases().find(number);
    if (known == policy_->cases().end()) return told;
    for (const Told& each : known->second.told)
        for (const Message& message : each.queue) {
            Delivery delivery{.receiver = message.receiver,
                              .kind = std::string(to_string(message.kind)),
                              .at = seams_.moment().wall_at(message.decided)};
            if (const auto found = attempts_.find(message_key(counters_.store, message));
                found != attempts_.end()) {
                delivery.attempts = found->second.attempts;
                delivery.problem = found->second.problem;
            }
            delivery.state = message.rejected ? Delivery::State::refused
                             : message.tried  ? Delivery::State::in_doubt
                                              : Delivery::State::queued;
            told.push_back(std::move(delivery));
        }
    return told;
}

void Desk::replace(IncidentRecord record) {
    const std::uint64_t number = record.number;
    records_[number] = std::make_shared<const IncidentRecord>(std::move(record));
    unsaved_incident(DeskRow::Kind::record, number);
    show_ = true;
}

std::vector<std::shared_ptr<const IncidentRecord>> Desk::records() const {
    std::vector<std::shared_ptr<const IncidentRecord>> all;
    for (const auto& [number, record] : records_) all.push_back(record);
    return all;
}

std::shared_ptr<const IncidentRecord> Desk::record(std::string_view id) const {
    for (const auto& [number, record] : records_)
        if (record->id == id) return record;
    return nullptr;
}

// Looks at all of them: called about once a second, however many close.
void Desk::forget_old_records() {
    if (records_.size() <= kept_records) return;
    std::size_t closed = 0;
    for (auto at = records_.end(); at != records_.begin();) {
        --at;
        const std::uint64_t number = at->first;
        if (!at->second->closed || incidents_.find(number) != nullptr || ++closed <= kept_records ||
            unsaved_.contains({DeskRow::Kind::record, fmt::format("{:020}", number)}))
            continue;
        delivered_.erase(number);
        at = records_.erase(at);
    }
}

// ---- what happened ------------------------------------------------------------------------------

void Desk::add_happening(Happening happening) {
    const auto added = happenings_.add(std::move(happening));
    latest_.push_front(added);
    if (latest_.size() > latest_kept) latest_.pop_back();
    show_ = true;
    // The history already has the transitions, as spans.
    if (added->what != Happening::What::transition)
        new_rows_.push_back({.kind = DeskRow::Kind::happening,
                             .key = fmt::format("{:020}", added->id),
                             .at = added->at,
                             .component = added->component,
                             .text = saved_text(*added, seams_.moment())});
}

// ---- what is muted ------------------------------------------------------------------------------

void Desk::follow_mutes() {
    const System wall = seams_.moment().wall;
    std::set<std::string> active;
    for (const Mute& mute : policy_->mutes().all()) {
        if (!mute.active(wall)) continue;
        active.insert(mute.id);
        if (mute.kind != Mute::Kind::maintenance || under_way_.contains(mute.id)) continue;
        const std::uint64_t number = maintenance_.empty() ? 1 : maintenance_.rbegin()->first + 1;
        maintenance_[number] = {mute.match.words(), std::max(mute.from, wall), {}};
        under_way_[mute.id] = number;
        unsaved(DeskRow::Kind::maintenance, fmt::format("{:020}", number));
    }
    for (auto at = under_way_.begin(); at != under_way_.end();) {
        if (active.contains(at->first)) {
            ++at;
            continue;
        }
        maintenance_[at->second].until = wall;
        unsaved(DeskRow::Kind::maintenance, fmt::format("{:020}", at->second));
        at = under_way_.erase(at);
    }
    while (maintenance_.size() > most_spans) {
        unsaved(DeskRow::Kind::maintenance, fmt::format("{:020}", maintenance_.begin()->first));
        maintenance_.erase(maintenance_.begin());
    }
    if (active != active_mutes_) mutes_changed_ = true;
    active_mutes_ = std::move(active);
}

std::vector<Stretch> Desk::maintenance(const Component& component, System from, System to) const {
    return stretches_of(std::views::values(maintenance_), component, from, to);
}

std::vector<MaintenanceSpan> Desk::maintenance_spans() const {
    const auto spans = std::views::values(maintenance_);
    return {spans.begin(), spans.end()};
}

// ---- the board ----------------------------------------------------------------------------------

void Desk::publish() {
    const Moment moment = seams_.moment();
    for (const std::uint64_t number : std::exchange(refresh_, {})) refresh_record(number);
    if (!show_ && !mutes_changed_ && !actions_changed_) return;
    if (!urgent_ && moment.now < shown_ + show_gap) return;
    auto board = std::make_shared<Board>();
    board->version = board_->version + 1;
    board->taken_at = moment.wall;
    std::size_t closed = 0;
    for (const bool open : {true, false})
        for (auto at = records_.rbegin(); at != records_.rend(); ++at)
            if (!at->second->closed == open && (open || ++closed <= shown_closed))
                board->incidents.push_back(at->second);
    const std::vector<Mute> mutes = policy_->mutes().all();
    for (const Mute& mute : mutes) board->mutes.push_back(shown(mute, moment.wall));
    if (std::exchange(mutes_changed_, false)) {
        muted_.clear();
        for (const auto kind : {Mute::Kind::silence, Mute::Kind::maintenance})
            for (std::size_t i = 0; i < mutes.size(); ++i)
                if (mutes[i].kind == kind && board->mutes[i].active)
                    for (const auto& component : components_)
                        if (mutes[i].match.takes(*component)) muted_[component->name] = i;
    }
    board->muted = muted_;
    if (std::exchange(actions_changed_, false)) show_actions();
    board->actions = shown_actions_;
    for (const auto& [number, incident] : incidents_.all()) {
        if (incident.flapping == 0) continue;
        for (const std::string& root : incident.roots)
            if (const auto verdict = incidents_.saved(root); verdict && verdict->flapping)
                board->flapping.push_back(root);
    }
    std::ranges::sort(board->flapping);
    for (const auto& each : latest_) {
        if (board->happenings.size() == latest_shown) break;
        board->happenings.push_back(each);
    }
    board_ = std::move(board);
    shown_ = moment.now;
    show_ = false;
    seams_.show(board_);
}

}  // namespace vitals::alerts
