// Components that a few nodes check for all: which of them this node checks, and what all found.
#include <algorithm>
#include <set>
#include <utility>

#include "app/fleet_part.hpp"
#include "app/fleet_vantage.hpp"

namespace vitals::app {

// A node that hears nobody goes on with what it did.
void FleetPart::run_checks() {
    const std::vector<std::string> names = member_->own_checks();
    const std::set<std::string, std::less<>> wanted(names.begin(), names.end());
    std::erase_if(running_, [&](const auto& each) { return !wanted.contains(each.first); });
    for (const std::string& name : wanted) {
        if (running_.contains(name)) continue;
        const auto at = checks_.find(name);
        if (at != checks_.end() && !waits_for_secret(at->second))
            running_.emplace(name, std::make_unique<Own>(*this, at->second));
    }
}

void FleetPart::show_checks(Steady now) {
    const bool contact = member_->in_contact(now);
    const bool namesake = member_->namesake().has_value();
    for (const auto& [name, check] : checks_) {
        if (!contact) {
            tell(name, no_contact(), now + validity);
            continue;
        }
        if (namesake) {
            tell(name, unknown("another node has this node's name"), now + validity);
            continue;
        }
        fleet::Member::Judged judged = member_->verdict(name, now);
        // Without contact it holds no longer than that is noticed.
        const Steady until =
            std::min(judged.valid_until, *member_->contact() + member_->patience(now) + turn_every);
        tell(name, std::move(judged.outcome), until);
    }
}

}  // namespace vitals::app
