// Options are plain structs that are described once. Parsing, messages with positions and "did you
// mean", `vitals kinds`, the JSON Schema and the reference page come from this one table. The
// default of an option is the value in a default-constructed struct. No option is named in a second
// place.
//
//     struct Options { text::Url url; std::int64_t lines = 1; };
//     constexpr Field fields[] = {
//         field<&Options::url, verify_url>("url", "The URL to read.", {.required = true}),
//         field<&Options::lines>("lines", "How many lines to read.", {.least = 1, .most = 100}),
//     };
//     const Description description = describe<Options, verify>("reader", "Reads lines.", fields);
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "model/erased.hpp"
#include "model/secret.hpp"
#include "text/masked.hpp"
#include "text/url.hpp"

namespace vitals {

struct Size {
    std::uint64_t bytes = 0;
    bool operator==(const Size&) const = default;
};
struct Percentage {
    double value = 0;  // 0 to 100
    bool operator==(const Percentage&) const = default;
};
// Named values of which each may be a secret (HTTP headers), in the order written.
using SecretMap = std::vector<std::pair<std::string, Secret>>;
// Named plain values (environment variables, expected headers), in the order written.
using TextMap = std::vector<std::pair<std::string, std::string>>;

// What is wrong with a value, or with options that parsed. The text continues after its name.
using Verified = std::expected<void, std::string>;
// From a problem in words; an empty text is no problem.
inline Verified verified(std::string problem) {
    if (problem.empty()) return {};
    return std::unexpected(std::move(problem));
}

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
    parsed,         // a type with an OptionText, written as one text: text::Url, wire::Pattern
    object,         // a nested struct with its own fields
    named_objects,  // std::vector<std::pair<std::string, Struct>>: a mapping from names to structs
};

constexpr std::string_view to_string(Type type) noexcept {
    switch (type) {
        case Type::text:
        case Type::parsed:
            return "text";
        case Type::texts:
            return "list of texts";
        case Type::boolean:
            return "true or false";
        case Type::integer:
            return "whole number";
        case Type::number:
            return "number";
        case Type::duration:
            return "duration";
        case Type::size:
            return "size";
        case Type::percentage:
            return "percentage";
        case Type::secret:
            return "secret";
        case Type::secret_map:
            return "mapping of secrets";
        case Type::text_map:
            return "mapping of texts";
        case Type::object:
            return "mapping";
        case Type::named_objects:
            return "mapping of mappings";
    }
    return "text";
}

// How a type is read from one text and shown as one. Specialised beside the type:
//     static constexpr std::string_view name = "URL";
//     static std::expected<T, std::string> parse(std::string_view text);
//     static std::string shown(const T& value);   // tells no secret
template <class T>
struct OptionText;

template <>
struct OptionText<text::Url> {
    static constexpr std::string_view name = "URL";
    // The verify function of the field says what is wrong with a URL, because it knows the schemes.
    static std::expected<text::Url, std::string> parse(std::string_view text) { return text; }
    static std::string shown(const text::Url& url) { return text::masked_url(url.text); }
};

template <class T>
concept HasOptionText = requires { OptionText<T>::name; };

// A value of Type::parsed.
struct ParsedRef {
    ObjectRef value;
    Verified (*read)(const ObjectRef& value, std::string_view text) = nullptr;
    std::string (*shown)(const ObjectRef& value) = nullptr;
};

// A value of Type::named_objects.
struct NamedObjectsRef {
    ObjectRef value;
    // Appends an entry with that name and returns its struct.
    ObjectRef (*append)(const ObjectRef& value, std::string name) = nullptr;
};

// One value of a described struct, owned by it.
using ValueRef = std::variant<std::string*, std::vector<std::string>*, bool*, std::int64_t*,
                              double*, std::chrono::milliseconds*, Size*, Percentage*, Secret*,
                              SecretMap*, TextMap*, ParsedRef, ObjectRef, NamedObjectsRef>;

struct Field {
    std::string_view name;
    std::string_view sentence;  // one, for a person; ends with a full stop
    Type type = Type::text;
    std::string_view type_name = "text";  // for a person
    bool optional = false;                // the member is a std::optional
    bool required = false;
    std::string_view choices;  // `a|b|c`: a text must be one of them
    std::string_view unit;     // for a person: "days", "per CPU"
    std::string_view refers;   // a text names one: component, workers, token...; components: glob
    std::string_view example;
    double least = -std::numeric_limits<double>::infinity();  // numbers; durations in ms; sizes
    double most = std::numeric_limits<double>::infinity();
    std::span<const Field> members;  // of an object
    // The value within its struct; creates the value of an optional.
    ValueRef (*reach)(const ObjectRef& options) = nullptr;
    // The same for reading only; nothing for an empty optional.
    std::optional<ValueRef> (*peek)(const ObjectRef& options) = nullptr;
    // What is wrong with the value of these options, which parsed; null: nothing can be wrong.
    Verified (*verify)(const ObjectRef& options) = nullptr;
};

// What a line of the table may add to name and sentence.
struct Extra {
    bool required = false;
    std::string_view choices{};
    std::string_view unit{};
    std::string_view refers{};
    std::string_view example{};
    double least = -std::numeric_limits<double>::infinity();
    double most = std::numeric_limits<double>::infinity();
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
    else if constexpr (HasOptionText<T>)
        return Type::parsed;
    else if constexpr (NamedObjects<T>::value)
        return Type::named_objects;
    else
        return Type::object;
}

