#include "history/usual.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <string>
#include <unordered_map>

#include "history/sketch.hpp"

namespace vitals::history {

namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;

constexpr double steps_an_octave = 512;
constexpr int least_move = 4;  // 0.5 %
constexpr std::size_t most_phases = 12;
constexpr std::size_t most_names = 4'096;

std::int16_t octaves_of(microseconds value) {
    const double octaves = std::log2(static_cast<double>(std::max<std::int64_t>(value.count(), 1)));
    return static_cast<std::int16_t>(std::min(octaves * steps_an_octave, 32'767.0));
}

// The code of the checks names the phases: a few dozen names for all components.
class Names {
  public:
    // 0: there are too many.
    std::uint16_t number_of(const std::string& name) {
        const std::lock_guard lock(mutex_);
        if (const auto found = numbers_.find(name); found != numbers_.end()) return found->second;
        if (names_.size() == most_names) return 0;
        names_.push_back(name);
        const auto number = static_cast<std::uint16_t>(names_.size());
        numbers_.emplace(name, number);
        return number;
    }
    std::string name_of(std::uint16_t number) const {
        const std::lock_guard lock(mutex_);
        return number == 0 ? std::string() : names_.at(number - 1u);
    }

  private:
    mutable std::mutex mutex_;
    std::unordered_map<std::string, std::uint16_t> numbers_;
    std::vector<std::string> names_;
};

Names& names() {
    static Names all;
    return all;
}

std::int32_t step_of(System at) {
    return static_cast<std::int32_t>(
        std::chrono::floor<std::chrono::minutes>(at.time_since_epoch()) / Usual::spark_step);
}

std::size_t place_of(std::int32_t step) {
    return static_cast<std::size_t>(step) % Usual::spark_steps;
}

// One byte: 0 for none.
std::uint8_t spark_of(microseconds took) {
    return static_cast<std::uint8_t>(std::min<std::uint32_t>(bin_of(took), 254) + 1);
}

microseconds time_of(std::uint8_t spark) {
    return spark == 0 ? microseconds::zero() : middle_of(spark - 1u);
}

}  // namespace

void Median::take(microseconds value, std::uint64_t before) noexcept {
    const std::int16_t octaves = octaves_of(value);
    if (before == 0) {
        octaves_ = octaves;
        return;
    }
    const int reach = static_cast<int>(steps_an_octave / static_cast<double>(before + 1));
    const int move = std::min(std::max(reach, least_move), std::abs(octaves - octaves_));
    octaves_ = static_cast<std::int16_t>(octaves > octaves_ ? octaves_ + move : octaves_ - move);
}

microseconds Median::value() const noexcept {
    return microseconds(std::llround(std::exp2(static_cast<double>(octaves_) / steps_an_octave)));
}

void Usual::turn_to(std::int32_t step) {
    if (step <= step_) return;  // the same, or a late report
    if (step - step_ >= static_cast<std::int32_t>(spark_steps)) {
        spark_.fill(0);
    } else {
        spark_[place_of(step_)] = median_of_step();
        for (std::int32_t empty = step_ + 1; empty <= step; ++empty) spark_[place_of(empty)] = 0;
    }
    step_ = step;
    seen_ = 0;
}

std::uint8_t Usual::median_of_step() const {
    const std::size_t count = std::min<std::size_t>(seen_, sample_.size());
    if (count == 0) return 0;
    auto sorted = sample_;
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>((count - 1) / 2);
    std::nth_element(sorted.begin(), middle, sorted.begin() + static_cast<std::ptrdiff_t>(count));
    return *middle;
}

void Usual::take(System at, microseconds took, bool ok, std::span<const Phase> phases) {
    const std::int32_t step = step_of(at);
    turn_to(step);
    if (step < step_) {
        // A late report: this is all there is.
        if (step > step_ - static_cast<std::int32_t>(spark_steps) && spark_[place_of(step)] == 0)
            spark_[place_of(step)] = spark_of(took);
    } else {
        sample(took);
    }
    if (!ok) return;
    last_ok_ = std::max(last_ok_, at);
    usual_.take(took, runs_);
    ++runs_;
    for (const Phase& phase : phases) take(phase);
}

void Usual::sample(microseconds took) {
    // Every run has the same chance to be in the sample: run number n takes a place with 15 / n.
    std::size_t place = seen_;
    if (place >= sample_.size()) place = (runs_ * 2'654'435'761u >> 8) % (seen_ + 1u);
    if (place < sample_.size()) sample_[place] = spark_of(took);
    if (seen_ < 60'000) ++seen_;
}

void Usual::take(const Phase& phase) {
    const std::uint16_t name = names().number_of(phase.name);
    if (name == 0) return;
    auto known = std::ranges::find(phases_, name, &PhaseMedian::name);
    if (known == phases_.end()) {
        if (phases_.size() == most_phases) return;
        phases_.reserve(phases_.size() + 1);  // not twice as many
        known = phases_.insert(phases_.end(), PhaseMedian{name, 0, {}});
    }
    known->usual.take(duration_cast<microseconds>(phase.duration), known->count);
    if (known->count < 60'000) ++known->count;
}

UsualTimes Usual::times(System now) const {
    UsualTimes times;
    times.runs = runs_;
    times.last_ok = last_ok_;
    if (runs_ > 0) times.p50 = usual_.value();
    for (const PhaseMedian& each : phases_)
        times.phases.push_back({names().name_of(each.name), each.usual.value()});
    times.spark.resize(spark_steps);
    const std::int32_t last = step_of(now);
    for (std::size_t i = 0; i < spark_steps; ++i) {
        const std::int32_t step = last - static_cast<std::int32_t>(spark_steps - 1 - i);
        if (step == step_)
            times.spark[i] = time_of(median_of_step());
        else if (step < step_ && step > step_ - static_cast<std::int32_t>(spark_steps))
            times.spark[i] = time_of(spark_[place_of(step)]);
    }
    return times;
}

}  // namespace vitals::history
