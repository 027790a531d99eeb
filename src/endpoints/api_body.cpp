// Boost.JSON within limits of depth and size; every member is known or refused.
#include "endpoints/api_body.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "model/description.hpp"

namespace vitals::endpoints {
namespace {

namespace json = boost::json;

constexpr std::size_t deepest = 8;
constexpr std::size_t most_properties = 100;
constexpr std::size_t longest_detail = 4096;

// A body as an object, or what is wrong with it.
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

BodyProblem wrong(std::string_view member, std::string_view expected) {
    return {400, fmt::format("`{}` must be {}", member, expected)};
}

std::optional<BodyProblem> unknown_member(const json::object& object,
                                          std::initializer_list<std::string_view> known) {
    for (const auto& [key, value] : object) {
        std::string_view name(key.data(), key.size());
        if (std::find(known.begin(), known.end(), name) != known.end()) continue;
        return BodyProblem{
            400, fmt::format("`{}` is not known here; known are {}", name, fmt::join(known, ", "))};
    }
    return {};
}

std::optional<BodyProblem> read_status(const json::object& object, Outcome& outcome) {
    const json::value* value = object.if_contains("status");
    constexpr std::string_view expected = "one of ok, degraded, failed, unknown";
    if (value == nullptr || !value->is_string()) return wrong("status", expected);
    auto status = parse_status({value->get_string().data(), value->get_string().size()});
    if (!status) return wrong("status", expected);
    outcome.status = *status;
    if (*status == Status::failed) outcome.error_class = ErrorClass::assertion;
    if (*status == Status::unknown) outcome.error_class = ErrorClass::local;
    return {};
}

std::optional<BodyProblem> read_detail(const json::object& object, Outcome& outcome) {
    const json::value* value = object.if_contains("detail");
    if (value == nullptr) return {};
    if (!value->is_string() || value->get_string().size() > longest_detail)
        return wrong("detail", fmt::format("a text of at most {} bytes", longest_detail));
    outcome.detail.assign(value->get_string().data(), value->get_string().size());
    // One line, whatever the sender calls one.
    for (char& c : outcome.detail)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    return {};
}

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
            return std::string(given.get_string().data(), given.get_string().size());
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
        properties.push_back({std::string(name.data(), name.size()), value_of(value)});
    return properties;
}

std::optional<BodyProblem> read_ttl(const json::object& object, Push& push) {
    const json::value* value = object.if_contains("ttl");
    if (value == nullptr) return {};
    std::optional<std::chrono::milliseconds> ttl;
    if (value->is_string()) {
        ttl = parse_duration({value->get_string().data(), value->get_string().size()});
    } else if (value->is_number()) {
        double number = value->to_number<double>();
        if (number > 0 && number < 1e9) ttl = std::chrono::milliseconds(std::llround(number * 1e3));
    }
    // Longer ones are no promise, and beyond 292 years no point in time either.
    constexpr std::chrono::milliseconds longest = std::chrono::hours(24 * 3650);
    if (!ttl || ttl->count() <= 0 || *ttl > longest)
        return wrong("ttl",
                     "a duration such as \"90s\", or a number of seconds, at most 3650 days");
    push.ttl = ttl;
    return {};
}

std::optional<BodyProblem> read_flag(const json::object& object, std::string_view name,
                                     bool& flag) {
    const json::value* value = object.if_contains(name);
    if (value == nullptr) return {};
    if (!value->is_bool()) return wrong(name, "true or false");
    flag = value->get_bool();
    return {};
}

// When a worker says that it sent the heartbeat: seconds since the epoch, for show.
std::optional<BodyProblem> read_beat(const json::object& object, Heartbeat& beat) {
    if (const json::value* sent = object.if_contains("sent")) {
        json::error_code error;
        const auto seconds = sent->to_number<double>(error);
        constexpr double latest = 253'402'300'799;  // the end of the year 9999
        if (error || seconds < 0 || seconds > latest) return wrong("sent", "seconds since 1970");
        beat.sent = System(
            std::chrono::duration_cast<System::duration>(std::chrono::duration<double>(seconds)));
    }
    return read_flag(object, "leaving", beat.leaving);
}

}  // namespace

