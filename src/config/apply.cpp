// Fills described structs from the tree.
#include "config/apply.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "config/other_words.hpp"
#include "config/scalars.hpp"
#include "config/secret_forms.hpp"
#include "model/secret_list.hpp"
#include "text/words.hpp"

namespace vitals::config {

void Reading::problem(Position position, std::string message) {
    problems.push_back({sources.files.at(position.file), position, std::move(message)});
}

void Reading::warning(Position position, std::string message) {
    warnings.push_back({sources.files.at(position.file), position, std::move(message)});
}

void Reading::plain_secret(const Node& node, std::string_view key) {
    ++plain_secrets;
    if (!node.replaced && open_files.contains(node.position.file))
        exposed.emplace_back(node.position, key);
}

std::string_view found(const Node& node) {
    if (node.kind == Node::Kind::sequence) return "a list";
    if (node.kind == Node::Kind::mapping) return "a mapping";
    return node.nothing() ? "nothing" : "a text";
}

namespace {

// Members are reached in the struct of their own part. What a table's verify function says of a
// parsed value is reported at the value.
bool apply_field(const Node::Entry& entry, const Field& field, const ObjectRef& options,
                 const Subject& subject, Reading& reading) {
    const ValueRef value = field.reach(options);
    if (!apply_value(entry.value, entry.position, field, value, subject, reading)) return false;
    if (field.verify == nullptr) return true;
    const Verified good = field.verify(options);
    if (good) return true;
    reading.problem(entry.value.position, said_of(field.name, good.error()));
    return false;
}

std::vector<std::string_view> names_of(std::span<const Part> parts) {
    std::vector<std::string_view> names;
    for (const Part& part : parts)
        for (const Field& field : part.fields) names.push_back(field.name);
    return names;
}

// The message for a key that no part knows.
std::string unknown_key(const std::string& key, std::span<const std::string_view> names,
                        const Subject& subject) {
    const OtherWord* other = other_word(OtherWord::What::key, key);
    if (other != nullptr && std::find(names.begin(), names.end(), other->here) != names.end())
        return fmt::format("{} of {} is written '{}' here", text::in_quotes(key), subject.noun,
                           other->here);
    const std::string otherwise =
        subject.more.empty() ? fmt::format(", expected {}", text::one_of(names)) : subject.more;
    return fmt::format("unknown key {} of {}{}", text::in_quotes(key), subject.noun,
                       text::did_you_mean(key, names, otherwise));
}

bool wrong_kind(const Node& node, const Field& field, Reading& reading) {
    if (!node.broken)
        reading.problem(node.position, fmt::format("'{}' must be {}, found {}", field.name,
                                                   expectation(field), found(node)));
    return false;
}

// `key:` without a value. Refused for every type: it is more often a forgotten value than a wish
// for the default.
bool refuse_nothing(const Node& node, Position position, const Field& field, Reading& reading) {
    if (!node.nothing() || node.broken) return false;
    reading.problem(position,
                    fmt::format("'{}' has no value, expected {}", field.name, expectation(field)));
    return true;
}

bool apply_scalar(const Node& node, const Field& field, const ValueRef& value, Reading& reading) {
    if (node.broken) return false;
    if (node.kind != Node::Kind::scalar) return wrong_kind(node, field, reading);
    if (Verified read = set_scalar(field, node.scalar, value); !read) {
        reading.problem(node.position, std::move(read.error()));
        return false;
    }
    if (field.type_name == OptionText<text::Url>::name)
        if (const auto* url = std::get_if<ParsedRef>(&value))
            if (!url->value.as<text::Url>().password.empty())
                reading.plain_secret(node, field.name);
    return true;
}

bool apply_text(const Node& node, const Field& field, std::string& value, Reading& reading) {
    if (!apply_scalar(node, field, &value, reading)) return false;
    if (!field.refers.empty())
        reading.references.push_back(
            {field.refers, node.scalar, node.position, std::string(field.name)});
    return true;
}

bool apply_texts(const Node& node, const Field& field, std::vector<std::string>& value,
                 Reading& reading) {
    value.clear();
    Field item = field;
    item.type = Type::text;
    item.required = true;  // an empty item says nothing
    const auto append = [&](const Node& from) {
        if (!from.broken && (from.nothing() || (from.quoted && from.scalar.empty()))) {
            reading.problem(from.position, fmt::format("an item of '{}' is empty", field.name));
            return false;
        }
        if (!from.broken && from.kind != Node::Kind::scalar) {
            reading.problem(from.position, fmt::format("an item of '{}' must be a text, found {}",
                                                       field.name, found(from)));
            return false;
        }
        return apply_text(from, item, value.emplace_back(), reading);
    };
    if (node.kind == Node::Kind::scalar) return append(node);
    if (node.kind == Node::Kind::mapping) return wrong_kind(node, field, reading);
    bool good = true;
    for (const Node& from : node.items) good = append(from) && good;
    if (node.items.empty() && field.required) {
        reading.problem(node.position, fmt::format("'{}' must not be empty", field.name));
        return false;
    }
    return good;
}

bool apply_text_map(const Node& node, const Field& field, TextMap& value, Reading& reading) {
    if (node.kind != Node::Kind::mapping) return wrong_kind(node, field, reading);
    value.clear();
    bool good = true;
    for (const Node::Entry& entry : node.entries) {
        Field item;
        item.name = entry.key;
        if (refuse_nothing(entry.value, entry.position, item, reading)) {
            good = false;
            continue;
        }
        auto& [name, text] = value.emplace_back(entry.key, std::string());
        good = apply_text(entry.value, item, text, reading) && good;
    }
    return good;
}

// A list of secrets, or a single one.
bool apply_secret_list(const Node& node, const Field& field, SecretMap& value, Reading& reading) {
    value.clear();
    const auto append = [&](const Node& from) {
        if (from.kind == Node::Kind::scalar && !from.scalar.empty())
            reading.plain_secret(from, field.name);
        Secret& secret = value.emplace_back(std::to_string(value.size() + 1), Secret()).second;
        return read_secret(from, from.position, field.name, true, secret, reading);
    };
    if (node.kind != Node::Kind::sequence) return append(node);
    bool good = true;
    for (const Node& from : node.items) good = append(from) && good;
    if (node.items.empty()) {
        reading.problem(node.position, fmt::format("'{}' must not be empty", field.name));
        return false;
    }
    return good;
}

bool apply_secret_map(const Node& node, const Field& field, SecretMap& value, Reading& reading) {
    if (field.type_name == secret_list_name) return apply_secret_list(node, field, value, reading);
    if (node.kind != Node::Kind::mapping) return wrong_kind(node, field, reading);
    value.clear();
    bool good = true;
    for (const Node::Entry& entry : node.entries) {
        auto& [name, secret] = value.emplace_back(entry.key, Secret());
        if (entry.value.kind == Node::Kind::scalar && carries_secret(entry.key))
            reading.plain_secret(entry.value, entry.key);
        good = read_secret(entry.value, entry.position, entry.key, false, secret, reading) && good;
    }
    return good;
}

Subject member_of(std::string_view key, const Subject& subject) {
    return {.noun = fmt::format("{} of {}", text::in_quotes(key), subject.noun),
            .name = fmt::format("{} of {}", text::in_quotes(key), subject.name)};
}

bool apply_named_objects(const Node& node, const Field& field, const NamedObjectsRef& entries,
                         const Subject& subject, Reading& reading) {
    if (node.kind != Node::Kind::mapping) return wrong_kind(node, field, reading);
    bool good = true;
    for (const Node::Entry& entry : node.entries) {
        const Part part{field.members, entries.append(entries.value, entry.key)};
        const Subject inner{.noun = fmt::format("an entry of '{}' of {}", field.name, subject.noun),
                            .name = fmt::format("{} of '{}' of {}", text::in_quotes(entry.key),
                                                field.name, subject.name)};
        good = apply(entry.value, entry.position, std::span(&part, 1), inner, reading) && good;
    }
    return good;
}

// How each type is read.
struct Apply {
    const Node& node;
    Position position;
    const Field& field;
    const Subject& subject;
    Reading& reading;

