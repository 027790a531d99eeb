#include "history/sketch.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "history/varint.hpp"

namespace vitals::history {

namespace {

constexpr double bins_an_octave = 8;
constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();

std::uint64_t sum(std::uint64_t a, std::uint64_t b) {
    return a > most - b ? most : a + b;
}

}  // namespace

std::uint32_t bin_of(std::chrono::microseconds time) noexcept {
    if (time.count() <= 1) return 0;
    const double octave = std::log2(static_cast<double>(time.count()));
    return std::min(last_bin, static_cast<std::uint32_t>(octave * bins_an_octave));
}

std::chrono::microseconds middle_of(std::uint32_t bin) noexcept {
    const double octave = (static_cast<double>(std::min(bin, last_bin)) + 0.5) / bins_an_octave;
    return std::chrono::microseconds(std::llround(std::exp2(octave)));
}

void Sketch::add(std::chrono::microseconds time, std::uint64_t count) {
    if (count > 0) add_to(bin_of(time), count);
}

void Sketch::add_to(std::uint32_t bin, std::uint64_t count) {
    const auto at = std::ranges::lower_bound(bins_, bin, {}, &Bin::number);
    if (at != bins_.end() && at->number == bin)
        at->count = sum(at->count, count);
    else
        bins_.insert(at, {bin, count});
}

void Sketch::merge(const Sketch& other) {
    for (const Bin& bin : other.bins_) add_to(bin.number, bin.count);
}

std::uint64_t Sketch::count() const noexcept {
    std::uint64_t all = 0;
    for (const Bin& bin : bins_) all = sum(all, bin.count);
    return all;
}

std::chrono::microseconds Sketch::quantile(double part) const noexcept {
    if (bins_.empty()) return {};
    const double rank = std::clamp(part, 0.0, 1.0) * static_cast<double>(count());
    double before = 0;
    for (const Bin& bin : bins_) {
        before += static_cast<double>(bin.count);
        if (before >= rank) return middle_of(bin.number);
    }
    return middle_of(bins_.back().number);
}

std::string Sketch::encoded() const {
    std::string bytes;
    std::uint32_t last = 0;
    for (const Bin& bin : bins_) {
        put_varint(bytes, bin.number - last);
        put_varint(bytes, bin.count);
        last = bin.number;
    }
    return bytes;
}

std::optional<Sketch> Sketch::decoded(std::string_view bytes) {
    Sketch made;
    std::uint64_t number = 0;
    while (!bytes.empty()) {
        const auto delta = take_varint(bytes);
        const auto count = take_varint(bytes);
        if (!delta || !count || *count == 0 || *delta > last_bin) return std::nullopt;
        if (*delta == 0 && !made.bins_.empty()) return std::nullopt;
        number += *delta;
        if (number > last_bin) return std::nullopt;
        made.bins_.push_back({static_cast<std::uint32_t>(number), *count});
    }
    return made;
}

}  // namespace vitals::history
