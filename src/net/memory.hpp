// What of a component's runs outlives the process: one text for each component, which only its kind
// understands. For what may not be asked again after a restart; never for a verdict. To be used on
// any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace vitals::net {

class Memory {
  public:
    static constexpr std::size_t longest = 16 * 1024;  // bytes of a text

    virtual ~Memory() = default;

    // What the component's runs remembered last, also in an earlier process. The component may have
    // been of another kind then, or had other options: the text must say what it is about.
    virtual std::optional<std::string> recall(std::string_view component) const = 0;
    // Replaces it. It is saved soon; a kill may lose the last second. What is longer than `longest`
    // is not taken.
    virtual void remember(std::string_view component, std::string text) = 0;
};

}  // namespace vitals::net
