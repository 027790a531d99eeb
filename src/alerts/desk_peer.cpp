// Two vitals that watch each other: the names of incidents on both sides, and what the other one
// told receivers.
//
// The name of an incident is its service, its first component, and a count of that component's
// incidents. Both sides count alike, and take over the greater number of the other, so they give
// the next incident the same name even if they cannot hear each other.
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "alerts/desk.hpp"

namespace vitals::alerts {

namespace {

constexpr std::size_t most_ended = 100;

std::string pair_key(std::string_view service, std::string_view component, std::uint64_t count) {
    const std::string text = fmt::format("{}\n{}", service, component);
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
    return fmt::format("pair{:02x}{:02x}{:02x}{:02x}-{}", digest[0], digest[1], digest[2],
                       digest[3], count);
}

std::uint64_t count_in(std::string_view key) {
    std::uint64_t count = 0;
    const std::size_t dash = key.rfind('-');
    if (dash == std::string_view::npos) return 0;
    const auto read = std::from_chars(key.data() + dash + 1, key.data() + key.size(), count);
    constexpr std::uint64_t most = 1'000'000'000;
    return read.ec == std::errc() && read.ptr == key.data() + key.size() && count < most ? count
                                                                                         : 0;
}

bool is_end_told(std::string_view key, const auto& told) {
    return std::ranges::any_of(told, [key](const PeerTold& each) {
        return each.key == key && !each.open && each.state == State::resolved;
    });
}

// A fault of this vitals concerns only this vitals.
bool is_own(const std::string& component) {
    return component.starts_with("vitals/");
}

}  // namespace

void Desk::set_pair(std::optional<std::string> service) {
    pair_ = std::move(service);
}

// The common name of the incident that begins now; empty: the incident concerns only this vitals.
std::string Desk::pair_name(const std::string& root) {
    if (!pair_ || root.empty() || is_own(root)) return {};
    const auto there = open_there_.find(root);
    std::uint64_t& count = counts_[root];
    // Reports the end of incidents that the other one may not know yet to be over.
    if (there == open_there_.end() || count_in(there->second) < count ||
        is_end_told(there->second, ended_))
        ++count;
    else
        count = count_in(there->second);
    unsaved(DeskRow::Kind::pair, root);
    return pair_key(*pair_, root, count);
}

const IncidentRecord* Desk::open_by_key(std::string_view key) const {
    for (const auto& [number, record] : records_)
        if (!record->closed && record->key == key) return record.get();
    return nullptr;
}

bool Desk::is_wrong(std::string_view key) const {
    const IncidentRecord* record = open_by_key(key);
    const Incident* incident = record == nullptr ? nullptr : incidents_.find(record->number);
    return incident != nullptr && !incident->closed && incident->wrong();
}

// Open incidents and what was told of them; then what was last told of closed ones.
std::vector<PeerTold> Desk::told_by_us() const {
    std::vector<PeerTold> all;
    if (!policy_) return all;
    for (auto at = records_.rbegin(); at != records_.rend(); ++at) {
        const IncidentRecord& record = *at->second;
        if (record.key.empty() || record.closed || record.roots.empty()) continue;
        PeerTold entry{.key = record.key, .component = record.roots[0], .open = true};
        all.push_back(entry);
        const auto known = policy_->cases().find(record.number);
        if (known == policy_->cases().end()) continue;
        for (const Told& told : known->second.told) {
            // Only what surely arrived.
            entry.state = told.queue.empty() ? told.state : told.sure;
            entry.serial = told.queue.empty() ? told.serial : told.queue.front().serial - 1;
            if (entry.state == State::nothing || entry.serial == 0) continue;
            entry.receiver = told.receiver;
            entry.level = told.level;
            all.push_back(entry);
        }
    }
    all.insert(all.end(), ended_.begin(), ended_.end());
    return all;
}

void Desk::remember_end(const Message& message, const IncidentRecord& record) {
    if (record.key.empty() || message.state != State::resolved || record.roots.empty()) return;
    ended_.push_front({.key = record.key,
                       .component = record.roots[0],
                       .receiver = message.receiver,
                       .state = message.state,
                       .serial = message.serial});
    if (ended_.size() > most_ended) ended_.pop_back();
    unsaved(DeskRow::Kind::pair, record.roots[0]);
}

std::vector<PeerTold> Desk::ends_of(std::string_view component) const {
    std::vector<PeerTold> ends;
    std::ranges::copy_if(ended_, std::back_inserter(ends),
                         [component](const PeerTold& each) { return each.component == component; });
    return ends;
}

void Desk::heard(const std::vector<PeerTold>& told) {
    if (!policy_ || !pair_) return;
    open_there_.clear();
    bool news = false;
    for (const PeerTold& each : told) {
        const std::uint64_t count = count_in(each.key);
        if (count == 0 || pair_key(*pair_, each.component, count) != each.key) continue;
        if (std::uint64_t& known = counts_[each.component]; count > known) {
            known = count;
            unsaved(DeskRow::Kind::pair, each.component);
        }
        if (each.open) {
            open_there_[each.component] = each.key;
            take_their_name(each, told);
        }
        const IncidentRecord* record = open_by_key(each.key);
        if (record == nullptr || each.receiver.empty()) continue;
        const std::uint64_t number = record->number;
        if (!policy_->heard(number, each.receiver, each.state, each.level, each.serial,
                            seams_.moment().now))
            continue;
        unsaved_incident(DeskRow::Kind::told, number);
        refresh_.insert(number);
        news = true;
    }
    if (news) settle_soon();
}

// Both have an incident under different names: it takes the later name, if nobody was told of the
// earlier one here, or the end of the earlier one was told.
void Desk::take_their_name(const PeerTold& theirs, const std::vector<PeerTold>& told) {
    const std::uint64_t number = incidents_.incident_of_root(theirs.component);
    const auto record = records_.find(number);
    if (record == records_.end() || record->second->closed || record->second->roots.empty() ||
        record->second->roots[0] != theirs.component ||
        count_in(record->second->key) >= count_in(theirs.key))
        return;
    const std::string& ours = record->second->key;
    const auto known = policy_->cases().find(number);
    const bool is_told =
        known != policy_->cases().end() &&
        std::ranges::any_of(known->second.told, [](const Told& each) { return each.serial > 0; });
    if (is_told && !is_end_told(ours, told)) return;
    policy_->forget_told(number);
    unsaved_incident(DeskRow::Kind::told, number);
    IncidentRecord renamed = *record->second;
    renamed.key = theirs.key;
    replace(std::move(renamed));
}

}  // namespace vitals::alerts
