// The usual times of one component's runs, whole and by phase, and their recent times: in about a
// hundred bytes. Belongs to its holder; not thread-safe.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "model/responses.hpp"
#include "vitals/outcome.hpp"

namespace vitals::history {

// The median of a stream in two bytes: it moves up a little for a value above it, and down for one
// below. So an outlier moves it no more than any other value; after a change of level it follows
// within a hundred values.
class Median {
  public:
    // `before`: how many values it has taken.
    void take(std::chrono::microseconds value, std::uint64_t before) noexcept;
    std::chrono::microseconds value() const noexcept;

  private:
    std::int16_t octaves_ = 0;  // log2 of microseconds, in steps of 1/512
};

class Usual {
  public:
    static constexpr std::size_t spark_steps = 45;
    static constexpr std::chrono::minutes spark_step{2};

    // A run with an answer. `phases` is empty if they are not known.
    void take(System at, std::chrono::microseconds took, bool ok, std::span<const Phase> phases);
    UsualTimes times(System now) const;

  private:
    struct PhaseMedian {
        std::uint16_t name = 0;  // among all names
        std::uint16_t count = 0;
        Median usual;
    };
    void turn_to(std::int32_t step);
    void sample(std::chrono::microseconds took);
    void take(const Phase& phase);
    std::uint8_t median_of_step() const;

    std::vector<PhaseMedian> phases_;  // in the order of a run
    System last_ok_{};
    std::uint32_t runs_ = 0;
    std::int32_t step_ = 0;  // of the latest run: since 1970
    Median usual_;
    // Former steps: bins, 0 for none; a ring by the number of the step.
    std::array<std::uint8_t, spark_steps> spark_{};
    // The present step: a sample of its bins.
    std::array<std::uint8_t, 15> sample_{};
    std::uint16_t seen_ = 0;
};

}  // namespace vitals::history
