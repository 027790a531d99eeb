// /a/TOKEN: the link in a message. Whoever opens it sees what it is about and may acknowledge that
// incident, or silence its causes for a few hours, by a form: nothing happens by opening it, for
// scanners and previews do that, too. It needs no log-in; the token says what it may.
#pragma once

#include <string_view>

#include "endpoints/plan.hpp"
#include "endpoints/shared.hpp"
#include "http/request.hpp"

namespace vitals::endpoints {

inline constexpr std::string_view act_link_path = "/a/";

// Answers a request whose path begins so. `shared` outlives the plan.
void plan_act_link(Shared& shared, const http::Head& head, const http::Target& target, Plan& plan);

}  // namespace vitals::endpoints
