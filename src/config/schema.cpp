// The JSON Schema (draft 2020-12) of the file, from the tables that also read it. A scalar of any
// type may contain ${NAME}, which a schema cannot check. One file: each function writes a part of
// the one document that refers to the others.
#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "config/sections.hpp"
#include "model/secret_list.hpp"
#include "text/json.hpp"
#include "text/words.hpp"

namespace vitals::config {

namespace {

constexpr std::string_view variable_pattern = "\\$\\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\}";

void reference(text::JsonWriter& json, std::string_view definition) {
    json.object().member("$ref", fmt::format("#/$defs/{}", definition)).end_object();
}

// A definition for a text with that pattern, or for one with a variable in it.
void define_pattern(text::JsonWriter& json, std::string_view name, std::string_view description,
                    std::string_view pattern, std::string_view also = {}) {
    json.key(name).object().member("description", description).key("anyOf").array();
    json.object().member("type", "string").member("pattern", pattern).end_object();
    if (!also.empty()) json.object().member("type", also).end_object();
    reference(json, "variable");
    json.end_array().end_object();
}

void define_secret(text::JsonWriter& json) {
    json.key("secret").object();
    json.member("description",
                "A plain text, an environment variable, a file or a place in a vault.");
    json.key("anyOf").array();
    reference(json, "text");
    for (const char* form : {"env", "file", "vault"}) {
        json.object().member("type", "object").member("additionalProperties", false);
        json.key("required").array().value(form).end_array();
        json.key("properties").object().key(form).object().member("type", "string");
        json.member("minLength", 1).end_object().end_object().end_object();
    }
    json.end_array().end_object();
}

void define_scalars(text::JsonWriter& json) {
    json.key("variable").object().member("description", "A text with ${NAME} or ${NAME:-default}.");
    json.member("type", "string").member("pattern", variable_pattern).end_object();
    json.key("text").object().key("type").array();
    for (const char* type : {"string", "number", "boolean"}) json.value(type);
    json.end_array().end_object();
    json.key("texts").object().key("anyOf").array();
    reference(json, "text");
    json.object().member("type", "array").key("items");
    reference(json, "text");
    json.end_object().end_array().end_object();
    define_pattern(json, "boolean", "true or false.",
                   "^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]|[Yy][Ee][Ss]|[Nn][Oo]|[Oo][Nn]|"
                   "[Oo][Ff][Ff])$",
                   "boolean");
    define_pattern(json, "duration", "A number with a unit: 250ms, 10s, 5m, 1h, 30d.",
                   "^[0-9]+(\\.[0-9]+)?(ms|s|m|h|d)$");
    define_pattern(json, "size", "A number with a unit: 512KiB, 100MiB, 10GiB; or plain bytes.",
                   "^([0-9]+|[0-9]+(\\.[0-9]+)?(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB))$", "integer");
    define_pattern(json, "percentage", "0% to 100%.",
                   "^([0-9]|[1-9][0-9]|0+[0-9]{1,2})(\\.[0-9]+)?%$|^0*100(\\.0+)?%$");
    define_secret(json);
}

void write_limits(text::JsonWriter& json, const Field& field) {
    if (std::isfinite(field.least)) json.member("minimum", field.least);
    if (std::isfinite(field.most)) json.member("maximum", field.most);
}

void write_number(text::JsonWriter& json, const Field& field) {
    json.key("anyOf").array();
    json.object().member("type", field.type == Type::integer ? "integer" : "number");
    write_limits(json, field);
    json.end_object().object().member("type", "string");
    json.member("pattern", field.type == Type::integer
                               ? "^-?[0-9]+$"
                               : "^-?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE]-?[0-9]+)?$");
    json.end_object();
    reference(json, "variable");
    json.end_array();
}

void write_choices(text::JsonWriter& json, std::string_view choices) {
    json.key("anyOf").array().object().key("enum").array();
    for (const std::string_view choice : text::split_choices(choices)) {
        json.value(choice);
        // Without quotes, YAML readers take such a word for a boolean.
        if (choice == "true" || choice == "on" || choice == "yes") json.value(true);
        if (choice == "false" || choice == "off" || choice == "no") json.value(false);
    }
    json.end_array().end_object();
    reference(json, "variable");
    json.end_array();
}

void write_secret_list(text::JsonWriter& json) {
    json.key("anyOf").array();
    reference(json, "secret");
    json.object().member("type", "array").member("minItems", 1).key("items");
    reference(json, "secret");
    json.end_object().end_array();
}

void write_object(text::JsonWriter& json, std::span<const Field> fields, const ObjectRef& defaults);

// The keywords of one field, inside an open object. `value` is the default, if there is one.
void write_type(text::JsonWriter& json, const Field& field, const std::optional<ValueRef>& value) {
    const auto refer = [&json](std::string_view definition) {
        json.member("$ref", fmt::format("#/$defs/{}", definition));
    };
    switch (field.type) {
        case Type::text:
        case Type::parsed:
            if (!field.choices.empty()) return write_choices(json, field.choices);
            if (field.required) json.member("minLength", 1);
            return refer("text");
        case Type::texts:
            if (field.choices.empty()) return refer("texts");
            json.key("anyOf").array().object();
            write_choices(json, field.choices);
            json.end_object().object().member("type", "array").key("items").object();
            write_choices(json, field.choices);
            json.end_object().end_object().end_array();
            return;
        case Type::boolean:
            return refer("boolean");
        case Type::integer:
        case Type::number:
            return write_number(json, field);
        case Type::duration:
            return refer("duration");
        case Type::size:
            return refer("size");
        case Type::percentage:
            return refer("percentage");
        case Type::secret:
            if (field.required) json.member("minLength", 1);
            return refer("secret");
        case Type::text_map:
            json.member("type", "object").key("additionalProperties");
            return reference(json, "text");
        case Type::secret_map:
            if (field.type_name == secret_list_name) return write_secret_list(json);
            json.member("type", "object").key("additionalProperties");
            return reference(json, "secret");
        case Type::object:
            return write_object(json, field.members,
                                value ? std::get<ObjectRef>(*value) : ObjectRef());
        case Type::named_objects:
            if (field.members.empty()) return refer(fmt::format("{}_entries", field.name));
            json.member("type", "object").key("additionalProperties").object();

            write_object(json, field.members, {});
            json.end_object();
            return;
    }
}

std::string described(const Field& field) {
    std::string text(field.sentence);
    if (!field.unit.empty()) text += fmt::format(" In {}.", field.unit);
    return text;
}

bool is_scalar(Type type) {
    return type == Type::text || type == Type::parsed || type == Type::boolean ||
           type == Type::integer || type == Type::number || type == Type::duration ||
           type == Type::size || type == Type::percentage;
}

// Only for scalars: lists and mappings are empty by default, members have their own defaults.
void write_default(text::JsonWriter& json, const Field& field,
                   const std::optional<ValueRef>& value) {
    if (!value || field.required || !is_scalar(field.type)) return;
    if (const auto* const flag = std::get_if<bool*>(&*value)) {
        json.member("default", **flag);
    } else if (const auto* const integer = std::get_if<std::int64_t*>(&*value)) {
        json.member("default", **integer);
    } else if (const auto* const number = std::get_if<double*>(&*value)) {
        json.member("default", **number);
    } else if (const std::string written = format_value(field, value); !written.empty()) {
        json.member("default", written);
    }
}

void write_property(text::JsonWriter& json, const Field& field, const ObjectRef& options) {
    const auto value = options ? field.peek(options) : std::nullopt;
    json.key(field.name).object().member("description", described(field));
    write_type(json, field, value);
    write_default(json, field, value);
    if (!field.example.empty() && is_scalar(field.type))
        json.key("examples").array().value(field.example).end_array();
    json.end_object();
}

void write_required(text::JsonWriter& json, std::span<const Field> fields) {
    if (std::none_of(fields.begin(), fields.end(), [](const Field& f) { return f.required; }))
        return;
    json.key("required").array();
    for (const Field& field : fields)
        if (field.required) json.value(field.name);
    json.end_array();
}

// The keywords of a mapping with exactly these keys, inside an open object.
void write_object(text::JsonWriter& json, std::span<const Field> fields,
                  const ObjectRef& defaults) {
    json.member("type", "object").member("additionalProperties", false);
    write_required(json, fields);
    json.key("properties").object();
    for (const Field& field : fields) write_property(json, field, defaults);
    json.end_object();
}

// A mapping in which one key (`check`, `dialect`) decides the further keys.
struct Chosen {
    std::string_view name;  // component, endpoint
    std::string_view key;   // check, dialect
    const Description& common;
    const std::vector<Described>& from;
    std::string_view otherwise{};  // the choice without the key; empty: the key is required
    bool inherits = false;         // required keys, even this one, may stand elsewhere
};

// `check` itself, and what follows from it.
void define_choice(text::JsonWriter& json, const Chosen& chosen) {
    json.key(chosen.name).object().member("type", "object");
    if (chosen.otherwise.empty() && !chosen.inherits)
        json.key("required").array().value(chosen.key).end_array();
    json.key("properties").object().key(chosen.key).object().key("anyOf").array();
    json.object().key("enum").array();
    for (const Described& each : chosen.from) json.value(each.description.name);
    json.end_array().end_object();
    reference(json, "variable");
    json.end_array().end_object().end_object();
    json.key("allOf").array();
    for (const Described& each : chosen.from) {
        const std::string_view name = each.description.name;
        json.object().key("if").object();
        if (name != chosen.otherwise) json.key("required").array().value(chosen.key).end_array();
        json.key("properties").object().key(chosen.key).object().member("const", name);
        json.end_object().end_object().end_object().key("then");
        reference(json, fmt::format("{}_{}", chosen.name, name));
        json.end_object();
    }
    json.end_array().end_object();
}

void define_chosen(text::JsonWriter& json, const Chosen& chosen) {
    define_choice(json, chosen);
    const std::string keys = fmt::format("{}_keys", chosen.name);
    json.key(keys).object().member("description", chosen.common.sentence);
    const auto common_defaults = chosen.common.make();
    json.key("properties").object();
    for (const Field& field : chosen.common.fields)
        write_property(json, field, common_defaults.ref());
    json.end_object().end_object();
    for (const Described& each : chosen.from) {
        const Description& own = each.description;
        json.key(fmt::format("{}_{}", chosen.name, own.name)).object();
        json.member("description", own.sentence).member("type", "object");
        json.member("additionalProperties", false);
        const bool endpoint = chosen.key == "dialect";
        if (endpoint && each.protocol != Protocol::http)
            json.key("required").array().value("address").end_array();
        else if (!chosen.inherits)
            write_required(json, own.fields);
        json.key("properties").object();
        for (const Field& field : chosen.common.fields) {
            if (endpoint && !endpoint_key_applies(field.name, each)) continue;
            json.key(field.name);
            reference(json, fmt::format("{}/properties/{}", keys, field.name));
        }
        const auto defaults = own.make();
        for (const Field& field : own.fields) write_property(json, field, defaults.ref());
        json.end_object().end_object();
    }
}

// A component with all that is required, as it must be if nothing is inherited.
void define_complete(text::JsonWriter& json, const Catalog& catalog) {
    json.key("complete_component").object();
    json.key("required").array().value("check").end_array();
    json.key("allOf").array();
    reference(json, "component");
    for (const Described& kind : catalog.kinds) {
        const auto& fields = kind.description.fields;
        if (std::ranges::none_of(fields, &Field::required)) continue;
        json.object().key("if").object().key("properties").object().key("check").object();
        json.member("const", kind.description.name);
        json.end_object().end_object().end_object().key("then").object();
        write_required(json, fields);
        json.end_object().end_object();
    }
    json.end_array().end_object();
}

// Any key of a component of a kind, or of a group.
void define_inherited(text::JsonWriter& json, const Catalog& catalog) {
    std::set<std::string_view> keys;
    json.key("kinds_entries").object().member("type", "object");
    json.member("additionalProperties", false).key("properties").object();
    for (const Described& kind : catalog.kinds) {
        json.key(kind.description.name);
        reference(json, fmt::format("component_{}", kind.description.name));
        for (const Field& field : kind.description.fields) keys.insert(field.name);
    }
    json.end_object().end_object();
    json.key("groups_entries").object().member("type", "object");
    json.key("additionalProperties").object().key("allOf").array();
    reference(json, "component_keys");
    json.object().member("type", "object").key("propertyNames").object().key("enum").array();
    for (const Field& field : common_component_fields()) keys.insert(field.name);
    for (const std::string_view key : keys) json.value(key);
    json.end_array().end_object().end_object().end_array().end_object().end_object();
}

void define_list(text::JsonWriter& json, std::string_view name, std::span<const Field> fields,
                 const ObjectRef& defaults) {
    json.key(fmt::format("{}_entries", name))
        .object()
        .member("type", "array")
        .key("items")
        .object();
    write_object(json, fields, defaults);
    json.end_object().end_object();
}

// One key of a receiver of alerts is its kind.
void define_alerts(text::JsonWriter& json, const Catalog& catalog) {
    RuleKeys rule;
    StepKeys step;
    SilenceKeys silence;
    ReceiverKeys keys;
    define_list(json, "rules", rule_fields(), ObjectRef(rule));
    define_list(json, "steps", step_fields(), ObjectRef(step));
    define_list(json, "silences", silence_fields(), ObjectRef(silence));
    json.key("receivers_entries").object().member("type", "object");
    json.key("propertyNames").object().member("pattern", "^[A-Za-z0-9_-]{1,40}$").end_object();
    json.key("additionalProperties").object().member("type", "object");
    json.member("additionalProperties", false).key("properties").object();
    for (const Field& field : receiver_fields()) write_property(json, field, ObjectRef(keys));
    for (const Described& kind : catalog.receivers) {
        json.key(kind.description.name);
        reference(json, fmt::format("receiver_{}", kind.description.name));
    }
    json.end_object().key("oneOf").array();
    for (const Described& kind : catalog.receivers)
        json.object().key("required").array().value(kind.description.name).end_array().end_object();
    json.end_array().end_object().end_object();
    for (const Described& kind : catalog.receivers) {
        const AnyOptions defaults = kind.description.make();
        json.key(fmt::format("receiver_{}", kind.description.name)).object();
        json.member("description", kind.description.sentence);
        write_object(json, kind.description.fields, defaults.ref());
        json.end_object();
    }
}

// Without defaults of kinds and groups, each component is complete.
void write_completeness(text::JsonWriter& json) {
    json.key("if").object().key("required").array().value("defaults").end_array();
    json.key("properties").object().key("defaults").object().key("anyOf").array();
    for (const char* key : {"kinds", "groups"})
        json.object().key("required").array().value(key).end_array().end_object();
    json.end_array().end_object().end_object().end_object();
    json.key("else").object().key("properties").object().key("components").object();
    json.key("additionalProperties");
    reference(json, "complete_component");
    json.end_object().end_object().end_object();
}

// What describes the items of a section: a kind, or the section itself.
void write_item(text::JsonWriter& json, const Section& section) {
    if (section.description.name == "components") return reference(json, "component");
    if (section.description.name == "endpoints") return reference(json, "endpoint");
    if (section.description.name == "workers") return reference(json, "group");
    json.object();
    write_object(json, section.description.fields, section.description.make().ref());
    json.end_object();
}

void write_list(text::JsonWriter& json, const Section& section) {
    json.member("type", "array").key("items");
    write_item(json, section);
}

void write_section(text::JsonWriter& json, const Section& section) {
    json.key(section.description.name).object();
    json.member("description", section.description.sentence);
    switch (section.shape) {
        case Shape::value:
            write_type(json, section.description.fields.front(), std::nullopt);
            break;
        case Shape::mapping:
            write_object(json, section.description.fields, section.description.make().ref());
            break;
        case Shape::list:
            write_list(json, section);
            break;
        case Shape::entries:
            json.key("anyOf").array().object();
            write_list(json, section);
            json.end_object().object().member("type", "object");
            json.member("additionalProperties", false);
            json.key("required").array().value("only").end_array();
            json.key("properties").object().key("only").object();
            json.member("description", "The exact list, without the usual ones.");
            write_list(json, section);
            json.end_object().end_object().end_object().end_array();
            break;
        case Shape::named:
            json.member("type", "object").key("propertyNames").object();
            json.member("minLength", 1);
            if (section.description.name == "components")
                json.member("pattern", "^(?!vitals/)[^/]+(/[^/]+)?$");
            if (section.description.name == "workers") json.member("pattern", "^[^/]+$");
            json.end_object().key("additionalProperties");
            write_item(json, section);
            break;
    }
    json.end_object();
}

}  // namespace

std::string json_schema(const Catalog& catalog) {
    std::string out;
    text::JsonWriter json(out, text::indented_json);
    json.object().member("$schema", "https://json-schema.org/draft/2020-12/schema");
    json.member("title", "vitals.yaml");
    json.member("description", "The configuration of vitals.");
    json.member("type", "object").member("additionalProperties", false);
    json.key("properties").object();
    for (const Section& section : all_sections()) write_section(json, section);
    json.end_object().key("patternProperties").object().key("^x-").object();
    json.member("description", "vitals does not read this: it is a place for anchors.")
        .end_object()
        .end_object();
    write_completeness(json);
    json.key("$defs").object();
    define_scalars(json);
    define_chosen(json, {.name = "component",
                         .key = "check",
                         .common = section("components").description,
                         .from = catalog.kinds,
                         .inherits = true});
    define_complete(json, catalog);
    define_inherited(json, catalog);
    define_alerts(json, catalog);
    define_chosen(json,
                  {"endpoint", "dialect", section("endpoints").description, catalog.dialects});
    define_chosen(json,
                  {"group", "source", section("workers").description, catalog.sources, "push"});
    json.end_object().end_object();
    return out + "\n";
}

}  // namespace vitals::config
