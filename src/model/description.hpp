// Options are plain structs, described once. From the one table come parsing, validation with
// positions and "did you mean", `vitals kinds`, the JSON Schema and the reference page; the default
// is whatever a default-constructed struct holds. No option is named in a second place.
//
//     struct Options { std::string url; std::int64_t lines = 1; };
//     constexpr Field fields[] = {
//         field<&Options::url>("url", "Where to connect.", {.required = true}),
//         field<&Options::lines>("lines", "How many lines to read.", {.least = 1, .most = 100}),
//     };
//     const Description description = describe<Options>("reader", "reads lines", fields);
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "model/secret.hpp"

namespace vitals {

struct Size {
    std::uint64_t bytes = 0;
    bool operator==(const Size&) const = default;
};
struct Percentage {
    double value = 0;  // 0 to 100
    bool operator==(const Percentage&) const = default;
};
// Named values of which any may be a secret (HTTP headers), in the order written.
using SecretMap = std::vector<std::pair<std::string, Secret>>;
// Named plain values (environment variables, expected headers), in the order written.
using TextMap = std::vector<std::pair<std::string, std::string>>;

enum class Type : std::uint8_t {
    text,           // std::string
    texts,          // std::vector<std::string>; a single scalar stands for a list of one
    boolean,        // bool
    integer,        // std::int64_t
    number,         // double
    duration,       // std::chrono::milliseconds: 250ms, 10s, 5m, 1h, 30d
    size,           // Size: 512KiB, 10GiB, plain bytes
    percentage,     // Percentage: 90%
    secret,         // Secret: plain, {env: NAME}, {file: path}, {vault: "mount/path#key"}
    secret_map,     // SecretMap
    text_map,       // TextMap
    object,         // a nested struct with its own fields
    named_objects,  // std::vector<std::pair<std::string, Struct>>: a mapping from names to structs
};
std::string_view to_string(Type type) noexcept;

struct Field {
    std::string_view name;
    std::string_view sentence;  // one, for a person; ends with a full stop
    Type type = Type::text;
    bool optional = false;  // the member is a std::optional
    bool required = false;
    std::string_view choices;  // `a|b|c`: a text must be one of them
    std::string_view unit;     // for a person: "days", "per CPU"
    std::string_view refers;   // a text names one: component, workers, token...; components: glob
    std::string_view example;
    double least = -std::numeric_limits<double>::infinity();  // numbers; durations in ms; sizes
    double most = std::numeric_limits<double>::infinity();
    // What is wrong with a value that parsed, or empty. Gets the address of the member's value.
    std::string (*verify)(const void* value) = nullptr;
    std::span<const Field> members;           // of an object
    void* (*reach)(void* options) = nullptr;  // the value's address; creates an optional's
    const void* (*peek)(const void* options) = nullptr;  // likewise; null for an empty optional
    // Of named_objects: appends one of that name to the value and returns its struct's address.
    void* (*append)(void* value, std::string name) = nullptr;
};

// What a table's line may add to name and sentence.
struct Extra {
    bool required = false;
    std::string_view choices{};
    std::string_view unit{};
    std::string_view refers{};
    std::string_view example{};
    double least = -std::numeric_limits<double>::infinity();
    double most = std::numeric_limits<double>::infinity();
    std::string (*verify)(const void* value) = nullptr;
    std::span<const Field> members{};
};

namespace detail {
template <class>
struct MemberOf;
template <class Object, class Member>
struct MemberOf<Member Object::*> {
    using object = Object;
    using member = Member;
};
template <class T>
struct Unwrap {
    using type = T;
    static constexpr bool optional = false;
};
template <class T>
struct Unwrap<std::optional<T>> {
    using type = T;
    static constexpr bool optional = true;
};
template <class T>
struct NamedObjects : std::false_type {};
template <class T>
struct NamedObjects<std::vector<std::pair<std::string, T>>> : std::true_type {};
template <class T>
constexpr Type type_of() {
    if constexpr (std::is_same_v<T, std::string>)
        return Type::text;
    else if constexpr (std::is_same_v<T, std::vector<std::string>>)
        return Type::texts;
    else if constexpr (std::is_same_v<T, bool>)
        return Type::boolean;
    else if constexpr (std::is_same_v<T, std::int64_t>)
        return Type::integer;
    else if constexpr (std::is_same_v<T, double>)
        return Type::number;
    else if constexpr (std::is_same_v<T, std::chrono::milliseconds>)
        return Type::duration;
    else if constexpr (std::is_same_v<T, Size>)
        return Type::size;
    else if constexpr (std::is_same_v<T, Percentage>)
        return Type::percentage;
    else if constexpr (std::is_same_v<T, Secret>)
        return Type::secret;
    else if constexpr (std::is_same_v<T, SecretMap>)
        return Type::secret_map;
    else if constexpr (std::is_same_v<T, TextMap>)
        return Type::text_map;
    else if constexpr (NamedObjects<T>::value)
        return Type::named_objects;
    else
        return Type::object;
}
}  // namespace detail

template <auto Member>
constexpr Field field(std::string_view name, std::string_view sentence, Extra extra = {}) {
    using Object = typename detail::MemberOf<decltype(Member)>::object;
    using Declared = typename detail::MemberOf<decltype(Member)>::member;
    using Held = detail::Unwrap<Declared>;
    Field made;
    made.name = name;
    made.sentence = sentence;
    made.type = detail::type_of<typename Held::type>();
    made.optional = Held::optional;
    made.required = extra.required;
    made.choices = extra.choices;
    made.unit = extra.unit;
    made.refers = extra.refers;
    made.example = extra.example;
    made.least = extra.least;
    made.most = extra.most;
    made.verify = extra.verify;
    made.members = extra.members;
    made.reach = [](void* options) -> void* {
        auto& member = static_cast<Object*>(options)->*Member;
        if constexpr (Held::optional) {
            if (!member) member.emplace();
            return &*member;
        } else {
            return &member;
        }
    };
    made.peek = [](const void* options) -> const void* {
        const auto& member = static_cast<const Object*>(options)->*Member;
        if constexpr (Held::optional)
            return member ? &*member : nullptr;
        else
            return &member;
    };
    if constexpr (detail::type_of<typename Held::type>() == Type::named_objects) {
        made.append = [](void* value, std::string entry) -> void* {
            auto& list = *static_cast<typename Held::type*>(value);
            return &list.emplace_back(std::move(entry),
                                      typename Held::type::value_type::second_type{})
                        .second;
        };
    }
    return made;
}

// A described struct: a kind of check, a dialect, a section of the configuration.
struct Description {
    std::string_view name;
    std::string_view sentence;
    std::span<const Field> fields;
    std::shared_ptr<void> (*make)() = nullptr;  // default-constructed
    // What is wrong with the whole (options that exclude each other), or empty.
    std::string (*verify)(const void* options) = nullptr;
};

template <class Options>
constexpr Description describe(std::string_view name, std::string_view sentence,
                               std::span<const Field> fields,
                               std::string (*verify)(const void*) = nullptr) {
    return Description{name, sentence, fields,
                       []() -> std::shared_ptr<void> { return std::make_shared<Options>(); },
                       verify};
}

// How a value is written: `10s`, `512KiB`, `90%`, `true`. Never reveals a secret.
std::string format_value(const Field& field, const void* value);
std::string format_duration(std::chrono::milliseconds duration);
std::string format_size(Size size);
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
std::optional<Size> parse_size(std::string_view text);
std::optional<Percentage> parse_percentage(std::string_view text);

}  // namespace vitals
