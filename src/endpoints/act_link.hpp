// /a/TOKEN: the link in a message. A person who opens it sees the incident and may acknowledge it,
// or silence its causes for a few hours, by a form. Opening the link changes nothing, because
// scanners and previews also open it. It needs no log-in; the token says what it allows.
#pragma once

#include <string_view>

#include "endpoints/plan.hpp"
#include "endpoints/shared.hpp"
#include "http/request.hpp"

namespace vitals::endpoints {

inline constexpr std::string_view act_link_path = "/a/";

// Answers a request with such a path. `shared` outlives the plan.
void plan_act_link(Shared& shared, const http::Head& head, const http::Target& target, Plan& plan);

}  // namespace vitals::endpoints
