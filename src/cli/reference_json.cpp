// The kinds for a program.
#include <string>

#include "cli/reference.hpp"
#include "text/json.hpp"

namespace vitals::cli {
namespace {

void write_key(text::JsonWriter& json, const KeyText& key) {
    json.object().member("name", key.name).member("type", key.type);
    json.member("required", key.required);
    if (!key.fallback.empty()) json.member("default", key.fallback);
    if (!key.limits.empty()) json.member("limits", key.limits);
    json.member("description", key.sentence);
    if (!key.example.empty()) json.member("example", key.example);
    json.end_object();
}

void write_kind(text::JsonWriter& json, const checks::Kind& kind) {
    const auto& description = kind.description;
    json.object().member("kind", description.name);
    json.member("description", description.sentence).member("proves", kind.proves);
    json.key("schemes").array();
    for (const auto scheme : kind.schemes) json.value(scheme);
    json.end_array().key("keys").array();
    const AnyOptions defaults = description.make();
    for (const auto& key : keys_of(description.fields, defaults.ref())) write_key(json, key);
    json.end_array().member("example", example_of(kind)).end_object();
}

}  // namespace

std::string kinds_json(std::span<const checks::Kind* const> kinds) {
    std::string text;
    text::JsonWriter json(text);
    json.array();
    for (const auto* kind : kinds) write_kind(json, *kind);
    json.end_array();
    return text + '\n';
}

std::string kind_json(const checks::Kind& kind) {
    std::string text;
    text::JsonWriter json(text);
    write_kind(json, kind);
    return text + '\n';
}

}  // namespace vitals::cli
