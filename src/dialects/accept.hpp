// Which of several content types a client wants (RFC 9110, sections 12.4.2 and 12.5.1). A health
// probe must not fail over its own header: elements that cannot be read are skipped, a lone `*`
// (old Java clients send it) is `*/*`.
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
// decides. A range's parameter must equal the offer's of that name; names that the offer does not
// have are ignored. A header that is absent or unreadable wants everything alike.
Preference preference(std::string_view accept, std::string_view offer);

// The index of the most wanted offer, the earlier one among equals; nothing if all are refused.
std::optional<std::size_t> negotiate(std::string_view accept,
                                     std::span<const std::string_view> offers);

// The index of the offer that Django REST Framework chooses: it knows no quality values, looks at
// types with parameters first, then at plain ones, `type/*` and `*/*`, and takes of equals the
// earlier offer.
std::optional<std::size_t> negotiate_by_precedence(std::string_view accept,
                                                   std::span<const std::string_view> offers);

}  // namespace vitals::dialects
