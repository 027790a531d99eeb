// The facts of a request for a dialect, and the answer to OPTIONS. Pure.
#pragma once

#include <string_view>

#include "endpoints/routes.hpp"
#include "http/request.hpp"

namespace vitals::endpoints {

// For a request without a token, from anyone; HEAD and OPTIONS are rendered as GET. Takes path and
// query from the target. `scheme`: "http" or "https".
dialects::Request facts_of(const Mounts::Found& found, const http::Head& head, http::Target& target,
                           std::string_view scheme);

// Turns the answer to GET into the answer to OPTIONS, as http::as_options() does. The content stays
// if the dialect's original has it.
void as_options(dialects::Response& response, std::string_view methods);

}  // namespace vitals::endpoints
