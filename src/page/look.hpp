// What a person sees of each component, and what is wrong with the whole: determined once for each
// page, from the snapshot and the board, within the viewer's rights.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "page/page.hpp"

namespace vitals::page {

// The symbol beside a component's name; the word for it stands beside it.
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
    const Seen* cause = nullptr;            // what it needs and is also not ok; null: it is a cause
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
    std::vector<const Seen*> causes;  // not ok without an explanation, the worst first
    std::size_t count(Shape shape) const noexcept;  // among `watched`

    const Seen* find(std::string_view name) const noexcept;
    bool shows(std::string_view name) const;
    // Why it is not ok, or what was found: one line of the public detail. Empty if the viewer may
    // not read it.
    std::string why(const Seen& seen) const;
    // What the other side said; empty if the viewer may not read it.
    std::string error(const Seen& seen) const;
    // `failed`, `unknown, stale`.
    std::string word(const Seen& seen) const;
    // Its address on this page: ROOT + `c/payments/node-03`.
    std::string link(std::string_view component) const;
    std::string link(const IncidentRecord& incident) const;
    std::string address(std::string_view rest) const { return facts.root + std::string(rest); }
    // The path of this page, for the way back from a form.
    std::string here() const { return facts.root + address_of(view); }
    // The name of the service on the page.
    const std::string& title() const noexcept;

  private:
    void see_all();
    void find_causes();
};

// The text at the top of the page.
struct Verdict {
    enum class Kind : std::uint8_t { out_of_service, nothing, starting, blind, wrong, ok };
    Kind kind = Kind::ok;
    Shape shape = Shape::ok;  // of the whole
    char symbol = 'o';        // z while it is out of service
    std::string name;         // of the cause, linked, first in the headline; or empty
    std::string headline;     // the text after the name: ` is down: connection refused`
    std::string sentence;
    std::string title;  // of the document, without the service's name if something is wrong
    const Seen* cause = nullptr;
    System since{};  // the epoch: not told
    std::string whole_headline() const { return name + headline; }
};
Verdict verdict_of(const Look& look);

}  // namespace vitals::page
