// What a dialect is told of a request, and how its answer is turned into one to OPTIONS. Pure.
#pragma once

#include <string_view>

#include "endpoints/routes.hpp"
#include "http/request.hpp"

namespace vitals::endpoints {

// Of a request without a token, from anyone; HEAD and OPTIONS are rendered as GET. Takes path and
// query out of the target. `scheme`: "http" or "https".
dialects::Request facts_of(const Mounts::Found& found, const http::Head& head, http::Target& target,
                           std::string_view scheme);

// Turns the answer that GET would have into that to OPTIONS, as http::as_options() does; the
// content stays where the dialect's original has it.
void as_options(dialects::Response& response, std::string_view methods);

}  // namespace vitals::endpoints
