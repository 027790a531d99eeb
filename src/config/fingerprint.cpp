// What distinguishes two definitions of a component: the written keys in a canonical order, and the
// inherited values. Only a digest leaves this file, because URLs may also hold passwords.
#include <algorithm>

#include <fmt/format.h>

#include "config/draft.hpp"
#include "config/secret_forms.hpp"
#include "text/masked.hpp"

namespace vitals::config {

namespace {

// Lengths in front, so that no text can look like structure.
std::string counted(std::string_view text) {
    std::string result = std::to_string(text.size());
    result += ':';
    return result += text;
}

const Field* field_named(std::span<const Field> fields, std::string_view name) {
    const auto at = std::ranges::find(fields, name, &Field::name);
    return at == fields.end() ? nullptr : &*at;
}

class Canonical {
  public:
    explicit Canonical(PlainSecrets plain) : plain_(plain) {}

    // `field_of(key)` is the field of an entry; null: it is of the type `otherwise`.
    std::string of_entries(const Node& node, const auto& field_of, Type otherwise,
                           std::span<const Field> members) const {
        std::vector<std::string> lines;
        lines.reserve(node.entries.size());
        for (const Node::Entry& entry : node.entries) {
            const Field* field = field_of(entry.key);
            lines.push_back(counted(entry.key) + "=" +
                            (field == nullptr ? of(entry.value, otherwise, members)
                                              : of(entry.value, field->type, field->members)));
        }
        std::sort(lines.begin(), lines.end());
        std::string text = "{";
        for (const std::string& line : lines) {
            if (text.size() > 1) text += ',';
            text += line;
        }
        return text += '}';
    }

  private:
    std::string of(const Node& node, Type type, std::span<const Field> members) const;
    std::string of_scalar(const Node& node, Type type) const;

    PlainSecrets plain_;
};

const Field* no_field(std::string_view) {
    return nullptr;
}

// A header without a secret is a plain text.
const Field* plain_header(std::string_view name) {
    static const Field text;
    return carries_secret(name) ? nullptr : &text;
}

std::string Canonical::of_scalar(const Node& node, Type type) const {
    const bool whole = plain_ == PlainSecrets::told_apart;
    if (type == Type::secret) return counted(whole ? secret_reference(node) : "plain");
    if (type == Type::parsed && !whole) return counted(text::masked_url(node.scalar));
    return counted(node.scalar);
}

std::string Canonical::of(const Node& node, Type type, std::span<const Field> members) const {
    if (node.kind == Node::Kind::scalar) return of_scalar(node, type);
    if (type == Type::secret) return counted(secret_reference(node));
    if (node.kind == Node::Kind::mapping) {
        const auto member = [members](std::string_view key) { return field_named(members, key); };
        if (type == Type::object) return of_entries(node, member, Type::text, {});
        if (type == Type::secret_map) return of_entries(node, plain_header, Type::secret, {});
        if (type == Type::named_objects) return of_entries(node, no_field, Type::object, members);
        return of_entries(node, no_field, Type::text, {});
    }
    std::string text = "[";
    for (const Node& item : node.items) text += of(item, Type::text, {}) + ",";
    return text + "]";
}

std::int64_t count(const std::optional<std::chrono::milliseconds>& duration) {
    return duration ? duration->count() : -1;
}

}  // namespace

std::string fingerprint(const Node& node, std::string_view kind, const Policy& policy,
                        std::span<const Field> common, std::span<const Field> own,
                        PlainSecrets plain) {
    const auto field_of = [&](std::string_view key) {
        const Field* field = field_named(common, key);
        return field == nullptr ? field_named(own, key) : field;
    };
    return digest(fmt::format("{}\n{}\n{} {} {} {} {} {} {} {}", kind,
                              Canonical(plain).of_entries(node, field_of, Type::text, {}),
                              policy.interval.count(), policy.timeout.count(), policy.failures,
                              policy.successes, count(policy.valid_for), count(policy.slow_above),
                              policy.interval_at(Pace::retry).count(),
                              policy.interval_at(Pace::down).count()));
}

}  // namespace vitals::config
