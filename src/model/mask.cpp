#include "model/mask.hpp"

#include "text/masked.hpp"

namespace vitals {

namespace {

void hide(std::string& text) {
    if (text.contains("://")) text = text::masked(text);
}

void hide(std::vector<Property>& properties);

void hide(Value& value) {
    if (auto* text = std::get_if<std::string>(&value)) hide(*text);
    if (auto* members = std::get_if<std::vector<Property>>(&value)) hide(*members);
    if (auto* list = std::get_if<std::vector<Value>>(&value))
        for (Value& each : *list) hide(each);
}

void hide(std::vector<Property>& properties) {
    for (Property& property : properties) {
        hide(property.name);
        hide(property.value);
    }
}

}  // namespace

void mask(Outcome& outcome) {
    hide(outcome.detail);
    hide(outcome.error);
    hide(outcome.properties);
}

}  // namespace vitals
