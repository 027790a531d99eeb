// The body of POST /v1/sessions.
#pragma once

#include <expected>
#include <string>

#include "endpoints/json_body.hpp"

namespace vitals::endpoints {

// The token, or what is wrong.
std::expected<std::string, BodyProblem> read_session_body(const std::string& body);

}  // namespace vitals::endpoints