template <class T>
Verified read_parsed(const ObjectRef& value, std::string_view text) {
    auto parsed = OptionText<T>::parse(text);
    if (!parsed) return std::unexpected(std::move(parsed.error()));
    value.as<T>() = *std::move(parsed);
    return {};
}
template <class T>
std::string shown_parsed(const ObjectRef& value) {
    return OptionText<T>::shown(value.as<T>());
}
template <class T>
ObjectRef append_entry(const ObjectRef& value, std::string name) {
    return ObjectRef(
        value.as<T>().emplace_back(std::move(name), typename T::value_type::second_type{}).second);
}

template <class T>
ValueRef ref_to(T& value) {
    constexpr Type type = type_of<T>();
    if constexpr (type == Type::parsed)
        return ParsedRef{ObjectRef(value), read_parsed<T>, shown_parsed<T>};
    else if constexpr (type == Type::named_objects)
        return NamedObjectsRef{ObjectRef(value), append_entry<T>};
    else if constexpr (type == Type::object)
        return ObjectRef(value);
    else
        return &value;
}
}  // namespace detail

// `verify` takes the member's value (for an optional: its content) and returns Verified.
template <auto Member, auto verify = nullptr>
constexpr Field field(std::string_view name, std::string_view sentence, Extra extra = {}) {
    using Object = typename detail::MemberOf<decltype(Member)>::object;
    using Declared = typename detail::MemberOf<decltype(Member)>::member;
    using Held = detail::Unwrap<Declared>;
    using Value = typename Held::type;
    Field made;
    made.name = name;
    made.sentence = sentence;
    made.type = detail::type_of<Value>();
    if constexpr (HasOptionText<Value>)
        made.type_name = OptionText<Value>::name;
    else
        made.type_name = to_string(made.type);
    made.optional = Held::optional;
    made.required = extra.required;
    made.choices = extra.choices;
    made.unit = extra.unit;
    made.refers = extra.refers;
    made.example = extra.example;
    made.least = extra.least;
    made.most = extra.most;
    made.members = extra.members;
    made.reach = [](const ObjectRef& options) -> ValueRef {
        auto& member = options.as<Object>().*Member;
        if constexpr (Held::optional) {
            if (!member) member.emplace();
            return detail::ref_to(*member);
        } else {
            return detail::ref_to(member);
        }
    };
    made.peek = [](const ObjectRef& options) -> std::optional<ValueRef> {
        auto& member = options.as<Object>().*Member;
        if constexpr (Held::optional) {
            if (!member) return std::nullopt;
            return detail::ref_to(*member);
        } else {
            return detail::ref_to(member);
        }
    };
    if constexpr (!std::is_null_pointer_v<decltype(verify)>) {
        made.verify = [](const ObjectRef& options) -> Verified {
            const auto& member = options.as<Object>().*Member;
            if constexpr (Held::optional)
                return verify(*member);
            else
                return verify(member);
        };
    }
    return made;
}

// A described struct: a kind of check, a dialect, a section of the configuration.
struct Description {
    std::string_view name;
    std::string_view sentence;
    std::span<const Field> fields;
    AnyOptions (*make)() = nullptr;  // default-constructed
    // What is wrong with the options as a whole (options that exclude each other).
    Verified (*verify)(const ObjectRef& options) = nullptr;
};

// The rules of groups of options: those of a log-in (`url`, `user`, `password`) and of TLS (`tls`),
// in every struct that has them.
template <class Options>
Verified verify_groups(const Options& options) {
    if constexpr (requires { options.url.user.empty(), options.user.empty(); })
        if (!options.url.user.empty() && !options.user.empty())
            return std::unexpected("user stands both in the URL and apart from it");
    if constexpr (requires { options.url.password.empty(), options.password.configured(); })
        if (!options.url.password.empty() && options.password.configured())
            return std::unexpected("password stands both in the URL and apart from it");
    if constexpr (requires { options.tls.certificate.empty(), options.tls.key.empty(); })
        if (options.tls.certificate.empty() && !options.tls.key.empty())
            return std::unexpected("tls: a key without a certificate");
    return {};
}

// `verify` takes the options and returns Verified; the rules of verify_groups() come first.
template <class Options, auto verify = nullptr>
constexpr Description describe(std::string_view name, std::string_view sentence,
                               std::span<const Field> fields) {
    Description made{name, sentence, fields};
    made.make = []() { return AnyOptions(std::make_shared<Options>()); };
    made.verify = [](const ObjectRef& options) -> Verified {
        const Options& typed = options.as<Options>();
        if (Verified groups = verify_groups(typed); !groups) return groups;
        if constexpr (std::is_null_pointer_v<decltype(verify)>)
            return {};
        else
            return verify(typed);
    };
    return made;
}

// The configured secrets of options, each with its key (for a SecretMap: with the entry's name).
using NamedSecrets = std::vector<std::pair<std::string, Secret>>;
NamedSecrets secrets_of(std::span<const Field> fields, const ObjectRef& options);

// How a value is written: `10s`, `512KiB`, `90%`, `true`; nothing for an empty one. Never reveals a
// secret.
std::string format_value(const Field& field, const std::optional<ValueRef>& value);
std::string format_duration(std::chrono::milliseconds duration);
std::string format_size(Size size);
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
std::optional<Size> parse_size(std::string_view text);
std::optional<Percentage> parse_percentage(std::string_view text);

}  // namespace vitals
