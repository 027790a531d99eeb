// Building outcomes.
#include "vitals/outcome.hpp"

#include <utility>

namespace vitals {

Outcome& Outcome::with(std::string name, Value value) & {
    properties.push_back({std::move(name), std::move(value)});
    return *this;
}

Outcome&& Outcome::with(std::string name, Value value) && {
    properties.push_back({std::move(name), std::move(value)});
    return std::move(*this);
}

const Value* Outcome::property(std::string_view name) const noexcept {
    for (const Property& property : properties)
        if (property.name == name) return &property.value;
    return nullptr;
}

namespace {
Outcome made(Status status, std::string detail, ErrorClass error_class, std::string error) {
    Outcome outcome;
    outcome.status = status;
    outcome.detail = std::move(detail);
    outcome.error_class = error_class;
    outcome.error = std::move(error);
    return outcome;
}
}  // namespace

Outcome ok(std::string detail) {
    return made(Status::ok, std::move(detail), ErrorClass::none, {});
}

Outcome degraded(std::string detail) {
    return made(Status::degraded, std::move(detail), ErrorClass::none, {});
}

Outcome failed(std::string detail, ErrorClass error_class, std::string error) {
    return made(Status::failed, std::move(detail), error_class, std::move(error));
}

Outcome unknown(std::string detail, std::string error) {
    return made(Status::unknown, std::move(detail), ErrorClass::local, std::move(error));
}

}  // namespace vitals
