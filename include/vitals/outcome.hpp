// An outcome is what one run of a check found. It separates vitals' words from those of the other
// side. The author of the check writes `detail` for the public. `error` is what the other side
// said: it is untrusted, may hold addresses, and is shown only to those who may read it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "vitals/status.hpp"

namespace vitals {

struct Property;

// Any JSON value: a text, true or false, a number, null, a list, or an object. The members of an
// object keep their order. Of several members with one name the first counts.
struct Value : std::variant<std::string, bool, std::int64_t, double, std::nullptr_t,
                            std::vector<Value>, std::vector<Property>> {
    using variant::variant;
};

// A further fact, in the order in which the check gave it. A property from a handler or a push is
// public, like `detail`. A property from a check of a backend is shown to those who may read error
// texts.
struct Property {
    std::string name;
    Value value;
    bool operator==(const Property&) const = default;
};

// How long one step of a run took ("resolve", "connect", "tls", "auth", ...).
struct Phase {
    std::string name;
    std::chrono::nanoseconds duration{};
    bool operator==(const Phase&) const = default;
};

struct Outcome {
    Status status = Status::unknown;
    std::string detail;                         // public, from vitals, one line; may be empty
    ErrorClass error_class = ErrorClass::none;  // none when ok
    std::string error;                          // private, from the other side; may be empty
    std::string failed_phase;                   // the step that failed or hung; empty when ok
    std::vector<Property> properties;
    std::vector<Phase> phases;
    std::chrono::nanoseconds duration{};  // the whole run, filled in by the engine

    // Appends a public property; chains.
    Outcome& with(std::string name, Value value) &;
    Outcome&& with(std::string name, Value value) &&;

    // The property of that name, or null.
    const Value* property(std::string_view name) const noexcept;
};

Outcome ok(std::string detail = {});
Outcome degraded(std::string detail);
Outcome failed(std::string detail, ErrorClass error_class = ErrorClass::assertion,
               std::string error = {});
Outcome unknown(std::string detail, std::string error = {});  // class local: vitals could not look

}  // namespace vitals
