// What a person sees of each component, and what is wrong with the whole: found once per page, from
// the snapshot and the board, within what the viewer may see.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "page/page.hpp"

namespace vitals::page {

// What is drawn beside a component's name; the word for it stands beside that.
enum class Shape : std::uint8_t { failed, unknown, degraded, blind, maintenance, ok };

// The letter of its symbol in the sprite, and that of its colour (capital: of text).
char symbol_of(Shape shape) noexcept;
char colour_of(Shape shape) noexcept;
std::string_view word_of(Shape shape) noexcept;  // `failed`, `unknown, blind`
// 0 for failed; the order of rows within a group.
constexpr int rank_of(Shape shape) noexcept {
    return static_cast<int>(shape);
}
constexpr bool is_wrong(Shape shape) noexcept {
    return shape < Shape::maintenance;
}

struct Seen {
    const ComponentState* state = nullptr;
    std::size_t index = 0;  // in Look::all
    Shape shape = Shape::ok;
    const ShownMute* mute = nullptr;           // a silence or a maintenance that is active
    const IncidentRecord* incident = nullptr;  // open; only where the shape is not ok
    bool flapping = false;
    const Seen* cause = nullptr;  // what it needs and is not ok either; null: it is a cause
    std::vector<const Seen*> consequences;  // of a cause

    const std::string& name() const noexcept { return state->name(); }
    bool wrong() const noexcept { return is_wrong(shape); }
    bool stale(Steady now) const noexcept { return state->stale(now); }
};

struct Look {
    Look(const Facts& facts, const View& view);
    Look(const Look&) = delete;
    Look& operator=(const Look&) = delete;

    const Facts& facts;
    const View& view;
    Steady now;
    System at;
    bool may_read;                     // reasons, errors, addresses, who did what
    bool may_control;                  // buttons
    bool tells_detail;                 // the public detail, at least
    std::vector<Seen> all;             // by name; vitals' own, too
    std::vector<const Seen*> watched;  // without vitals' own
    std::vector<const Seen*> own;
    std::vector<const Seen*> causes;  // what is wrong and nothing else explains, the worst first
    std::size_t count(Shape shape) const noexcept;  // among `watched`

    const Seen* find(std::string_view name) const noexcept;
    bool shows(std::string_view name) const;
    // Why it is not ok, or what was found: one line, of the public detail. Empty if the viewer may
    // not read it.
    std::string why(const Seen& seen) const;
    // What the other side said; empty if the viewer may not read it.
    std::string error(const Seen& seen) const;
    // `failed`, `unknown, stale`.
    std::string word(const Seen& seen) const;
    // Where it stands on this page: ROOT + `c/payments/node-03`.
    std::string link(std::string_view component) const;
    std::string link(const IncidentRecord& incident) const;
    std::string address(std::string_view rest) const { return facts.root + std::string(rest); }
    // The path of this page, for the way back from a form.
    std::string here() const { return facts.root + address_of(view); }
    // What the page calls the service.
    const std::string& title() const noexcept;

  private:
    void see_all();
    void find_causes();
};

// What the top of the page says.
struct Verdict {
    enum class Kind : std::uint8_t { out_of_service, nothing, starting, blind, wrong, ok };
    Kind kind = Kind::ok;
    Shape shape = Shape::ok;  // of the whole
    char symbol = 'o';        // z where it is out of service
    std::string name;         // of the cause, linked, first in the headline; or empty
    std::string headline;     // what follows the name: ` is down: connection refused`
    std::string sentence;
    std::string title;  // of the document, without the service's name where something is wrong
    const Seen* cause = nullptr;
    System since{};  // the epoch: not told
    std::string whole_headline() const { return name + headline; }
};
Verdict verdict_of(const Look& look);

}  // namespace vitals::page
