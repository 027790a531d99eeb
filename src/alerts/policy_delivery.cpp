// What becomes of decided messages: when each may leave, and what is known of its arrival.
#include <algorithm>

#include "alerts/policy.hpp"
#include "model/severity.hpp"

namespace vitals::alerts {

using namespace std::chrono_literals;

// Until then no message may be sent.
Steady Policy::next_by_rate(std::size_t receiver) const {
    const auto& rate = settings_.receivers[receiver].at_most;
    const std::deque<Steady>& left = receivers_[receiver].left;
    if (!rate || left.size() < rate->count) return Steady::min();
    return left[left.size() - rate->count] + rate->window;
}

void Policy::set_queued(const Told& told, std::uint64_t incident) {
    Numbers& queued = receivers_[receiver_of(told.receiver)].queued;
    if (told.queue.empty())
        queued.erase(incident);
    else
        queued.insert(incident);
}

bool Policy::may_leave(const Incident& incident, const Told& told) const {
    if (!incident.judged() || told.queue.empty()) return false;
    const Message& message = told.queue.front();
    if (message.state == State::resolved) return may_hear_of_the_end(incident, told);
    if (incident.muted() || receivers_[receiver_of(told.receiver)].quiet)
        return false;                          // decided before the silence, and held by it
    return message.tried || incident.wrong();  // else it recovers: wait for the outcome
}

std::optional<Message> Policy::take(Steady now, System wall, const May& may) {
    refresh(wall);
    std::optional<std::pair<std::uint64_t, std::size_t>> first;  // incident, place among its told
    for (std::size_t index = 0; index < receivers_.size(); ++index) {
        const ReceiverState& receiver = receivers_[index];
        const std::size_t at_once = receiver.failures > 0 ? 1 : 2;
        if (now < receiver.retry_at || receiver.in_flight.size() >= at_once ||
            now < next_by_rate(index))
            continue;
        for (const std::uint64_t number : receiver.queued) {
            if (first && number > first->first) break;
            const Incident* incident = incidents_.find(number);
            const std::vector<Told>& told = cases_.find(number)->second.told;
            const auto own = std::find_if(told.begin(), told.end(), [&](const Told& each) {
                return each.receiver == settings_.receivers[index].name;
            });
            if (receiver.in_flight.contains(number) || !may_leave(*incident, *own)) continue;
            if (may && !may(own->queue.front())) continue;
            const std::pair candidate{number, static_cast<std::size_t>(own - told.begin())};
            first = first ? std::min(*first, candidate) : candidate;
            break;
        }
    }
    if (!first) return std::nullopt;
    Message& message = cases_.find(first->first)->second.told[first->second].queue.front();
    ReceiverState& receiver = receivers_[receiver_of(message.receiver)];
    receiver.in_flight[message.incident] = message.tried;
    message.tried = true;
    if (const auto& rate = settings_.receivers[receiver_of(message.receiver)].at_most) {
        receiver.left.push_back(now);
        if (receiver.left.size() > rate->count) receiver.left.pop_front();
    }
    changed_.insert(message.incident);
    return message;
}

void Policy::ended(const Message& message, Fate fate, Steady now,
                   std::optional<Steady::duration> retry_after) {
    const std::size_t index = receiver_of(message.receiver);
    if (index == receivers_.size()) return;
    ReceiverState& receiver = receivers_[index];
    const auto flight = receiver.in_flight.find(message.incident);
    if (flight == receiver.in_flight.end()) return;
    const bool perhaps_before = flight->second;
    receiver.in_flight.erase(flight);
    receiver.rejecting = fate == Fate::rejected;
    if (fate == Fate::delivered) {
        receiver.failures = 0;
        receiver.retry_at = Steady::min();
    } else {
        constexpr std::array backoff = {5s, 15s, 45s, 135s, 405s, 900s};
        Steady::duration pause =
            backoff[std::min<std::size_t>(receiver.failures++, backoff.size() - 1)];
        if (fate == Fate::rejected) pause = 1h;
        if (retry_after) pause = std::max(pause, std::min<Steady::duration>(*retry_after, 1h));
        receiver.retry_at = now + pause;
    }
    const auto found = cases_.find(message.incident);
    if (found == cases_.end()) return;
    Case& known = found->second;
    for (Told& told : known.told) {
        if (told.receiver != message.receiver || told.queue.empty() ||
            told.queue.front().serial != message.serial)
            continue;
        changed_.insert(known.incident);
        if (fate == Fate::delivered) {
            told.sure = message.state;
            told.queue.erase(told.queue.begin());
        } else {
            told.queue.front().tried = perhaps_before || fate == Fate::doubtful;
            told.queue.front().rejected = fate == Fate::rejected;
            if (fate == Fate::rejected) dirty_.insert(known.incident);  // its fallback is due
            // A newer message waits behind one that surely was not sent: only the newer one is
            // sent, worded for what the receiver knows.
            if (!told.queue.front().tried && told.queue.size() > 1) {
                const Message newer = told.queue.back();
                const bool says_more = newer.kind == Kind::worse || newer.kind == Kind::reminder;
                emit(*incidents_.find(known.incident), known, told,
                     says_more ? newer.kind : change_to(newer.state), newer.state, newer.level,
                     newer.decided);
                if (!told.queue.empty() && told.queue.back().kind == Kind::worse)
                    told.queue.back().level_was = newer.level_was;
            }
        }
        set_queued(told, known.incident);
    }
    forget_if_heard(message.incident);
}

void Policy::not_sent(const Message& message) {
    const std::size_t index = receiver_of(message.receiver);
    if (index == receivers_.size()) return;
    const auto flight = receivers_[index].in_flight.find(message.incident);
    if (flight == receivers_[index].in_flight.end()) return;
    const bool perhaps_before = flight->second;
    receivers_[index].in_flight.erase(flight);
    if (!receivers_[index].left.empty()) receivers_[index].left.pop_back();
    const auto found = cases_.find(message.incident);
    if (found == cases_.end()) return;
    for (Told& told : found->second.told)
        if (told.receiver == message.receiver && !told.queue.empty() &&
            told.queue.front().serial == message.serial)
            told.queue.front().tried = perhaps_before;
    changed_.insert(message.incident);
}

bool Policy::heard(std::uint64_t number, std::string_view name, State state, Status level,
                   unsigned serial, Steady now) {
    const Incident* incident = incidents_.find(number);
    const std::size_t receiver = receiver_of(name);
    if (incident == nullptr || receiver == receivers_.size() ||
        receivers_[receiver].in_flight.contains(number))
        return false;
    Case& known = cases_[number];
    known.incident = number;
    Told& told = told_of(known, receiver);
    const unsigned delivered = told.queue.empty() ? told.serial : told.queue.front().serial - 1;
    if (serial <= delivered) return false;
    told.queue.clear();
    told.state = told.sure = state;
    told.level = state == State::resolved ? Status::ok : level;
    told.serial = serial;
    told.last = now;
    told.nudge = false;
    set_queued(told, number);
    changed_.insert(number);
    dirty_.insert(number);
    forget_if_heard(number);
    return true;
}

unsigned Policy::last_told(std::uint64_t number, std::string_view receiver) const {
    const auto found = cases_.find(number);
    if (found == cases_.end()) return 0;
    for (const Told& told : found->second.told)
        if (told.receiver == receiver)
            return told.queue.empty() ? told.serial : told.queue.front().serial - 1;
    return 0;
}

void Policy::forget_told(std::uint64_t number) {
    const auto found = cases_.find(number);
    if (found == cases_.end()) return;
    for (Told& told : found->second.told) {
        told.queue.clear();
        set_queued(told, number);
    }
    found->second.told.clear();
    changed_.insert(number);
    dirty_.insert(number);
}

void Policy::forget_if_heard(std::uint64_t number) {
    const Incident* incident = incidents_.find(number);
    if (!incident || !incident->closed) return;
    if (const auto found = cases_.find(number); found != cases_.end())
        for (const Told& told : found->second.told)
            if (told.is_told() || !told.queue.empty()) return;
    incidents_.release(number);
    forgotten_.push_back(number);
    forget(number);
}

void Policy::forget(std::uint64_t number) {
    changed_.erase(number);
    dirty_.erase(number);
    const auto found = cases_.find(number);
    if (found == cases_.end()) return;
    timers_.erase({found->second.next, number});
    cases_.erase(found);
}

std::vector<QueueFigures> Policy::queues() const {
    std::vector<QueueFigures> all;
    for (std::size_t index = 0; index < receivers_.size(); ++index) {
        QueueFigures& figures = all.emplace_back();
        figures.receiver = settings_.receivers[index].name;
        figures.rejecting = receivers_[index].rejecting;
        for (const std::uint64_t number : receivers_[index].queued)
            for (const Told& told : cases_.find(number)->second.told) {
                if (told.receiver != figures.receiver) continue;
                figures.messages += told.queue.size();
                for (const Message& message : told.queue)
                    figures.oldest =
                        std::min(figures.oldest.value_or(message.decided), message.decided);
            }
    }
    return all;
}

}  // namespace vitals::alerts
