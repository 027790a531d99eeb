#include "fleet/pushes.hpp"

#include <tuple>
#include <utility>

#include "text/escape.hpp"

namespace vitals::fleet {

namespace {

using namespace std::chrono_literals;

constexpr auto again_soon = 2s, again_after = 30s;

}  // namespace

void Pushes::configure(const std::vector<std::string>& names) {
    auto before = std::exchange(latest_, {});
    for (const std::string& name : names) {
        const auto at = before.find(name);
        latest_.emplace(name, at == before.end() ? Latest{} : std::move(at->second));
    }
}

void Pushes::tell(std::string_view name, const Outcome& outcome,
                  std::chrono::milliseconds valid_for, const std::string& node, std::uint64_t wall,
                  Steady now) {
    const auto at = latest_.find(name);
    if (at == latest_.end()) return;
    Pushed pushed;
    pushed.at = clock_.tell(wall);
    pushed.status = outcome.status;
    pushed.error_class = outcome.error_class;
    pushed.valid_ms = static_cast<std::uint64_t>(valid_for.count());
    pushed.detail = text::one_line(outcome.detail);  // else nobody would take it
    pushed.error = outcome.error;
    at->second = {.at = pushed.at,
                  .node = node,
                  .own = pushed,
                  .pushed_at = now,
                  .valid_until = now + valid_for,
                  .due = now};
}

std::optional<std::chrono::milliseconds> Pushes::take(std::string_view name,
                                                      const std::string& node, const Pushed& pushed,
                                                      Steady now) {
    const auto at = latest_.find(name);
    if (at == latest_.end()) return std::nullopt;
    clock_.hear(pushed.at);
    Latest& latest = at->second;
    if (std::tie(pushed.at, node) <= std::tie(latest.at, latest.node)) {
        // Whoever said that has missed what is told here.
        if (latest.own && pushed.at != latest.at) latest.due = std::min(latest.due, now + 1s);
        return std::nullopt;
    }
    latest = {.at = pushed.at, .node = node, .own = std::nullopt};
    if (pushed.observed_ago_ms >= pushed.valid_ms) return std::nullopt;
    return std::chrono::milliseconds(pushed.valid_ms - pushed.observed_ago_ms);
}

void Pushes::turn(bool all, Steady now,
                  const std::function<void(const std::string& name, Pushed pushed)>& send) {
    for (auto& [name, latest] : latest_) {
        if (!latest.own || now >= latest.valid_until || (now < latest.due && !all)) continue;
        Pushed pushed = *latest.own;
        pushed.observed_ago_ms = static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::milliseconds>(now - latest.pushed_at).count());
        latest.due = now + (latest.told++ == 0 ? again_soon : again_after);
        send(name, std::move(pushed));
    }
}

}  // namespace vitals::fleet
