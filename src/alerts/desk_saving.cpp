// What the desk saves, and what waits for that. A message is sent only after its decision and its
// attempt are on disk. A disk that takes nothing delays it only for a moment: the receivers are
// also told of a full disk.
#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "alerts/desk.hpp"

namespace vitals::alerts {

using namespace std::chrono_literals;

namespace {

constexpr auto flush_gap = 100ms;  // between batches that nobody waits for
constexpr auto longest_sleep = 1h;

std::string padded(std::uint64_t number) {
    return fmt::format("{:020}", number);
}

std::uint64_t number_of(const std::string& key) {
    std::uint64_t number = 0;
    for (const char digit : key) {
        if (digit < '0' || digit > '9' || number > 1'000'000'000'000'000'000u) return 0;
        number = number * 10 + static_cast<std::uint64_t>(digit - '0');
    }
    return number;
}

}  // namespace

std::string_view to_string(DeskRow::Kind kind) noexcept {
    constexpr std::string_view words[] = {"counters", "verdict", "incident",    "told",
                                          "record",   "mute",    "maintenance", "happening",
                                          "action",   "pair"};
    return words[static_cast<std::size_t>(kind)];
}

// ---- what an earlier process left ---------------------------------------------------------------

void Desk::restore(const DeskMemory& memory, std::string random) {
    const Moment moment = seams_.moment();
    counters_.store = std::move(random);
    memory_ = memory;
    for (const DeskRow& row : memory.rows) {
        if (!row.text) continue;
        switch (row.kind) {
            case DeskRow::Kind::counters:
                if (auto one = restored<Counters>(*row.text, moment); one && !one->store.empty())
                    counters_ = std::move(*one);
                break;
            case DeskRow::Kind::record:
                if (auto one = restored<IncidentRecord>(*row.text, moment)) {
                    for (const Delivery& each : one->told)
                        if (each.state == Delivery::State::delivered)
                            delivered_[one->number].push_back(each);
                    records_[one->number] = std::make_shared<const IncidentRecord>(std::move(*one));
                }
                break;
            case DeskRow::Kind::happening:
                if (auto one = restored<Happening>(*row.text, moment))
                    latest_.push_front(std::make_shared<const Happening>(std::move(*one)));
                break;
            case DeskRow::Kind::pair:
                if (auto one = restored<PairCount>(*row.text, moment)) {
                    counts_[one->component] = one->count;
                    ended_.insert(ended_.end(), one->ends.begin(), one->ends.end());
                }
                break;
            case DeskRow::Kind::maintenance:
                if (auto one = restored<MaintenanceSpan>(*row.text, moment))
                    maintenance_[number_of(row.key)] = std::move(*one);
                break;
            default:
                break;
        }
    }
    // The rows on disk may have any smaller number; they are not overwritten.
    if (!memory.whole)
        counters_.next_incident = static_cast<std::uint64_t>(std::max<std::int64_t>(
            1, std::chrono::floor<std::chrono::seconds>(moment.wall).time_since_epoch().count()));
    const auto key = link_key_of(memory.link_key.empty() ? counters_.link_key : memory.link_key);
    link_key_ = key ? *key : new_link_key();
    if (key && !memory.link_key.empty()) counters_.link_key.clear();
    for (auto& [number, span] : maintenance_)
        if (!span.until) span.until = moment.wall;  // begins again if it is still open
    if (!latest_.empty()) happenings_.continue_at(latest_.front()->id + 1);
    unsaved(DeskRow::Kind::counters, {});
    // The machine does not know these any more, so nobody will be told that they closed.
    std::set<std::uint64_t> open;
    for (const DeskRow& row : memory.rows)
        if (row.kind == DeskRow::Kind::incident) open.insert(number_of(row.key));
    for (auto& [number, record] : records_) {
        if (record->closed || open.contains(number)) continue;
        IncidentRecord closed = *record;
        closed.closed = moment.wall;
        record = std::make_shared<const IncidentRecord>(std::move(closed));
        unsaved_incident(DeskRow::Kind::record, number);
    }
}

void Desk::link_key_is_kept() {
    counters_.link_key.clear();
    unsaved(DeskRow::Kind::counters, {});
}

void Desk::save_all() {
    unsaved(DeskRow::Kind::counters, {});
    for (const auto& each : components_) unsaved(DeskRow::Kind::verdict, each->name);
    for (const auto& [number, incident] : incidents_.all())
        unsaved_incident(DeskRow::Kind::incident, number);
    for (const auto& [number, record] : records_) unsaved_incident(DeskRow::Kind::record, number);
    for (const auto& [number, span] : maintenance_)
        unsaved(DeskRow::Kind::maintenance, padded(number));
    for (const auto& each : latest_)
        if (each->what != Happening::What::transition)
            new_rows_.push_back({.kind = DeskRow::Kind::happening,
                                 .key = padded(each->id),
                                 .at = each->at,
                                 .component = each->component,
                                 .text = saved_text(*each, seams_.moment())});
    for (const auto& [component, count] : counts_) unsaved(DeskRow::Kind::pair, component);
    for (const auto& [component, state] : actions_.all()) unsaved(DeskRow::Kind::action, component);
    if (!policy_) return;
    for (const auto& [number, known] : policy_->cases())
        unsaved_incident(DeskRow::Kind::told, number);
    for (const Mute& mute : policy_->mutes().all())
        if (!mute.configured) unsaved(DeskRow::Kind::mute, mute.id);
    settle_soon();
}

// ---- saving -------------------------------------------------------------------------------------

void Desk::unsaved(DeskRow::Kind kind, std::string key) {
    unsaved_.emplace(kind, std::move(key));
}

void Desk::unsaved_incident(DeskRow::Kind kind, std::uint64_t number) {
    unsaved(kind, padded(number));
}

// The row as it is now; nothing: it is not saved.
std::optional<DeskRow> Desk::row_of(const Unsaved& what) const {
    const Moment moment = seams_.moment();
    const auto& [kind, key] = what;
    DeskRow row{.kind = kind, .key = key, .at = moment.wall};
    switch (kind) {
        case DeskRow::Kind::counters:
            row.text = saved_text(counters_, moment);
            break;
        case DeskRow::Kind::verdict:
            if (const auto verdict = incidents_.saved(key)) row.text = saved_text(*verdict, moment);
            break;
        case DeskRow::Kind::incident:
            if (const Incident* incident = incidents_.find(number_of(key)))
                row.text = saved_text(*incident, moment);
            break;
        case DeskRow::Kind::told:
            if (const auto known = policy_->cases().find(number_of(key));
                known != policy_->cases().end())
                row.text = saved_text(known->second, moment);
            break;
        case DeskRow::Kind::record:
            if (const auto known = records_.find(number_of(key)); known != records_.end()) {
                row.at = known->second->opened;
                if (!known->second->roots.empty()) row.component = known->second->roots[0];
                row.text = saved_text(*known->second, moment);
            }
            break;
        case DeskRow::Kind::mute:
            for (const Mute& mute : policy_->mutes().all())
                if (mute.id == key) row.text = saved_text(mute, moment);
            break;
        case DeskRow::Kind::maintenance:
            if (const auto span = maintenance_.find(number_of(key)); span != maintenance_.end()) {
                row.at = span->second.from;
                row.text = saved_text(span->second, moment);
            }
            break;
        case DeskRow::Kind::action:
            if (const ActionState* state = actions_.find(key))
                row.text = saved_text(*state, moment);
            break;
        case DeskRow::Kind::pair:
            if (const auto count = counts_.find(key); count != counts_.end())
                row.text = saved_text(PairCount{key, count->second, ends_of(key)}, moment);
            break;
        case DeskRow::Kind::happening:
            return std::nullopt;
    }
    return row;
}

void Desk::flush() {
    if (saving_) return;
    if (!policy_ && !unsaved_.empty()) return;
    const bool awaited = urgent_ || waiting_.queued || !waiting_.answers.empty() ||
                         !waiting_.outgoing.empty() || !waiting_.actions.empty();
    const Steady now = seams_.moment().now;
    if (!awaited && now < flushed_ + flush_gap) return;
    if (unsaved_.empty() && new_rows_.empty() && !awaited) return;
    // Records are saved in the form in which they will be shown.
    for (const std::uint64_t number : std::exchange(refresh_, {})) refresh_record(number);
    flushed_ = now;
    urgent_ = false;
    saving_ = std::exchange(waiting_, {});
    saving_->rows = std::exchange(new_rows_, {});
    for (const Unsaved& what : std::exchange(unsaved_, {}))
        if (auto row = row_of(what)) saving_->rows.push_back(std::move(*row));
    if (saving_->rows.empty()) return saved(true);
    std::vector<DeskRow> rows = std::exchange(saving_->rows, {});
    seams_.save(std::move(rows), [this](bool durable) {
        saved(durable);
        turn();
    });
}

void Desk::saved(bool durable) {
    if (!saving_) return;
    Batch batch = std::move(*saving_);
    saving_.reset();
    for (const Durable& answer : batch.answers) answer(durable);
    for (Outgoing& each : batch.outgoing) {
        each.may_be_copy = each.may_be_copy || !durable;
        send(std::move(each));
    }
    for (const std::string& component : batch.actions) act(component, durable);
}

// ---- messages -----------------------------------------------------------------------------------

void Desk::take_messages() {
    if (!seams_.send || waiting_.queued || (saving_ && saving_->queued)) return;
    const Moment moment = seams_.moment();
    if (moment.now < withheld_until_) return;
    Policy::May may;
    if (seams_.may_leave)
        may = [this](const Message& message) {
            const auto record = records_.find(message.incident);
            return record == records_.end() || seams_.may_leave(message, *record->second);
        };
    while (const auto message = policy_->take(moment.now, moment.wall, may)) {
        Delivery& attempt = attempts_[message_key(counters_.store, *message)];
        ++attempt.attempts;
        waiting_.outgoing.push_back({*message, attempt.state == Delivery::State::in_doubt});
        unsaved_incident(DeskRow::Kind::told, message->incident);
        refresh_.insert(message->incident);
    }
}

void Desk::send(Outgoing outgoing) {
    make_up_record(outgoing.message.incident);
    const auto record = records_.find(outgoing.message.incident);
    if (record == records_.end()) {  // forgotten meanwhile: nobody must be told of it any more
        log_(LogLevel::warning,
             fmt::format("alerts: {} to {} was not sent: its incident is gone",
                         to_string(outgoing.message.kind), outgoing.message.receiver));
        return policy_->not_sent(outgoing.message);
    }
    const std::string key = message_key(counters_.store, outgoing.message);
    seams_.send(outgoing.message, *record->second, attempts_[key].attempts, outgoing.may_be_copy,
                [this, message = outgoing.message](const Attempt& attempt) {
                    message_ended(message, attempt);
                });
}

void Desk::message_ended(const Message& message, const Attempt& attempt) {
    const Moment moment = seams_.moment();
    const std::string key = message_key(counters_.store, message);
    Delivery& delivery = attempts_[key];
    unsaved_incident(DeskRow::Kind::told, message.incident);
    refresh_.insert(message.incident);
    if (attempt.withheld) {
        constexpr auto pause = 1s;
        delivery.attempts -= std::min(delivery.attempts, 1u);
        policy_->not_sent(message);
        withheld_until_ = moment.now + pause;
        return settle_soon();
    }
    delivery.problem = attempt.why;
    if (attempt.fate == Fate::doubtful) delivery.state = Delivery::State::in_doubt;
    policy_->ended(message, attempt.fate, moment.now, attempt.retry_after);
    if (attempt.fate == Fate::delivered) {
        if (const auto record = records_.find(message.incident); record != records_.end())
            remember_end(message, *record->second);
        delivered_[message.incident].push_back({.receiver = message.receiver,
                                                .kind = std::string(to_string(message.kind)),
                                                .at = moment.wall,
                                                .attempts = delivery.attempts,
                                                .state = Delivery::State::delivered});
        attempts_.erase(key);
        add_happening({.at = moment.wall,
                       .what = Happening::What::alerted,
                       .component = message.cause.empty() ? std::string() : message.cause[0],
                       .incident = message.incident,
                       .text = fmt::format("{} to {}", to_string(message.kind), message.receiver)});
    }
    if (attempt.fate == Fate::delivered && message.state != State::resolved)
        pass_on_acknowledgement(message.incident);
    settle_soon();
}

// For receivers that have its problem, and again for one that gets it later.
void Desk::pass_on_acknowledgement(std::uint64_t number) {
    const auto record = records_.find(number);
    const Incident* incident = incidents_.find(number);
    if (!seams_.acknowledge || record == records_.end() || incident == nullptr ||
        !incident->acknowledged)
        return;
    for (const Message& message : told())
        if (message.incident == number) seams_.acknowledge(message, *record->second);
}

std::vector<Message> Desk::told() const {
    std::vector<Message> all;
    if (!policy_) return all;
    for (const auto& [number, known] : policy_->cases()) {
        const Incident* incident = incidents_.find(number);
        if (incident == nullptr || incident->closed) continue;
        for (const Told& told : known.told)
            if (told.is_told())
                all.push_back({.incident = number,
                               .receiver = told.receiver,
                               .serial = told.serial,
                               .kind = Kind::problem,
                               .state = told.state,
                               .level = told.level,
                               .decided = told.last,
                               .cause = incident->roots});
    }
    return all;
}

// ---- time ---------------------------------------------------------------------------------------

void Desk::wake() {
    const Moment moment = seams_.moment();
    Steady next = std::min({policy_->next_deadline(moment.now, moment.wall),
                            actions_.next_deadline(moment.now), moment.now + longest_sleep});
    if (withheld_until_ > moment.now) next = std::min(next, withheld_until_);
    deadline_ = next;
    if (show_ || mutes_changed_ || actions_changed_) next = std::min(next, shown_ + 20ms);
    if (!saving_ && (!unsaved_.empty() || !new_rows_.empty()))
        next = std::min(next, flushed_ + flush_gap);
    seams_.wake(std::max(next, moment.now));
}

}  // namespace vitals::alerts
