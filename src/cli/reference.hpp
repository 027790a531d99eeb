// All that can be configured, for people: `vitals kinds`, `vitals kinds KIND` and the reference
// page docs/configuration.md. Everything comes from the descriptions that the parser itself uses.
// Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "checks/kind.hpp"
#include "cli/terminal.hpp"
#include "model/description.hpp"

namespace vitals::cli {

// A small configuration to begin with.
extern const std::string_view example_configuration;

// How values of a type are written. In Markdown.
struct ValueForm {
    std::string_view type;
    std::string_view written;
    std::string_view remarks;
    std::string spoken() const;  // both, without Markdown
};
extern const std::span<const ValueForm> value_forms;

// One key, in words.
struct KeyText {
    std::string name;      // of a nested one: `tls.ca`
    std::string type;      // "duration", "ok or degraded", "list of texts"
    std::string fallback;  // how the default is written; empty: there is none
    std::string limits;    // "1 to 100", "at least 1 day"
    std::string sentence;
    std::string example;
    bool required = false;
};

// `defaults` is a default-constructed struct that the fields describe; null: no defaults are shown.
std::vector<KeyText> keys_of(std::span<const Field> fields, const ObjectRef& defaults);

// A valid configuration with one component of that kind and as few keys as possible.
std::string example_of(const checks::Kind& kind);

std::string kinds_table(std::span<const checks::Kind* const> kinds, const Terminal& terminal);
std::string kind_text(const checks::Kind& kind, const Terminal& terminal);
std::string reference_page();  // Markdown
// An array of objects, or with one kind that object: name, what it does and proves, keys, example.
std::string kinds_json(std::span<const checks::Kind* const> kinds);
std::string kind_json(const checks::Kind& kind);

}  // namespace vitals::cli
