#include "alerts/addresses.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "text/escape.hpp"

namespace vitals::alerts {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_hosts = 4;       // of a component: redirects lead to others
constexpr std::size_t most_addresses = 32;  // of a host
constexpr std::size_t shown_addresses = 3;
constexpr std::size_t longest = 64;   // bytes of a name
constexpr unsigned told_at_once = 3;  // changes
constexpr auto quiet = 1h;

std::string listed(const std::vector<std::string>& addresses) {
    std::string text;
    for (std::size_t i = 0; i < std::min(addresses.size(), shown_addresses); ++i)
        text += (i == 0 ? "" : ", ") + addresses[i];
    if (addresses.size() > shown_addresses)
        text += fmt::format(" and {} more", addresses.size() - shown_addresses);
    return text;
}

}  // namespace

std::optional<std::string> Addresses::look(const std::string& component, const std::string& host,
                                           std::vector<std::string> found, Steady now) {
    if (found.empty()) return std::nullopt;
    std::ranges::sort(found);
    found.erase(std::ranges::unique(found).begin(), found.end());
    if (found.size() > most_addresses) found.resize(most_addresses);
    auto& hosts = known_[component];
    const auto at = hosts.find(host);
    if (at == hosts.end()) {
        if (hosts.size() < most_hosts) hosts[host].addresses = std::move(found);
        return std::nullopt;
    }
    Known& known = at->second;
    if (known.addresses == found) return std::nullopt;
    const std::vector<std::string> before = std::exchange(known.addresses, std::move(found));
    if (known.changes > 0 && now - known.changed >= quiet) known.changes = 0;
    known.changed = now;
    if (known.changes >= told_at_once) return std::nullopt;
    ++known.changes;
    return fmt::format("{} resolves to {} (was {}){}", text::one_line(host.substr(0, longest)),
                       listed(known.addresses), listed(before),
                       known.changes == told_at_once
                           ? "; it changes often and is not told again before an hour without a "
                             "change"
                           : "");
}

void Addresses::forget(std::string_view component) {
    if (const auto found = known_.find(component); found != known_.end()) known_.erase(found);
}

}  // namespace vitals::alerts
