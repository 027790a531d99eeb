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

std::string without_secrets(std::string text,
                            std::span<const std::pair<std::string, Secret>> secrets) {
    constexpr std::size_t shortest = 4;  // shorter ones would tear other words apart
    for (const auto& [name, secret] : secrets) {
        const std::string value = secret.reveal();
        if (value.size() < shortest) continue;
        for (std::size_t at = 0; (at = text.find(value, at)) != std::string::npos; at += 3)
            text.replace(at, value.size(), "***");
    }
    return text;
}

}  // namespace vitals
