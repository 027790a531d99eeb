// Which of several content types a client wants (RFC 9110, sections 12.4.2 and 12.5.1). A health
// probe must not fail because of its own header: elements that cannot be read are skipped, and a
// lone `*` (old Java clients send it) is `*/*`.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace vitals::dialects {

struct Preference {
    double quality = 0;  // 0 to 1; 0: not acceptable
    bool named = false;  // by its full type, not by a wildcard
};

// How much a header wants an offered type ("text/plain; version=0.0.4"). The most specific range
// decides. A parameter of a range must equal the offer's parameter of that name; names that the
// offer does not have are ignored. An absent or unreadable header wants everything equally.
Preference preference(std::string_view accept, std::string_view offer);

// The index of the most wanted offer, the earlier one among equals; nothing if all are refused.
std::optional<std::size_t> negotiate(std::string_view accept,
                                     std::span<const std::string_view> offers);

// The index of the offer that Django REST Framework chooses. It knows no quality values. It looks
// at types with parameters first, then at plain ones, `type/*` and `*/*`; of equal offers it takes
// the earlier one.
std::optional<std::size_t> negotiate_by_precedence(std::string_view accept,
                                                   std::span<const std::string_view> offers);

}  // namespace vitals::dialects
