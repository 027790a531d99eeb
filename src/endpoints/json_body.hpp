// Request bodies of the control API: JSON within limits of depth and size. Each operation describes
// the members of its body in one table; reading and the schema come from that table. A body that is
// partly wrong changes nothing.
#pragma once

#include <boost/json.hpp>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "endpoints/schema.hpp"
#include "vitals/outcome.hpp"

namespace vitals::endpoints {

struct BodyProblem {
    int status = 400;
    std::string detail;  // what is wrong, where, what is expected
};

// A member of a body that is read into a T.
template <class T>
struct BodyMember {
    MemberSchema described;
    std::string_view expected;                                         // "`text` must be ..."
    bool (*read)(const boost::json::value& value, T& into) = nullptr;  // false: not as expected
    std::string_view told_as{};  // its name in messages, if another one
};

std::string_view as_view(const auto& text) {
    return {text.data(), text.size()};
}

// A body as an object, or what is wrong with it.
std::expected<boost::json::object, BodyProblem> parse_object(std::string_view body);
BodyProblem not_as_expected(std::string_view member, std::string_view expected);
// `known`: the names, separated by ", ".
BodyProblem unknown_member(std::string_view name, std::string_view known);

template <const auto& table, class T>
std::optional<BodyProblem> read_members(const boost::json::object& object, T& into) {
    std::string known;
    for (const auto& member : table)
        known.append(known.empty() ? "" : ", ").append(member.described.name);
    for (const auto& [key, value] : object) {
        bool found = false;
        for (const auto& member : table) found |= member.described.name == as_view(key);
        if (!found) return unknown_member(as_view(key), known);
    }
    for (const auto& member : table) {
        const boost::json::value* value = object.if_contains(member.described.name);
        if (value == nullptr ? member.described.required : !member.read(*value, into))
            return not_as_expected(member.told_as.empty() ? member.described.name : member.told_as,
                                   member.expected);
    }
    return {};
}

template <const auto& table, class T>
std::optional<BodyProblem> read_body(std::string_view body, T& into) {
    auto object = parse_object(body);
    if (!object) return object.error();
    return read_members<table>(*object, into);
}

// Reads a member that is true or false.
template <auto member, class T>
bool read_flag(const boost::json::value& value, T& into) {
    if (!value.is_bool()) return false;
    into.*member = value.get_bool();
    return true;
}

// The member `properties` of a result: false when it is not an object or too large. The size of the
// body and the depth of parsing bound its content.
inline constexpr std::string_view expected_properties = "an object of at most 100 members";
bool read_properties(const boost::json::value& value, Outcome& outcome);

}  // namespace vitals::endpoints
