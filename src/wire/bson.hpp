// BSON, as far as MongoDB's answers and commands need it: https://bsonspec.org/spec.html. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vitals::wire::bson {

struct Element;

struct Value {
    // The types that a health check looks at; anything else is `other`.
    enum class Type : std::uint8_t { number, text, document, array, binary, boolean, date, other };
    Type type = Type::other;
    double number = 0;           // of a number
    std::int64_t integer = 0;    // of a number, cut; of a date, milliseconds; of a boolean
    std::string text;            // of a text and of a binary
    std::vector<Element> items;  // of a document and of an array

    // Of a document: the value of that name, or null.
    const Value* find(std::string_view name) const;
    // Of a document: the same, when it has that type.
    const Value* find(std::string_view name, Type wanted) const;
    std::string text_of(std::string_view name) const;  // empty when it is none
    std::optional<std::int64_t> whole(std::string_view name) const;
    // True, or a number that is not 0: servers write `ok: 1` and `ok: true`.
    bool is_true(std::string_view name) const;
};

struct Element {
    std::string name;
    Value value;
};

inline constexpr std::size_t longest_document = 1024 * 1024;
inline constexpr std::size_t most_elements = 20'000;  // all in all
inline constexpr std::size_t deepest = 16;

// Of a whole document.
std::expected<Value, std::string> read(std::string_view bytes);

// Writes a document, in the order of the calls.
class Writer {
  public:
    Writer& add(std::string_view name, std::string_view text);
    Writer& add(std::string_view name, const char* text) {
        return add(name, std::string_view(text));
    }
    Writer& add(std::string_view name, std::int32_t number);
    Writer& add(std::string_view name, bool value);
    Writer& add(std::string_view name, const Writer& document);
    // From elements that are named 0, 1 and so on.
    Writer& add_array(std::string_view name, const Writer& elements);
    Writer& add_binary(std::string_view name, std::string_view bytes);
    std::string document() const;

  private:
    void begin(char type, std::string_view name);
    std::string elements_;
};

}  // namespace vitals::wire::bson
