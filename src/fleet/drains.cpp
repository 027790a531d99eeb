#include "fleet/drains.hpp"

#include <tuple>
#include <utility>

namespace vitals::fleet {

bool Drains::tell(const std::string& service, std::string text, std::string by,
                  const std::string& node, std::uint64_t wall) {
    if (!drains_.contains(service) && drains_.size() >= most) return false;
    drains_[service] = {clock_.tell(wall), node, std::move(text), std::move(by)};
    return true;
}

bool Drains::take(const std::string& service, const Drain& drain) {
    clock_.hear(drain.at);
    const auto at = drains_.find(service);
    if (at == drains_.end()) {
        if (drains_.size() >= most) return false;
        drains_.emplace(service, drain);
        return true;
    }
    Drain& known = at->second;
    // The text last, so that all nodes get the same result even if somebody lies.
    if (std::tie(drain.at, drain.origin, drain.text, drain.by) <=
        std::tie(known.at, known.origin, known.text, known.by))
        return false;
    known = drain;
    return true;
}

const Drain* Drains::find(std::string_view service) const {
    const auto at = drains_.find(service);
    return at == drains_.end() ? nullptr : &at->second;
}

}  // namespace vitals::fleet
