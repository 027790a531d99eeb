// Silences and maintenance: what is muted when. Pure; uses the wall clock. One thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "alerts/hours.hpp"
#include "model/selector.hpp"

namespace vitals::alerts {

struct Mute {
    enum class Kind : std::uint8_t {
        silence,
        maintenance
    };  // maintenance is left out of objectives
    std::string id;
    Kind kind = Kind::silence;
    Selector match;
    System from = System::min();
    System until = System::max();  // this instant is not muted any more
    std::optional<Hours> hours;    // only within these
    std::string by;
    std::string reason;
    bool configured = false;  // from the configuration, and removed with it

    bool active(System wall) const {
        return from <= wall && wall < until && (!hours || hours->contains(wall));
    }
};

// The definitions themselves, shared with whoever made them.
using Components = std::vector<std::shared_ptr<const Component>>;

// Which components are muted. The cost of a change is the components that its mute matches.
class Mutes {
  public:
    // Indices below are those of this list. The next refresh() does not report changes of this:
    // look at muted() of each.
    void set_components(Components components);
    // Replaces all mutes of the configuration.
    void set_configured(std::vector<Mute> mutes);
    void add(Mute mute);  // or replaces the one with its id
    bool end(std::string_view id);
    // Removes those that are not from the configuration and ended before this instant. Returns
    // their ids.
    std::vector<std::string> forget_ended(System before);

    // Brings everything up to this instant. Returns the components that changed, with their present
    // state.
    std::vector<std::pair<std::size_t, bool>> refresh(System wall);
    // When refresh() has something to do; System::max(): never.
    System next_boundary() const noexcept { return next_; }

    bool muted(std::size_t component) const { return count_[component] > 0; }
    bool in_maintenance(std::size_t component) const { return maintenance_[component] > 0; }
    std::vector<Mute> all() const;

  private:
    struct Entry {
        Mute mute;
        std::vector<std::size_t> matched;
        bool active = false;
    };
    void match(Entry& entry) const;
    void set_active(Entry& entry, bool active);

    Components components_;
    std::map<std::string, Entry, std::less<>> entries_;  // by id
    std::vector<unsigned> count_, maintenance_;          // active mutes of each component
    std::map<std::size_t, bool> before_;                 // muted, of those that may have changed
    bool changed_ = true;
    System checked_ = System::max();
    System next_ = System::max();
};

}  // namespace vitals::alerts
