// The JSON that the control API takes. Pure; nothing is taken of a body that is wrong in part.
#pragma once

#include <boost/json.hpp>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "endpoints/control.hpp"

namespace vitals::endpoints {

struct BodyProblem {
    int status = 400;
    std::string detail;  // what is wrong, where, what is expected
};

// The member `properties`, where there is one.
std::optional<BodyProblem> read_properties(const boost::json::object& object, Outcome& outcome);
// {"status", "detail"?, "properties"?, "ttl"?, "create"?, "critical"?}: unknown members are
// refused.
std::expected<Push, BodyProblem> parse_push(const std::string& component, std::string_view body);
// {"text"}: at most `longest` bytes, printable.
std::expected<std::string, BodyProblem> parse_drain(std::string_view body, std::size_t longest);
// {"sent"?, "leaving"?}, or nothing at all. `sent`: seconds since 1970.
std::expected<Heartbeat, BodyProblem> parse_heartbeat(std::string worker, std::string_view body);
// {"workers": ["name" | {"name", "sent"?, "leaving"?}, ...]}
std::expected<std::vector<Heartbeat>, BodyProblem> parse_heartbeats(std::string_view body);

}  // namespace vitals::endpoints
