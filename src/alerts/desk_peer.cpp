// Several vitals that tell the same, as peers or as nodes of a fleet: the names that incidents have
// on all of them, and what the others told.
//
// An incident is called by the service or the fleet, its first component, and how many incidents
// that component had. All count alike, and take over the greater number of another, so that they
// call the next incident the same also while they cannot hear each other. A name whose end was told
// is not used again.
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

}  // namespace

void Desk::set_naming(std::optional<Naming> naming) {
    naming_ = std::move(naming);
}

// Others may see what is wrong with it, too. What is wrong with this vitals concerns this one only,
// but where it can look at all but what others cannot look at either.
bool Desk::is_named(const std::string& component) const {
    if (!naming_) return false;
    if (!settings_.shares) return !component.starts_with("vitals/");
    if (component != blind_component) return settings_.shares(component);
    return std::ranges::all_of(texts_, [this](const auto& each) {
        return !each.second.blind || settings_.shares(each.first);
    });
}

std::string Desk::blind_title() const {
    if (is_named(std::string(blind_component))) {
        const auto whole = texts_.find("fleet");
        if (whole != texts_.end() && whole->second.blind) return whole->second.detail;
        for (const auto& [component, text] : texts_)
            if (text.blind) return text.detail;
    }
    return "vitals could not look";
}

std::string Desk::key_of(std::string_view component, std::uint64_t count) const {
    const std::string text = fmt::format("{}\n{}", naming_->name, component);
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
    std::string key = naming_->prefix;
    for (std::size_t i = 0; i < naming_->bytes; ++i) key += fmt::format("{:02x}", digest[i]);
    return fmt::format("{}-{}", key, count);
}

bool Desk::is_component(std::string_view name) const {
    return name == blind_component ||
           std::ranges::binary_search(
               components_, name, {},
               [](const auto& each) -> std::string_view { return each->name; });
}

bool Desk::is_end_known(std::string_view key) const {
    return is_end_told(key, ended_);
}

std::string Desk::next_name(const std::string& component) {
    unsaved(DeskRow::Kind::pair, component);
    return key_of(component, ++counts_[component]);
}

// What all call the incident that begins now; empty: it is of this one only.
std::string Desk::common_name(const std::string& root) {
    if (root.empty() || !is_named(root)) return {};
    std::uint64_t there = 0;
    for (const auto& [from, open] : open_there_)
        if (const auto at = open.find(root); at != open.end())
            there = std::max(there, count_in(at->second));
    std::uint64_t& count = counts_[root];
    // What another one may not know yet to be over is over.
    if (there == 0 || there < count || is_end_known(key_of(root, there))) return next_name(root);
    count = there;
    unsaved(DeskRow::Kind::pair, root);
    return key_of(root, count);
}

// Which of several roots comes first differs; the first by name does not. A storm that holds what
// this one alone sees is of this one.
void Desk::name_storm(std::uint64_t number) {
    const Incident* incident = incidents_.find(number);
    const auto record = records_.find(number);
    if (incident == nullptr || record == records_.end() || record->second->key.empty()) return;
    const std::string& first = incident->roots.front();
    const bool all =
        std::ranges::all_of(incident->roots, [this](const auto& root) { return is_named(root); });
    const auto count = counts_.find(first);
    rename(number, all && count != counts_.end() ? key_of(first, count->second) : std::string());
}

void Desk::rename(std::uint64_t number, std::string key) {
    IncidentRecord renamed = *records_.find(number)->second;
    renamed.key = std::move(key);
    replace(std::move(renamed));
}

// The root that its name is made of.
std::string Desk::named_root(const IncidentRecord& record) const {
    const std::uint64_t count = count_in(record.key);
    const auto root = std::ranges::find_if(
        record.roots, [&](const auto& each) { return key_of(each, count) == record.key; });
    return root == record.roots.end() ? std::string() : *root;
}

