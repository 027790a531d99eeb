#include "fleet/batches.hpp"

#include <algorithm>

namespace vitals::fleet {

namespace {

using namespace std::chrono_literals;

constexpr auto tick_length = 100ms;
constexpr std::size_t names_in_a_message = 256 << 10;  // bytes
constexpr std::size_t least_to_forget = 64;
constexpr std::uint8_t oldest = 250;

}  // namespace

bool OwnWorkers::beat(std::string_view name, Steady now) {
    const auto [at, fresh] =
        places_.try_emplace(std::string(name), static_cast<std::uint32_t>(workers_.size()));
    if (fresh) {
        if (workers_.size() >= Bounds::workers) {
            places_.erase(at);
            return false;
        }
        workers_.push_back({.name = std::string(name)});
    }
    Worker& worker = workers_[at->second];
    worker.heard_at = now;
    worker.left = false;
    return true;
}

void OwnWorkers::leave(std::string_view name, Steady now) {
    const auto at = places_.find(std::string(name));
    if (at == places_.end()) return;
    workers_[at->second].left = true;
    workers_[at->second].heard_at = now;
}

// When most places belong to workers that are gone, the others get new ones.
void OwnWorkers::forget_silent(Steady now) {
    const auto gone = [&](const Worker& worker) { return now - worker.heard_at > 2 * timeout_; };
    const auto count = static_cast<std::size_t>(std::ranges::count_if(workers_, gone));
    if (count < least_to_forget || count * 2 < workers_.size()) return;
    std::erase_if(workers_, gone);
    places_.clear();
    for (std::uint32_t i = 0; i < workers_.size(); ++i) places_[workers_[i].name] = i;
    ++epoch_;
    told_ = 0;
}

Batch OwnWorkers::batch(Steady now) {
    forget_silent(now);
    Batch batch{.epoch = epoch_};
    const auto unit = std::max<std::chrono::milliseconds>(100ms, timeout_ / 200);
    batch.unit_ms = static_cast<std::uint64_t>(unit.count());
    batch.ages.reserve(workers_.size());
    for (const Worker& worker : workers_) {
        const auto age = now - worker.heard_at;
        const auto units = static_cast<std::uint64_t>(std::max<std::int64_t>(0, age / unit));
        std::uint8_t byte = static_cast<std::uint8_t>(std::min<std::uint64_t>(units, oldest));
        if (worker.left)
            byte = Batch::left;
        else if (age > timeout_)
            byte = Batch::not_known;
        batch.ages += static_cast<char>(byte);
    }
    return batch;
}

Names OwnWorkers::names(std::size_t from) const {
    Names names{.epoch = epoch_, .from = from};
    std::size_t bytes = 0;
    for (std::size_t i = from; i < workers_.size() && bytes < names_in_a_message; ++i) {
        names.names.push_back(workers_[i].name);
        bytes += workers_[i].name.size() + 2;
    }
    return names;
}

std::optional<Names> OwnWorkers::untold() {
    if (told_ >= workers_.size()) return std::nullopt;
    Names next = names(told_);
    told_ += next.names.size();
    return next;
}

std::uint32_t OtherWorkers::tick(Steady at) const {
    const auto ticks = (at - *began_) / tick_length;
    return static_cast<std::uint32_t>(std::max<std::int64_t>(1, ticks));
}

void OtherWorkers::clear(OfNode& of) {
    size_ -= of.ends.size();
    of.names.clear();
    of.ends.clear();
    of.heard.clear();
    of.names.shrink_to_fit();
}

bool OtherWorkers::take(const std::string& node, const Batch& batch, Steady now,
                        const Heard& heard) {
    if (!began_) began_ = now - 400h;  // ticks are positive, whatever was heard long ago
    OfNode& of = nodes_[node];
    if (of.begun && of.incarnation == batch.incarnation && batch.seq <= of.seq) return false;
    if (!of.begun || of.incarnation != batch.incarnation || of.epoch != batch.epoch) {
        if (of.incarnation == batch.incarnation && batch.epoch < of.epoch) return false;
        // Names may have come before.
        if (of.incarnation != batch.incarnation || of.epoch != batch.epoch) clear(of);
        of.incarnation = batch.incarnation;
        of.epoch = batch.epoch;
        of.begun = true;
    }
    of.seq = batch.seq;
    const std::size_t known = std::min(of.ends.size(), batch.ages.size());
    const auto unit = std::chrono::milliseconds(batch.unit_ms);
    const auto slack =
        static_cast<std::uint32_t>(std::max<std::int64_t>(2, unit / tick_length + 1));
    std::uint32_t begin = 0;
    for (std::size_t i = 0; i < known; ++i) {
        const std::string_view name = std::string_view(of.names).substr(begin, of.ends[i] - begin);
        begin = of.ends[i];
        const auto age = static_cast<std::uint8_t>(batch.ages[i]);
        if (age == Batch::not_known) continue;
        if (age == Batch::left) {
            if (of.heard[i] != 0 && heard.left) heard.left(name);
            of.heard[i] = 0;
            continue;
        }
        const Steady at = now - age * unit;
        const std::uint32_t heard_tick = tick(at);
        if (of.heard[i] != 0 && heard_tick <= of.heard[i] + slack) continue;
        of.heard[i] = heard_tick;
        if (heard.beat) heard.beat(name, at);
    }
    return batch.ages.size() > of.ends.size();
}

void OtherWorkers::take(const std::string& node, const Names& names) {
    OfNode& of = nodes_[node];
    if (of.incarnation != names.incarnation || of.epoch != names.epoch) {
        if (of.incarnation == names.incarnation && names.epoch < of.epoch) return;
        if (names.from != 0) return;
        clear(of);
        of.incarnation = names.incarnation;
        of.epoch = names.epoch;
        of.begun = false;
        of.seq = 0;
    }
    if (names.from > of.ends.size()) return;
    for (std::size_t i = of.ends.size() - names.from; i < names.names.size(); ++i) {
        if (size_ >= most || of.ends.size() >= Bounds::workers) return;
        of.names += names.names[i];
        of.ends.push_back(static_cast<std::uint32_t>(of.names.size()));
        of.heard.push_back(0);
        ++size_;
    }
}

void OtherWorkers::forget_others(const std::function<bool(const std::string&)>& is_known) {
    for (auto at = nodes_.begin(); at != nodes_.end();) {
        if (is_known(at->first)) {
            ++at;
            continue;
        }
        clear(at->second);
        at = nodes_.erase(at);
    }
}

std::size_t OtherWorkers::known_on(const std::string& node) const {
    const auto at = nodes_.find(node);
    return at == nodes_.end() ? 0 : at->second.ends.size();
}

void OtherWorkers::count(std::unordered_map<std::string, std::size_t>& by_node) const {
    for (const auto& [name, of] : nodes_) by_node[name] += of.ends.size();
}

std::size_t OtherWorkers::heard_within(std::chrono::milliseconds time, Steady now) const {
    if (!began_) return 0;
    const std::uint32_t since = tick(now - time);
    std::size_t count = 0;
    for (const auto& [name, of] : nodes_)
        count += static_cast<std::size_t>(std::ranges::count_if(
            of.heard, [since](std::uint32_t heard) { return heard != 0 && heard >= since; }));
    return count;
}

std::size_t OtherWorkers::bytes() const {
    std::size_t bytes = 0;
    for (const auto& [name, of] : nodes_)
        bytes += sizeof(OfNode) + 64 + name.capacity() + of.names.capacity() +
                 4 * (of.ends.capacity() + of.heard.capacity());
    return bytes;
}

}  // namespace vitals::fleet
