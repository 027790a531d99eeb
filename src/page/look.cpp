#include "page/look.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <unordered_map>

#include <fmt/format.h>

#include "model/severity.hpp"
#include "page/markup.hpp"
#include "text/amount.hpp"
#include "text/escape.hpp"
#include "text/percent.hpp"

namespace vitals::page {

char symbol_of(Shape shape) noexcept {
    return "fudbmo"[static_cast<std::size_t>(shape)];
}

char colour_of(Shape shape) noexcept {
    return "FUDUMO"[static_cast<std::size_t>(shape)];
}

std::string_view word_of(Shape shape) noexcept {
    constexpr std::array<std::string_view, 6> words = {"failed",         "unknown",     "degraded",
                                                       "unknown, blind", "maintenance", "ok"};
    return words[static_cast<std::size_t>(shape)];
}

namespace {

Shape shape_of(const ComponentState& state, const ShownMute* mute, Steady now) {
    if (mute != nullptr && mute->maintenance) return Shape::maintenance;
    switch (state.status(now)) {
        case Status::ok:
            return Shape::ok;
        case Status::degraded:
            return Shape::degraded;
        case Status::failed:
            return Shape::failed;
        case Status::unknown:
            break;
    }
    const bool blind =
        !state.stale(now) && state.last != nullptr && state.last->error_class == ErrorClass::local;
    return blind ? Shape::blind : Shape::unknown;
}

// The open incident of each component.
std::unordered_map<std::string_view, const IncidentRecord*> open_incidents(const Board& board) {
    std::unordered_map<std::string_view, const IncidentRecord*> found;
    for (const auto& incident : board.incidents) {
        if (incident->closed) continue;
        for (const std::string& root : incident->roots) found.emplace(root, incident.get());
        for (const auto& member : incident->members)
            if (!member.ended) found.emplace(member.component, incident.get());
    }
    return found;
}

}  // namespace

Look::Look(const Facts& given, const View& shown)
    : facts(given),
      view(shown),
      now(given.request.now),
      at(given.request.now_system),
      may_read(given.viewer.read || given.request.disclose == Disclosure::full),
      may_control(given.viewer.control),
      tells_detail(may_read || given.request.disclose != Disclosure::status) {
    see_all();
    find_causes();
}

void Look::see_all() {
    const auto states = dialects::visible(facts.snapshot, facts.request, true);
    const auto incidents = open_incidents(facts.board);
    all.reserve(states.size());
    for (const ComponentState* state : states) {
        Seen seen{.state = state, .index = all.size()};
        if (!facts.board.muted.empty()) seen.mute = facts.board.mute_of(state->name());
        seen.shape = shape_of(*state, seen.mute, now);
        seen.flapping = std::ranges::binary_search(facts.board.flapping, state->name());
        if (seen.shape != Shape::ok)
            if (const auto found = incidents.find(state->name()); found != incidents.end())
                seen.incident = found->second;
        all.push_back(std::move(seen));
    }
    for (const Seen& seen : all) (seen.state->component->own ? own : watched).push_back(&seen);
}

// A component is a consequence of what it needs, directly or not, if that is at least as bad. What
// the viewer does not see explains nothing.
void Look::find_causes() {
    const auto worse_need = [this](const Seen& seen) -> const Seen* {
        const int own_weight = severity(seen.state->status(now));
        const Seen* found = nullptr;
        for (const std::string& need : seen.state->component->depends_on) {
            const Seen* other = find(need);
            if (other == nullptr || other == &seen || !other->wrong()) continue;
            const int weight = severity(other->state->status(now));
            if (weight < own_weight) continue;
            if (found == nullptr || weight > severity(found->state->status(now))) found = other;
        }
        return found;
    };
    for (Seen& seen : all) {
        if (!seen.wrong()) continue;
        const Seen* root = nullptr;
        std::size_t steps = 0;  // the configuration has no circle; a library's may
        for (const Seen* next = worse_need(seen); next != nullptr && ++steps < all.size();
             next = worse_need(*next))
            root = next;
        if (root == &seen) root = nullptr;
        seen.cause = root;
        if (root != nullptr) all[root->index].consequences.push_back(&seen);
    }
    // A part of vitals without a result is not a problem: an objective waits until somebody looks.
    // The footer shows it.
    const auto has_said = [](const Seen& seen) {
        return !seen.state->component->own || seen.state->last != nullptr;
    };
    for (const Seen& seen : all)
        if (seen.wrong() && seen.cause == nullptr && has_said(seen)) causes.push_back(&seen);
    for (Seen& seen : all)
        std::ranges::sort(seen.consequences, {}, [](const Seen* one) {
            return std::tuple(rank_of(one->shape), one->state->since, one->index);
        });
    std::ranges::sort(causes, {}, [](const Seen* one) {
        const bool taken = one->mute != nullptr ||
                           (one->incident != nullptr && one->incident->acknowledged.has_value());
        return std::tuple(!one->state->component->critical, rank_of(one->shape), taken,
                          -static_cast<long>(one->consequences.size()), one->state->since,
                          one->index);
    });
}

std::size_t Look::count(Shape shape) const noexcept {
    return static_cast<std::size_t>(std::ranges::count(watched, shape, &Seen::shape));
}

const Seen* Look::find(std::string_view name) const noexcept {
    const auto found = std::ranges::lower_bound(
        all, name, {}, [](const Seen& seen) { return std::string_view(seen.name()); });
    return found != all.end() && found->name() == name ? &*found : nullptr;
}

bool Look::shows(std::string_view name) const {
    return dialects::shows(facts.snapshot, facts.request, name);
}

std::string Look::why(const Seen& seen) const {
    if (!tells_detail) return {};
    const ComponentState& state = *seen.state;
    if (!state.stale(now)) return text::one_line(state.detail(now));
    return fmt::format("last result {} old, valid for {}", text::spoken_age(now - state.observed),
                       text::spoken_age(state.valid_until - state.observed));
}

std::string Look::error(const Seen& seen) const {
    if (!may_read || seen.state->last == nullptr) return {};
    return text::one_line(seen.state->last->error);
}

std::string Look::word(const Seen& seen) const {
    if (seen.shape == Shape::unknown && seen.stale(now)) return "unknown, stale";
    if (seen.shape == Shape::unknown && seen.state->last == nullptr) return "unknown, not run yet";
    return std::string(word_of(seen.shape));
}

std::string Look::link(std::string_view component) const {
    return facts.root + "c/" + text::percent_encoded(component, "/");
}

std::string Look::link(const IncidentRecord& incident) const {
    return facts.root + "i/" + text::percent_encoded(incident.id);
}

const std::string& Look::title() const noexcept {
    return facts.title.empty() ? facts.snapshot.service.name : facts.title;
}

}  // namespace vitals::page