// Also one that has closed, while somebody is to hear of that.
const IncidentRecord* Desk::known_by_key(std::string_view key) const {
    for (const auto& [number, record] : records_)
        if (record->key == key && incidents_.find(number) != nullptr) return record.get();
    return nullptr;
}

bool Desk::is_wrong(std::string_view key) const {
    const IncidentRecord* record = known_by_key(key);
    const Incident* incident = record == nullptr ? nullptr : incidents_.find(record->number);
    return incident != nullptr && !incident->closed && incident->wrong();
}

// Open incidents and what was told of them; then what was last told of closed ones.
std::vector<PeerTold> Desk::told_by_us() const {
    std::vector<PeerTold> all;
    if (!policy_ || !naming_) return all;
    for (auto at = records_.rbegin(); at != records_.rend(); ++at) {
        const IncidentRecord& record = *at->second;
        const Incident* incident = incidents_.find(record.number);
        if (record.key.empty() || record.closed || record.roots.empty()) continue;
        PeerTold entry{.key = record.key,
                       .component = named_root(record),
                       .open = true,
                       .wrong = incident != nullptr && incident->wrong(),
                       .storm = record.storm};
        if (entry.component.empty()) continue;
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
    if (!naming_ || record.key.empty() || message.state != State::resolved) return;
    PeerTold end{.key = record.key,
                 .component = named_root(record),
                 .receiver = message.receiver,
                 .state = message.state,
                 .serial = message.serial};
    if (!end.component.empty()) remember_end(std::move(end));
}

void Desk::remember_end(PeerTold end) {
    end.open = end.wrong = end.storm = false;
    const auto same = [&end](const PeerTold& each) {
        return each.key == end.key && each.receiver == end.receiver;
    };
    if (const auto known = std::ranges::find_if(ended_, same); known != ended_.end()) {
        if (known->serial >= end.serial) return;
        ended_.erase(known);
    }
    unsaved(DeskRow::Kind::pair, end.component);
    ended_.push_front(std::move(end));
    if (ended_.size() > most_ended) ended_.pop_back();
}

std::vector<PeerTold> Desk::ends_of(std::string_view component) const {
    std::vector<PeerTold> ends;
    std::ranges::copy_if(ended_, std::back_inserter(ends),
                         [component](const PeerTold& each) { return each.component == component; });
    return ends;
}

void Desk::heard(const std::string& from, bool whole, const std::vector<PeerTold>& told) {
    if (!policy_ || !naming_) return;
    OpenNames nowhere;
    auto& open = from.empty() ? nowhere : open_there_[from];
    if (whole) open.clear();
    // Names first: what an end leaves behind takes the name that others have.
    std::vector<const PeerTold*> known;
    for (const PeerTold& each : told)
        if (hear_name(each, open, told)) known.push_back(&each);
    bool news = false;
    for (const PeerTold* each : known) {
        if (each->receiver.empty()) continue;
        if (hear_message(*each)) news = true;
        if (!each->open && each->state == State::resolved) remember_end(*each);
    }
    if (open.empty() && !from.empty()) open_there_.erase(from);
    if (news) settle_soon();
}

std::map<std::string, Acknowledgement> Desk::acknowledged() const {
    std::map<std::string, Acknowledgement> all;
    for (const auto& [number, record] : records_)
        if (const Incident* incident = incidents_.find(number);
            incident != nullptr && !incident->closed && incident->acknowledged &&
            !record->key.empty())
            all.emplace(record->key, *incident->acknowledged);
    return all;
}

void Desk::heard_acknowledged(std::string_view key, Acknowledgement acknowledgement) {
    const IncidentRecord* record = policy_ && naming_ ? known_by_key(key) : nullptr;
    if (record == nullptr) return;
    const std::uint64_t number = record->number;
    const auto known = acknowledged_.find(number);
    const auto& before = incidents_.find(number)->acknowledged;
    if ((known != acknowledged_.end() && acknowledgement.at <= known->second) ||
        (before && acknowledgement.at <= before->at))
        return;
    if (take_acknowledgement(number, std::move(acknowledgement))) settle_soon();
}

// False: the incident is over.
bool Desk::take_acknowledgement(std::uint64_t number, Acknowledgement acknowledgement) {
    if (!incidents_.acknowledge(number, acknowledgement)) return false;
    std::erase_if(acknowledged_,
                  [this](const auto& each) { return incidents_.find(each.first) == nullptr; });
    acknowledged_.insert_or_assign(number, acknowledgement.at);
    unsaved_incident(DeskRow::Kind::incident, number);
    refresh_.insert(number);
    const auto& roots = records_.at(number)->roots;
    add_happening({.at = acknowledgement.at,
                   .what = Happening::What::acknowledged,
                   .component = roots.empty() ? std::string() : roots[0],
                   .incident = number,
                   .text = std::move(acknowledgement.reason),
                   .by = std::move(acknowledgement.by)});
    return true;
}

// False: it is about nothing that this one has.
bool Desk::hear_name(const PeerTold& each, OpenNames& open, const std::vector<PeerTold>& told) {
    const std::uint64_t count = count_in(each.key);
    if (count == 0 || !is_component(each.component) || key_of(each.component, count) != each.key)
        return false;
    if (std::uint64_t& known = counts_[each.component]; count > known) {
        known = count;
        unsaved(DeskRow::Kind::pair, each.component);
    }
    const auto at = open.find(each.component);
    if (each.open) {
        open[each.component] = each.key;
        take_their_name(each, told);
    } else if (at != open.end() && at->second == each.key) {
        open.erase(at);
    }
    return true;
}

bool Desk::hear_message(const PeerTold& each) {
    const IncidentRecord* record = known_by_key(each.key);
    if (record == nullptr) return false;
    const std::uint64_t number = record->number;
    // Its end was told, and it is wrong here: what goes on has another name, that of the others
    // where they have one.
    if (settings_.shares && each.state == State::resolved && is_wrong(each.key) &&
        each.serial > policy_->last_told(number, each.receiver)) {
        policy_->forget_told(number);
        unsaved_incident(DeskRow::Kind::told, number);
        rename(number, common_name(each.component));
        return true;
    }
    if (!policy_->heard(number, each.receiver, each.state, each.level, each.serial,
                        seams_.moment().now))
        return false;
    unsaved_incident(DeskRow::Kind::told, number);
    refresh_.insert(number);
    if (seams_.told_elsewhere)
        seams_.told_elsewhere(
            {.incident = number,
             .receiver = each.receiver,
             .serial = each.serial,
             .kind = each.state == State::resolved ? Kind::resolved : Kind::problem,
             .state = each.state,
             .level = each.level,
             .decided = seams_.moment().now,
             .cause = record->roots},
            *record);
    return true;
}

// Of an incident that both have under different names: it takes the later one, if nobody was told
// of the earlier one here, or its end was told there. Of two storms that share a root it takes the
// one of which somebody was told, or the first by name.
void Desk::take_their_name(const PeerTold& theirs, const std::vector<PeerTold>& told) {
    const std::uint64_t number = incidents_.incident_of_root(theirs.component);
    const auto record = records_.find(number);
    if (record == records_.end() || record->second->closed || record->second->key.empty() ||
        record->second->key == theirs.key)
        return;
    const std::string ours = record->second->key;
    const bool same_root = named_root(*record->second) == theirs.component;
    if (same_root
            ? count_in(ours) >= count_in(theirs.key)
            : !record->second->storm || !theirs.storm || (theirs.serial == 0 && ours < theirs.key))
        return;
    const auto known = policy_->cases().find(number);
    const bool is_told =
        known != policy_->cases().end() &&
        std::ranges::any_of(known->second.told, [](const Told& each) { return each.serial > 0; });
    if (is_told && !is_end_told(ours, told) && !is_end_known(ours)) return;
    policy_->forget_told(number);
    unsaved_incident(DeskRow::Kind::told, number);
    rename(number, theirs.key);
}

}  // namespace vitals::alerts
