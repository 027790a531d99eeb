// What outlives the process of a component's runs: one text for each component, which only its kind
// understands. It is for what must not be asked again after a restart; never for a verdict. Used on
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

    // What the component's runs stored last, also in an earlier process. At that time the component
    // may have had another kind or other options: the text must say what it is about.
    virtual std::optional<std::string> recall(std::string_view component) const = 0;
    // Replaces it. It is saved soon; a kill may lose the last second. A text that is longer than
    // `longest` is ignored.
    virtual void remember(std::string_view component, std::string text) = 0;
};

}  // namespace vitals::net
