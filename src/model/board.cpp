// What people are shown: words, and finding things on the board.
#include "model/board.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "model/clock.hpp"

namespace vitals {
namespace {

constexpr std::array<std::string_view, 4> note_states{"investigating", "identified", "monitoring",
                                                      "resolved"};
constexpr std::array<std::string_view, 15> happening_words{
    "transition", "incident_opened", "incident_closed", "acknowledged",   "note",
    "silenced",   "unsilenced",      "decommissioned",  "recommissioned", "reloaded",
    "announced",  "alerted",         "started",         "noticed",        "acted"};
constexpr std::array<std::string_view, 4> delivery_words{"queued", "in_doubt", "delivered",
                                                         "refused"};

}  // namespace

std::string_view to_string(NoteState state) noexcept {
    return note_states[static_cast<std::size_t>(state)];
}

std::optional<NoteState> note_state_of(std::string_view word) noexcept {
    const auto found = std::ranges::find(note_states, word);
    if (found == note_states.end()) return {};
    return static_cast<NoteState>(found - note_states.begin());
}

std::string_view to_string(Happening::What what) noexcept {
    return happening_words[static_cast<std::size_t>(what)];
}

std::string to_string(const ShownAction& action) {
    std::string text =
        fmt::format("{} is run when it fails, at most {}", action.program, action.at_most);
    if (action.last)
        text += fmt::format("; last at {}, {}", rfc3339(*action.last),
                            action.under_way ? "under way" : action.end);
    if (action.held_until)
        text += fmt::format("; the brake holds until {}: {} runs", rfc3339(*action.held_until),
                            action.runs);
    return text;
}

std::string_view to_string(Delivery::State state) noexcept {
    return delivery_words[static_cast<std::size_t>(state)];
}

const IncidentRecord* Board::find(std::string_view id) const noexcept {
    const auto found =
        std::ranges::find_if(incidents, [&](const auto& incident) { return incident->id == id; });
    return found == incidents.end() ? nullptr : found->get();
}

const IncidentRecord* Board::incident_of(std::string_view component) const noexcept {
    for (const auto& incident : incidents) {
        if (incident->closed) continue;
        if (std::ranges::find(incident->roots, component) != incident->roots.end())
            return incident.get();
        const auto member = std::ranges::lower_bound(incident->members, component, {},
                                                     &IncidentRecord::Member::component);
        if (member != incident->members.end() && member->component == component && !member->ended)
            return incident.get();
    }
    return nullptr;
}

const ShownMute* Board::mute_of(std::string_view component) const noexcept {
    const auto found = muted.find(component);
    return found == muted.end() ? nullptr : &mutes[found->second];
}

}  // namespace vitals