// What they hold is bounded by the size of the body and the depth at which it is parsed.
std::optional<BodyProblem> read_properties(const json::object& object, Outcome& outcome) {
    const json::value* value = object.if_contains("properties");
    if (value == nullptr) return {};
    if (!value->is_object() || value->get_object().size() > most_properties)
        return wrong("properties", fmt::format("an object of at most {} members", most_properties));
    outcome.properties = properties_of(value->get_object());
    return {};
}

std::expected<Push, BodyProblem> parse_push(const std::string& component, std::string_view body) {
    auto object = parse_object(body);
    if (!object) return std::unexpected(object.error());
    Push push;
    push.component = component;
    auto problem =
        unknown_member(*object, {"status", "detail", "properties", "ttl", "create", "critical"});
    if (!problem) problem = read_status(*object, push.outcome);
    if (!problem) problem = read_detail(*object, push.outcome);
    if (!problem) problem = read_properties(*object, push.outcome);
    if (!problem) problem = read_ttl(*object, push);
    if (!problem) problem = read_flag(*object, "create", push.create);
    if (!problem) problem = read_flag(*object, "critical", push.critical);
    if (problem) return std::unexpected(*problem);
    return push;
}

std::expected<Heartbeat, BodyProblem> parse_heartbeat(std::string worker, std::string_view body) {
    Heartbeat beat;
    beat.worker = std::move(worker);
    if (body.empty()) return beat;
    auto object = parse_object(body);
    if (!object) return std::unexpected(object.error());
    auto problem = unknown_member(*object, {"sent", "leaving"});
    if (!problem) problem = read_beat(*object, beat);
    if (problem) return std::unexpected(*problem);
    return beat;
}

std::expected<std::vector<Heartbeat>, BodyProblem> parse_heartbeats(std::string_view body) {
    constexpr std::string_view expected = "a list of names or of {\"name\", \"sent\", \"leaving\"}";
    auto object = parse_object(body);
    if (!object) return std::unexpected(object.error());
    if (auto problem = unknown_member(*object, {"workers"})) return std::unexpected(*problem);
    const json::value* list = object->if_contains("workers");
    if (list == nullptr || !list->is_array()) return std::unexpected(wrong("workers", expected));
    std::vector<Heartbeat> beats;
    beats.reserve(list->get_array().size());
    for (const json::value& item : list->get_array()) {
        Heartbeat& beat = beats.emplace_back();
        const json::value* name = &item;
        if (item.is_object()) {
            name = item.get_object().if_contains("name");
            auto problem = unknown_member(item.get_object(), {"name", "sent", "leaving"});
            if (!problem) problem = read_beat(item.get_object(), beat);
            if (problem) return std::unexpected(*problem);
        }
        if (name == nullptr || !name->is_string())
            return std::unexpected(wrong("workers", expected));
        beat.worker.assign(name->get_string().data(), name->get_string().size());
    }
    return beats;
}

std::expected<std::string, BodyProblem> parse_drain(std::string_view body, std::size_t longest) {
    auto object = parse_object(body);
    if (!object) return std::unexpected(object.error());
    if (auto problem = unknown_member(*object, {"text"})) return std::unexpected(*problem);
    const json::value* value = object->if_contains("text");
    auto expected = fmt::format("a text of 1 to {} printable bytes", longest);
    if (value == nullptr || !value->is_string()) return std::unexpected(wrong("text", expected));
    std::string text(value->get_string().data(), value->get_string().size());
    bool printable = std::none_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
    if (text.empty() || text.size() > longest || !printable)
        return std::unexpected(wrong("text", expected));
    return text;
}

}  // namespace vitals::endpoints
