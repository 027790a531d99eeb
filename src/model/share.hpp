// Whether enough of a group's members are well. Pure.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "model/description.hpp"
#include "vitals/outcome.hpp"

namespace vitals {

// How many of a group's members must be well: `2`, `2 of 3`, `50%`, or all of them.
class Need {
  public:
    Need() = default;  // all
    static std::expected<Need, std::string> parse(std::string_view text);

    // How many of this many members; a share is rounded up.
    std::size_t of(std::size_t members) const;
    // The number of members, if the text holds it.
    std::size_t expected() const noexcept { return expected_; }
    // Whether the needed number depends on the number of members.
    bool is_relative() const noexcept { return !count_; }
    const std::string& text() const noexcept { return text_; }

  private:
    std::string text_ = "all";
    std::optional<std::size_t> count_;
    std::optional<double> share_;
    std::size_t expected_ = 0;
};

struct MemberCounts {
    std::size_t ok = 0, degraded = 0, failed = 0, unknown = 0;
    std::size_t not_judged = 0;  // of the unknown: without any result yet
    std::size_t all() const noexcept { return ok + degraded + failed + unknown; }
};

// Failed: too few are well, whatever the unknown ones are. Unknown: the unknown ones decide, or a
// member had no result yet, or there is no member. Degraded: enough are well, and some are not, or
// are degraded. An expected member that does not exist is unknown.
Outcome judge_share(const Need& need, MemberCounts counts);

template <>
struct OptionText<Need> {
    static constexpr std::string_view name = "number, share or all";
    static std::expected<Need, std::string> parse(std::string_view text) {
        return Need::parse(text);
    }
    static std::string shown(const Need& need) { return need.text(); }
};

}  // namespace vitals
