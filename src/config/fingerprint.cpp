// What distinguishes two definitions of a component: the written keys in a canonical order, and the
// inherited values. Only a digest leaves this file, because URLs may also hold passwords.
#include <algorithm>
#include <iterator>

#include <fmt/compile.h>
#include <fmt/format.h>

#include "config/draft.hpp"
#include "config/secret_forms.hpp"
#include "text/masked.hpp"

namespace vitals::config {

namespace {

// Lengths in front, so that no text can look like structure.
void add_counted(std::string& to, std::string_view text) {
    fmt::format_to(std::back_inserter(to), FMT_COMPILE("{}:"), text.size());
    to += text;
}

const Field* field_named(std::span<const Field> fields, std::string_view name) {
    const auto at = std::ranges::find(fields, name, &Field::name);
    return at == fields.end() ? nullptr : &*at;
}

class Canonical {
  public:
    explicit Canonical(PlainSecrets plain) : plain_(plain) {}

    // `field_of(key)` is the field of an entry; null: it is of the type `otherwise`.
    void add_entries(std::string& to, const Node& node, const auto& field_of, Type otherwise,
                     std::span<const Field> members) const {
        std::vector<std::string> lines(node.entries.size());
        for (std::size_t i = 0; i < lines.size(); ++i) {
            const Node::Entry& entry = node.entries[i];
            const Field* field = field_of(entry.key);
            add_counted(lines[i], entry.key);
            lines[i] += '=';
            if (field == nullptr)
                add(lines[i], entry.value, otherwise, members);
            else
                add(lines[i], entry.value, field->type, field->members);
        }
        std::sort(lines.begin(), lines.end());
        to += '{';
        for (std::size_t i = 0; i < lines.size(); ++i) {
            if (i > 0) to += ',';
            to += lines[i];
        }
        to += '}';
    }

  private:
    void add(std::string& to, const Node& node, Type type, std::span<const Field> members) const;
    void add_scalar(std::string& to, const Node& node, Type type) const;

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

void Canonical::add_scalar(std::string& to, const Node& node, Type type) const {
    const bool whole = plain_ == PlainSecrets::told_apart;
    if (type == Type::secret) return add_counted(to, whole ? secret_reference(node) : "plain");
    if (type == Type::parsed && !whole) return add_counted(to, text::masked_url(node.scalar));
    add_counted(to, node.scalar);
}

void Canonical::add(std::string& to, const Node& node, Type type,
                    std::span<const Field> members) const {
    if (node.kind == Node::Kind::scalar) return add_scalar(to, node, type);
    if (type == Type::secret) return add_counted(to, secret_reference(node));
    if (node.kind == Node::Kind::mapping) {
        const auto member = [members](std::string_view key) { return field_named(members, key); };
        if (type == Type::object) return add_entries(to, node, member, Type::text, {});
        if (type == Type::secret_map) return add_entries(to, node, plain_header, Type::secret, {});
        if (type == Type::named_objects)
            return add_entries(to, node, no_field, Type::object, members);
        return add_entries(to, node, no_field, Type::text, {});
    }
    to += '[';
    for (const Node& item : node.items) {
        add(to, item, Type::text, {});
        to += ',';
    }
    to += ']';
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
    std::string text(kind);
    text += '\n';
    Canonical(plain).add_entries(text, node, field_of, Type::text, {});
    fmt::format_to(std::back_inserter(text), FMT_COMPILE("\n{} {} {} {} {} {} {} {}"),
                   policy.interval.count(), policy.timeout.count(), policy.failures,
                   policy.successes, count(policy.valid_for), count(policy.slow_above),
                   policy.interval_at(Pace::retry).count(), policy.interval_at(Pace::down).count());
    return digest(text);
}

}  // namespace vitals::config
