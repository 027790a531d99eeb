// Appends JSON (RFC 8259) to a string, in the order of the calls. The result is always valid:
// invalid UTF-8 becomes U+FFFD, a number that is not finite becomes null. The caller gives keys
// within objects and closes what it opens.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace vitals::text {

struct JsonStyle {
    std::string_view comma = ",";
    std::string_view colon = ":";
    bool ascii = false;      // everything beyond ASCII as \uXXXX
    std::size_t indent = 0;  // blanks for each level, each value on its own line; 0: one line
};

inline constexpr JsonStyle compact_json{};
// What Python's json module writes by default.
inline constexpr JsonStyle python_json{", ", ": ", true};
// The same with separators (',', ':'): the JSON of WebOb, below Pyramid.
inline constexpr JsonStyle webob_json{",", ":", true};
// For people and for files that are compared.
inline constexpr JsonStyle indented_json{.colon = ": ", .indent = 2};

class JsonWriter;

// A type with a function `write_json(JsonWriter&, const T&)`.
template <class T>
concept WrittenAsJson = requires(JsonWriter& json, const T& value) { write_json(json, value); };

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
    JsonWriter& value(double number);                     // see plain_number()
    JsonWriter& value(std::chrono::nanoseconds seconds);  // in seconds, at most 6 places
    JsonWriter& value(std::nullptr_t) { return raw("null"); }
    template <WrittenAsJson T>
    JsonWriter& value(const T& any) {
        write_json(*this, any);
        return *this;
    }
    JsonWriter& null() { return value(nullptr); }
    // A value that is already JSON.
    JsonWriter& raw(std::string_view json);

    template <class T>
    JsonWriter& member(std::string_view name, const T& content) {
        key(name);
        return value(content);
    }

  private:
    JsonWriter& open(char bracket);
    JsonWriter& close(char bracket);
    void before_value();
    void new_line();
    void append_text(std::string_view text);

    std::string& out_;
    JsonStyle style_;
    std::size_t depth_ = 0;
    bool first_ = true;  // nothing yet in the innermost array or object
    bool after_key_ = false;
};

// The shortest digits that read back as the same number: plain (`0.0004`, `1000000`) from a
// millionth to 10^15, with an exponent beyond. Not for NaN and infinities.
std::string plain_number(double number);

}  // namespace vitals::text
