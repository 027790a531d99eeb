// The JSON Schema (draft 2020-12) of the control API's JSON, for the OpenAPI document.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace vitals::endpoints {

// The schema of one value: a type with a sentence, a reference to a named schema, or JSON as it
// stands.
struct Schema {
    std::string_view type, sentence;
    std::string_view refers;  // the named schema that it is
    std::string_view json;    // the whole schema, if the others are not enough
};

constexpr Schema a_text(std::string_view sentence) {
    return {"string", sentence, {}, {}};
}
constexpr Schema a_number(std::string_view sentence) {
    return {"number", sentence, {}, {}};
}
constexpr Schema an_integer(std::string_view sentence) {
    return {"integer", sentence, {}, {}};
}
constexpr Schema a_boolean(std::string_view sentence) {
    return {"boolean", sentence, {}, {}};
}
constexpr Schema a_reference(std::string_view name) {
    return {{}, {}, name, {}};
}
constexpr Schema as_json(std::string_view json) {
    return {{}, {}, {}, json};
}

inline constexpr Schema any_properties = as_json(
    R"({"type":"object","description":"Further facts of any form, in the order in which they were )"
    R"(given.","additionalProperties":true})");

// A member of an object.
struct MemberSchema {
    std::string_view name;
    Schema schema;
    bool required = false;
};

// A schema with its own name in the document, and those that it refers to.
struct NamedSchema {
    std::string_view name;
    std::string (*json)();
    std::span<const NamedSchema* const> refers{};
};

// `closed`: no other members.
enum class Members : bool { open, closed };
std::string object_schema(std::span<const MemberSchema> members, Members others,
                          std::string_view sentence = {});

// The schema of an object whose table of members is known at compile time; each member has its
// MemberSchema in `described`.
template <const auto& table, Members others>
std::string schema_of() {
    std::string json;
    MemberSchema members[std::size(table)];
    for (std::size_t i = 0; i < std::size(table); ++i) members[i] = table[i].described;
    return object_schema(members, others);
}

extern const NamedSchema status_schema;

}  // namespace vitals::endpoints
