// The JSON Schema (draft 2020-12) of the file, from the tables that also read it. A scalar of any
// type may be written with ${NAME}, which no schema can look into.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "config/json_text.hpp"
#include "config/sections.hpp"
#include "config/wording.hpp"

namespace vitals::config {

namespace {

constexpr std::string_view variable_pattern = "\\$\\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\}";

void reference(JsonText& json, std::string_view definition) {
    json.open('{').pair("$ref", fmt::format("#/$defs/{}", definition)).close('}');
}

// A definition that a text of that pattern, or one with a variable in it, satisfies.
void define_pattern(JsonText& json, std::string_view name, std::string_view description,
                    std::string_view pattern, std::string_view also = {}) {
    json.key(name).open('{').pair("description", description).key("anyOf").open('[');
    json.open('{').pair("type", "string").pair("pattern", pattern).close('}');
    if (!also.empty()) json.open('{').pair("type", also).close('}');
    reference(json, "variable");
    json.close(']').close('}');
}

void define_secret(JsonText& json) {
    json.key("secret").open('{');
    json.pair("description",
              "A plain text, an environment variable, a file or a place in a vault.");
    json.key("anyOf").open('[');
    reference(json, "text");
    for (const char* form : {"env", "file", "vault"}) {
        json.open('{').pair("type", "object").key("additionalProperties").boolean(false);
        json.key("required").open('[').text(form).close(']');
        json.key("properties").open('{').key(form).open('{').pair("type", "string");
        json.key("minLength").number(1).close('}').close('}').close('}');
    }
    json.close(']').close('}');
}

void define_scalars(JsonText& json) {
    json.key("variable").open('{').pair("description", "A text with ${NAME} or ${NAME:-default}.");
    json.pair("type", "string").pair("pattern", variable_pattern).close('}');
    json.key("text").open('{').key("type").open('[');
    for (const char* type : {"string", "number", "boolean"}) json.text(type);
    json.close(']').close('}');
    json.key("texts").open('{').key("anyOf").open('[');
    reference(json, "text");
    json.open('{').pair("type", "array").key("items");
    reference(json, "text");
    json.close('}').close(']').close('}');
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

void write_limits(JsonText& json, const Field& field) {
    if (std::isfinite(field.least)) json.key("minimum").number(field.least);
    if (std::isfinite(field.most)) json.key("maximum").number(field.most);
}

void write_number(JsonText& json, const Field& field) {
    json.key("anyOf").open('[');
    json.open('{').pair("type", field.type == Type::integer ? "integer" : "number");
    write_limits(json, field);
    json.close('}').open('{').pair("type", "string");
    json.pair("pattern", field.type == Type::integer
                             ? "^-?[0-9]+$"
                             : "^-?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE]-?[0-9]+)?$");
    json.close('}');
    reference(json, "variable");
    json.close(']');
}

void write_choices(JsonText& json, std::string_view choices) {
    json.key("anyOf").open('[').open('{').key("enum").open('[');
    for (const std::string_view choice : split_choices(choices)) {
        json.text(choice);
        // Unquoted, YAML's readers take such a word for a boolean.
        if (choice == "true" || choice == "on" || choice == "yes") json.boolean(true);
        if (choice == "false" || choice == "off" || choice == "no") json.boolean(false);
    }
    json.close(']').close('}');
    reference(json, "variable");
    json.close(']');
}

void write_object(JsonText& json, std::span<const Field> fields, const void* defaults);

// The keywords of one field, inside an open object. `value` is the default, or null.
void write_type(JsonText& json, const Field& field, const void* value) {
    const auto refer = [&json](std::string_view definition) {
        json.pair("$ref", fmt::format("#/$defs/{}", definition));
    };
    switch (field.type) {
        case Type::text:
            if (!field.choices.empty()) return write_choices(json, field.choices);
            if (field.required) json.key("minLength").number(1);
            return refer("text");
        case Type::texts:
            if (field.choices.empty()) return refer("texts");
            json.key("anyOf").open('[').open('{');
            write_choices(json, field.choices);
            json.close('}').open('{').pair("type", "array").key("items").open('{');
            write_choices(json, field.choices);
            json.close('}').close('}').close(']');
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
            if (field.required) json.key("minLength").number(1);
            return refer("secret");
        case Type::text_map:
            json.pair("type", "object").key("additionalProperties");
            return reference(json, "text");
        case Type::secret_map:
            json.pair("type", "object").key("additionalProperties");
            return reference(json, "secret");
        case Type::object:
            return write_object(json, field.members, value);
        case Type::named_objects:
            json.pair("type", "object").key("additionalProperties").open('{');

            write_object(json, field.members, nullptr);
            json.close('}');
            return;
    }
}

std::string described(const Field& field) {
    std::string text(field.sentence);
    if (!field.unit.empty()) text += fmt::format(" In {}.", field.unit);
    return text;
}

bool is_scalar(Type type) {
    return type == Type::text || type == Type::boolean || type == Type::integer ||
           type == Type::number || type == Type::duration || type == Type::size ||
           type == Type::percentage;
}

// Of scalars only: lists and mappings begin empty, members have defaults of their own.
void write_default(JsonText& json, const Field& field, const void* value) {
    if (value == nullptr || field.required || !is_scalar(field.type)) return;
    if (field.type == Type::boolean) {
        json.key("default").boolean(*static_cast<const bool*>(value));
    } else if (field.type == Type::integer) {
        const auto number = *static_cast<const std::int64_t*>(value);
        json.key("default").number(static_cast<double>(number));
    } else if (field.type == Type::number) {
        json.key("default").number(*static_cast<const double*>(value));
    } else if (const std::string written = format_value(field, value); !written.empty()) {
        json.pair("default", written);
    }
}

void write_property(JsonText& json, const Field& field, const void* options) {
    const void* value = options == nullptr ? nullptr : field.peek(options);
    json.key(field.name).open('{').pair("description", described(field));
    write_type(json, field, value);
    write_default(json, field, value);
    if (!field.example.empty() && is_scalar(field.type))
        json.key("examples").open('[').text(field.example).close(']');
    json.close('}');
}

void write_required(JsonText& json, std::span<const Field> fields) {
    if (std::none_of(fields.begin(), fields.end(), [](const Field& f) { return f.required; }))
        return;
    json.key("required").open('[');
    for (const Field& field : fields)
        if (field.required) json.text(field.name);
    json.close(']');
}

// The keywords of a mapping with exactly these keys, inside an open object.
void write_object(JsonText& json, std::span<const Field> fields, const void* defaults) {
    json.pair("type", "object").key("additionalProperties").boolean(false);
    write_required(json, fields);
    json.key("properties").open('{');
    for (const Field& field : fields) write_property(json, field, defaults);
    json.close('}');
}

// A mapping in which one key (`check`, `dialect`) says which further keys there are.
struct Chosen {
    std::string_view name;  // component, endpoint
    std::string_view key;   // check, dialect
    const Description& common;
    const std::vector<Described>& from;
    std::string_view otherwise{};  // which it is when the key is not there; empty: it must be
};

// `check` itself, and what follows from it.
void define_choice(JsonText& json, const Chosen& chosen) {
    json.key(chosen.name).open('{').pair("type", "object");
    if (chosen.otherwise.empty()) json.key("required").open('[').text(chosen.key).close(']');
    json.key("properties").open('{').key(chosen.key).open('{').key("anyOf").open('[');
    json.open('{').key("enum").open('[');
    for (const Described& each : chosen.from) json.text(each.description.name);
    json.close(']').close('}');
    reference(json, "variable");
    json.close(']').close('}').close('}');
    json.key("allOf").open('[');
    for (const Described& each : chosen.from) {
        const std::string_view name = each.description.name;
        json.open('{').key("if").open('{');
        if (name != chosen.otherwise) json.key("required").open('[').text(chosen.key).close(']');
        json.key("properties").open('{').key(chosen.key).open('{').pair("const", name);
        json.close('}').close('}').close('}').key("then");
        reference(json, fmt::format("{}_{}", chosen.name, name));
        json.close('}');
    }
    json.close(']').close('}');
}

void define_chosen(JsonText& json, const Chosen& chosen) {
    define_choice(json, chosen);
    const std::string keys = fmt::format("{}_keys", chosen.name);
    json.key(keys).open('{').pair("description", chosen.common.sentence);
    const auto common_defaults = chosen.common.make();
    json.key("properties").open('{');
    for (const Field& field : chosen.common.fields)
        write_property(json, field, common_defaults.get());
    json.close('}').close('}');
    for (const Described& each : chosen.from) {
        const Description& own = each.description;
        json.key(fmt::format("{}_{}", chosen.name, own.name)).open('{');
        json.pair("description", own.sentence).pair("type", "object");
        json.key("additionalProperties").boolean(false);
        write_required(json, own.fields);
        json.key("properties").open('{');
        for (const Field& field : chosen.common.fields) {
            json.key(field.name);
            reference(json, fmt::format("{}/properties/{}", keys, field.name));
        }
        const auto defaults = own.make();
        for (const Field& field : own.fields) write_property(json, field, defaults.get());
        json.close('}').close('}');
    }
}

// Where the items of a section are described: a kind decides, or the section itself.
void write_item(JsonText& json, const Section& section) {
    if (section.description.name == "components") return reference(json, "component");
    if (section.description.name == "endpoints") return reference(json, "endpoint");
    if (section.description.name == "workers") return reference(json, "group");
    json.open('{');
    write_object(json, section.description.fields, section.description.make().get());
    json.close('}');
}

void write_list(JsonText& json, const Section& section) {
    json.pair("type", "array").key("items");
    write_item(json, section);
}

void write_section(JsonText& json, const Section& section) {
    json.key(section.description.name).open('{');
    json.pair("description", section.description.sentence);
    switch (section.shape) {
        case Shape::value:
            write_type(json, section.description.fields.front(), nullptr);
            break;
        case Shape::mapping:
            write_object(json, section.description.fields, section.description.make().get());
            break;
        case Shape::list:
            write_list(json, section);
            break;
        case Shape::entries:
            json.key("anyOf").open('[').open('{');
            write_list(json, section);
            json.close('}').open('{').pair("type", "object");
            json.key("additionalProperties").boolean(false);
            json.key("required").open('[').text("only").close(']');
            json.key("properties").open('{').key("only").open('{');
            json.pair("description", "The exact list, without the usual ones.");
            write_list(json, section);
            json.close('}').close('}').close('}').close(']');
            break;
        case Shape::named:
            json.pair("type", "object").key("propertyNames").open('{');
            json.key("minLength").number(1);
            if (section.description.name == "components")
                json.pair("pattern", "^(?!vitals/)[^/]+(/[^/]+)?$");
            if (section.description.name == "workers") json.pair("pattern", "^[^/]+$");
            json.close('}').key("additionalProperties");
            write_item(json, section);
            break;
    }
    json.close('}');
}

}  // namespace

std::string json_schema(const Catalog& catalog) {
    JsonText json;
    json.open('{').pair("$schema", "https://json-schema.org/draft/2020-12/schema");
    json.pair("title", "vitals.yaml");
    json.pair("description", "The configuration of vitals.");
    json.pair("type", "object").key("additionalProperties").boolean(false);
    json.key("properties").open('{');
    for (const Section& section : all_sections()) write_section(json, section);
    json.close('}').key("$defs").open('{');
    define_scalars(json);
    define_chosen(json, {"component", "check", section("components").description, catalog.kinds});
    define_chosen(json,
                  {"endpoint", "dialect", section("endpoints").description, catalog.dialects});
    define_chosen(json,
                  {"group", "source", section("workers").description, catalog.sources, "push"});
    json.close('}').close('}');
    return json.written() + "\n";
}

}  // namespace vitals::config
