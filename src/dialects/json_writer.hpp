// Appends JSON (RFC 8259) to a string, in the order in which it is told. The result is always
// valid: text that is not UTF-8 gets U+FFFD, a number that is not finite becomes null. Whoever
// writes gives keys within objects and closes what they open.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "vitals/outcome.hpp"

namespace vitals::dialects {

struct JsonStyle {
    std::string_view comma = ",";
    std::string_view colon = ":";
    bool ascii = false;  // everything beyond ASCII as \uXXXX
};

inline constexpr JsonStyle compact_json{};
// What Python's json module writes when nothing is set.
inline constexpr JsonStyle python_json{", ", ": ", true};
// Likewise with separators (',', ':'): how WebOb, below Pyramid, sets a response's JSON.
inline constexpr JsonStyle webob_json{",", ":", true};

class JsonWriter {
  public:
    explicit JsonWriter(std::string& out, JsonStyle style = compact_json)
        : out_(out), style_(style) {}

    JsonWriter& object() { return open('{'); }
    JsonWriter& end_object() { return close('}'); }
    JsonWriter& array() { return open('['); }
    JsonWriter& end_array() { return close(']'); }
    JsonWriter& key(std::string_view name);

    JsonWriter& value(std::string_view text);
    JsonWriter& value(const char* text) { return value(std::string_view(text)); }
    JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
    JsonWriter& value(std::same_as<bool> auto flag) { return raw(flag ? "true" : "false"); }
    JsonWriter& value(std::integral auto number)
        requires(!std::same_as<decltype(number), bool>)
    {
        return raw(std::to_string(number));
    }
    JsonWriter& value(double number);
    JsonWriter& value(std::nullptr_t) { return raw("null"); }
    JsonWriter& value(const std::vector<Value>& list);
    JsonWriter& value(const std::vector<Property>& members);
    JsonWriter& value(const Value& any);
    JsonWriter& null() { return value(nullptr); }

    template <class T>
    JsonWriter& member(std::string_view name, const T& content) {
        key(name);
        return value(content);
    }

  private:
    JsonWriter& open(char bracket);
    JsonWriter& close(char bracket);
    JsonWriter& raw(std::string_view token);
    void before_value();
    void quoted(std::string_view text);

    std::string& out_;
    JsonStyle style_;
    bool first_ = true;  // nothing yet in the innermost array or object
    bool after_key_ = false;
};

// The shortest digits that read back as the same number; not for NaN and infinities.
std::string shortest(double number);

}  // namespace vitals::dialects
