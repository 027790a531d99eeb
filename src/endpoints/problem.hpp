// Problem details (RFC 9457): how the control API says what is wrong.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "endpoints/schema.hpp"
#include "http/response.hpp"

namespace vitals::endpoints {

// `instance`: the path of the request. `problems`: further lines, one for each thing that is wrong.
http::Response problem_answer(int status, std::string_view detail, std::string_view instance,
                              std::span<const std::string> problems = {});

extern const NamedSchema problem_schema;

}  // namespace vitals::endpoints
