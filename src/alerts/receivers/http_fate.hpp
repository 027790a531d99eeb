// The meaning of the answer to a message: the same for all receivers that speak HTTP. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "alerts/receivers/receiver.hpp"

namespace vitals::alerts::receivers {

// By its code. 2xx: delivered. 408, 425, 429 and 5xx: refused, may be tried again. 502 and 504:
// doubtful, because a proxy before the receiver gave up waiting. All others (also redirects, which
// are not followed): rejected for good. `why` is the code and the begin of the body.
Attempt fate_by_code(const HttpAnswer& answer, System now);

// The same for a service that answers 2xx to a message that it did not take: rejected, with `why`.
Attempt rejected_by(const HttpAnswer& answer, std::string why);

// `Retry-After`: seconds or an HTTP date; nothing for anything else.
std::optional<Steady::duration> retry_after(std::string_view header, System now);

// The first number after `"name":` in a JSON text; nothing if there is none. This is enough for
// bodies that say when to come back.
std::optional<double> number_in(std::string_view json, std::string_view name);
// Whether the JSON text has `"name": literal`.
bool says(std::string_view json, std::string_view name, std::string_view literal);

}  // namespace vitals::alerts::receivers
