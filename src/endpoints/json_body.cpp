#include "endpoints/json_body.hpp"

#include <fmt/format.h>

namespace vitals::endpoints {
namespace {

namespace json = boost::json;

constexpr std::size_t deepest = 8;
constexpr std::size_t most_properties = 100;

std::vector<Property> properties_of(const json::object& object);

Value value_of(const json::value& given) {
    switch (given.kind()) {
        case json::kind::null:
            return nullptr;
        case json::kind::bool_:
            return given.get_bool();
        case json::kind::int64:
            return given.get_int64();
        case json::kind::uint64:
            return static_cast<double>(given.get_uint64());
        case json::kind::double_:
            return given.get_double();
        case json::kind::string:
            return std::string(as_view(given.get_string()));
        case json::kind::object:
            return properties_of(given.get_object());
        case json::kind::array:
            break;
    }
    std::vector<Value> list;
    for (const json::value& each : given.get_array()) list.push_back(value_of(each));
    return list;
}

std::vector<Property> properties_of(const json::object& object) {
    std::vector<Property> properties;
    for (const auto& [name, value] : object)
        properties.push_back({std::string(as_view(name)), value_of(value)});
    return properties;
}

}  // namespace

std::expected<json::object, BodyProblem> parse_object(std::string_view body) {
    json::parse_options options;
    options.max_depth = deepest;
    json::error_code error;
    json::value value =
        json::parse(json::string_view(body.data(), body.size()), error, {}, options);
    if (error)
        return std::unexpected(
            BodyProblem{400, fmt::format("the body is not JSON: {}", error.message())});
    if (!value.is_object())
        return std::unexpected(BodyProblem{400, "the body must be a JSON object"});
    return std::move(value.get_object());
}

BodyProblem not_as_expected(std::string_view member, std::string_view expected) {
    return {400, fmt::format("`{}` must be {}", member, expected)};
}

BodyProblem unknown_member(std::string_view name, std::string_view known) {
    return {400, fmt::format("`{}` is not known here; known are {}", name, known)};
}

bool read_properties(const json::value& value, Outcome& outcome) {
    if (!value.is_object() || value.get_object().size() > most_properties) return false;
    outcome.properties = properties_of(value.get_object());
    return true;
}

}  // namespace vitals::endpoints
