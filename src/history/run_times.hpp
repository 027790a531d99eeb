// How long runs took in a period, in a few numbers that merge. Pure.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "history/sketch.hpp"
#include "model/responses.hpp"

namespace vitals::history {

struct RunTimes {
    std::uint64_t runs = 0;
    std::chrono::microseconds least{}, most{}, total{};
    Sketch sketch;

    void add(std::chrono::microseconds took) {
        merge({1, took, took, took, {}});
        sketch.add(took);
    }
    void merge(const RunTimes& other) {
        if (other.runs == 0) return;
        least = runs == 0 ? other.least : std::min(least, other.least);
        most = std::max(most, other.most);
        total += other.total;
        runs += other.runs;
        sketch.merge(other.sketch);
    }
    ResponseStep step(System at) const {
        return {at,
                runs,
                least,
                most,
                total,
                std::clamp(sketch.quantile(0.5), least, most),
                std::clamp(sketch.quantile(0.95), least, most)};
    }
    bool operator==(const RunTimes&) const = default;
};

}  // namespace vitals::history
