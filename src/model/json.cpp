#include "model/json.hpp"

#include <set>
#include <variant>

namespace vitals {

void write_json(text::JsonWriter& json, const Value& value) {
    std::visit([&json](const auto& held) { json.value(held); }, value);
}

void write_json(text::JsonWriter& json, const std::vector<Value>& list) {
    json.array();
    for (const Value& each : list) json.value(each);
    json.end_array();
}

void write_json(text::JsonWriter& json, const std::vector<Property>& members) {
    json.object();
    std::set<std::string_view> written;
    for (const Property& each : members)
        if (written.insert(each.name).second) json.member(each.name, each.value);
    json.end_object();
}

}  // namespace vitals