    bool operator()(std::string* value) const { return apply_text(node, field, *value, reading); }
    bool operator()(std::vector<std::string>* value) const {
        return apply_texts(node, field, *value, reading);
    }
    bool operator()(Secret* value) const {
        if (node.kind == Node::Kind::scalar && !node.scalar.empty())
            reading.plain_secret(node, field.name);
        return read_secret(node, position, field.name, field.required, *value, reading);
    }
    bool operator()(SecretMap* value) const {
        return apply_secret_map(node, field, *value, reading);
    }
    bool operator()(TextMap* value) const { return apply_text_map(node, field, *value, reading); }
    bool operator()(const ObjectRef& value) const {
        const Part part{field.members, value};
        return apply(node, position, std::span(&part, 1), member_of(field.name, subject), reading);
    }
    bool operator()(const NamedObjectsRef& value) const {
        return apply_named_objects(node, field, value, subject, reading);
    }
    bool operator()(const auto& scalar) const {
        return apply_scalar(node, field, ValueRef(scalar), reading);
    }
};

}  // namespace

bool apply_value(const Node& node, Position position, const Field& field, const ValueRef& value,
                 const Subject& subject, Reading& reading) {
    if (node.broken) return false;
    if (refuse_nothing(node, position, field, reading)) return false;
    return std::visit(Apply{node, position, field, subject, reading}, value);
}

bool apply(const Node& node, Position position, std::span<const Part> parts, const Subject& subject,
           Reading& reading) {
    if (node.broken) return false;
    if (node.kind != Node::Kind::mapping) {
        reading.problem(node.nothing() ? position : node.position,
                        fmt::format("{} must be a mapping of keys and values, found {}",
                                    subject.name, found(node)));
        return false;
    }
    const auto names = names_of(parts);
    std::vector<std::string_view> meant;  // required keys that were misspelt
    bool good = true;
    for (const Node::Entry& entry : node.entries) {
        bool known = false;
        for (const Part& part : parts) {
            const auto field = std::find_if(part.fields.begin(), part.fields.end(),
                                            [&](const Field& f) { return f.name == entry.key; });
            if (field == part.fields.end()) continue;
            good = apply_field(entry, *field, part.options, subject, reading) && good;
            known = true;
            break;
        }
        if (known) continue;
        good = false;
        const OtherWord* other = other_word(OtherWord::What::key, entry.key);
        if (other != nullptr) meant.push_back(other->here);
        if (const auto near = text::nearest(entry.key, names)) meant.push_back(*near);
        reading.problem(entry.position, unknown_key(entry.key, names, subject));
    }
    if (subject.partial) return good;
    for (const Part& part : parts)
        for (const Field& field : part.fields) {
            if (!field.required || node.find(field.name) != nullptr) continue;
            if (std::find(meant.begin(), meant.end(), field.name) != meant.end()) continue;
            good = false;
            reading.problem(position, fmt::format("{} has no '{}', which is required", subject.name,
                                                  field.name));
        }
    return good;
}

}  // namespace vitals::config
