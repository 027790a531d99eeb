// Counts of answers.
#include "endpoints/traffic.hpp"

namespace vitals::endpoints {

Counter& TrafficBook::counter(unsigned thread, const std::string& endpoint, int code) {
    std::scoped_lock lock(mutex_);
    auto& counters = counters_[{endpoint, code}];
    if (counters == nullptr) counters = std::make_unique<Counter[]>(threads_);
    return counters[thread];
}

std::vector<dialects::Traffic> TrafficBook::sum() const {
    std::scoped_lock lock(mutex_);
    std::vector<dialects::Traffic> result;
    result.reserve(counters_.size());
    for (const auto& [key, counters] : counters_) {
        std::uint64_t count = 0;
        for (unsigned thread = 0; thread < threads_; ++thread) count += counters[thread].value();
        if (count > 0) result.push_back({key.first, key.second, count});
    }
    return result;
}

}  // namespace vitals::endpoints
