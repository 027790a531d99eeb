// What the answer to a message means: the same for all receivers that speak HTTP. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "alerts/receivers/receiver.hpp"

namespace vitals::alerts::receivers {

// By its code: 2xx delivered; 408, 425, 429 and 5xx refused, may be tried again; 502 and 504
// doubtful, for somebody between us and the receiver gave up waiting; all else (redirects too,
// which are not followed) rejected for good. `why` is the code and the beginning of the body.
Attempt fate_by_code(const HttpAnswer& answer, System now);

// Likewise for a service that says with 2xx that it did not take the message: rejected, with `why`.
Attempt rejected_by(const HttpAnswer& answer, std::string why);

// `Retry-After`: seconds or an HTTP date; nothing for anything else.
std::optional<Steady::duration> retry_after(std::string_view header, System now);

// The number behind `"name":` in a JSON text, wherever it stands first; nothing where there is
// none. Enough for bodies that say when to come back.
std::optional<double> number_in(std::string_view json, std::string_view name);
// Whether the JSON text has `"name": literal`.
bool says(std::string_view json, std::string_view name, std::string_view literal);

}  // namespace vitals::alerts::receivers
