// The JSON that the control API shows.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "http/answer.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::endpoints {

inline constexpr std::string_view api_version = "1.0.0";

// With U+FFFD in place of what is not UTF-8.
std::string valid_utf8(std::string_view text);
// Everything that is known of a component: for those who may read it.
boost::json::object component_json(const ComponentState& state, const Snapshot& snapshot,
                                   Steady now);
boost::json::object properties_json(const std::vector<Property>& properties);
boost::json::object decommission_json(const Decommission& decommission);

// Problem details (RFC 9457), to which a member may be added.
boost::json::object problem_object(int status, std::string_view detail, std::string_view instance);
http::Response problem_answer(boost::json::object problem);
// Without one.
http::Response problem_answer(int status, std::string_view detail, std::string_view instance);

}  // namespace vitals::endpoints
