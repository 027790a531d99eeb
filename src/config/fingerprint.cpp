// What tells one definition of a component from another: the written keys in a canonical order and
// what it inherits. Only a digest leaves this file, since URLs too may hold passwords.
#include <algorithm>

#include <fmt/format.h>

#include "config/draft.hpp"
#include "config/secret_forms.hpp"

namespace vitals::config {

namespace {

// Lengths in front, so that no text can look like structure.
std::string counted(std::string_view text) {
    return fmt::format("{}:{}", text.size(), text);
}

std::string canonical(const Node& node, Type type, std::span<const Field> members);

std::string canonical_entries(const Node& node, std::span<const Field> fields, Type otherwise,
                              std::span<const Field> members) {
    std::vector<std::string> lines;
    for (const Node::Entry& entry : node.entries) {
        const auto field = std::find_if(fields.begin(), fields.end(),
                                        [&](const Field& f) { return f.name == entry.key; });
        const bool known = field != fields.end();
        lines.push_back(counted(entry.key) + "=" +
                        canonical(entry.value, known ? field->type : otherwise,
                                  known ? field->members : members));
    }
    std::sort(lines.begin(), lines.end());
    return fmt::format("{{{}}}", fmt::join(lines, ","));
}

std::string canonical(const Node& node, Type type, std::span<const Field> members) {
    if (type == Type::secret) return counted(secret_reference(node));
    if (node.kind == Node::Kind::scalar) return counted(node.scalar);
    if (node.kind == Node::Kind::mapping) {
        if (type == Type::object) return canonical_entries(node, members, Type::text, {});
        if (type == Type::secret_map) return canonical_entries(node, {}, Type::secret, {});
        if (type == Type::named_objects) return canonical_entries(node, {}, Type::object, members);
        return canonical_entries(node, {}, Type::text, {});
    }
    std::string text = "[";
    for (const Node& item : node.items) text += canonical(item, Type::text, {}) + ",";
    return text + "]";
}

std::int64_t count(const std::optional<std::chrono::milliseconds>& duration) {
    return duration ? duration->count() : -1;
}

}  // namespace

std::string fingerprint(const Node& node, std::string_view kind, const Policy& policy,
                        std::span<const Field> common, std::span<const Field> own) {
    std::vector<Field> fields(common.begin(), common.end());
    fields.insert(fields.end(), own.begin(), own.end());
    return digest(fmt::format(
        "{}\n{}\n{} {} {} {} {} {} {} {}", kind, canonical_entries(node, fields, Type::text, {}),
        policy.interval.count(), policy.timeout.count(), policy.failures, policy.successes,
        count(policy.valid_for), count(policy.slow_above), policy.interval_at(Pace::retry).count(),
        policy.interval_at(Pace::down).count()));
}

}  // namespace vitals::config
