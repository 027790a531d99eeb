// The sections `workers` and `tokens`.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "config/draft.hpp"
#include "config/sections.hpp"
#include "model/count_range.hpp"
#include "text/words.hpp"

namespace vitals::config {

namespace {

void check_expectations(const Node& node, Reading& reading) {
    const Node* expect = node.find("expect");
    if (expect == nullptr) return;
    for (const Node::Entry& entry : expect->entries) {
        const Node& value = entry.value;
        if (value.broken || value.kind != Node::Kind::scalar || value.nothing()) continue;
        if (!parse_count_range(value.scalar))
            reading.problem(value.position,
                            fmt::format("{} is not a number of workers, expected 1, >=1 or 0..3",
                                        text::in_quotes(value.scalar)));
    }
}

// The source of its heartbeats, as far as known; null: pushed, or a mistake.
const Described* source_of(const Node& node, const Catalog& catalog) {
    const Node* source = node.find("source");
    if (source == nullptr || source->broken || source->kind != Node::Kind::scalar) return nullptr;
    const auto at =
        std::find_if(catalog.sources.begin(), catalog.sources.end(),
                     [&](const Described& s) { return s.description.name == source->scalar; });
    return at == catalog.sources.end() ? nullptr : &*at;
}

// The common keys, then those of the source.
void read_group(const Node::Entry& entry, const Subject& subject, WorkersConfig& group,
                Draft& draft) {
    Reading& reading = draft.reading;
    const auto common = section("workers").description.fields;
    const Described* source = source_of(entry.value, draft.catalog);
    if (source == nullptr) {
        const Part part{common, ObjectRef(group)};
        apply(entry.value, entry.position, std::span(&part, 1), subject, reading);
        return;
    }
    const Description& own = source->description;
    const auto options = own.make();
    const std::array parts = {Part{common, ObjectRef(group)}, Part{own.fields, options.ref()}};
    if (!apply(entry.value, entry.position, parts, subject, reading)) return;
    if (const Verified whole = own.verify(options.ref()); !whole)
        reading.problem(mentioned(entry.value, whole.error(), entry.position),
                        fmt::format("{}: {}", subject.name, whole.error()));
    group.options = options;
    group.fingerprint =
        fingerprint(known_entries(entry.value, own.fields), own.name, Policy(), {}, own.fields);
}

}  // namespace

void read_workers(const Node& node, Draft& draft) {
    Reading& reading = draft.reading;
    for (const Node::Entry& entry : node.entries) {
        const std::string as_component = "workers/" + entry.key;
        if (entry.key.find('/') != std::string::npos)
            reading.problem(entry.position,
                            fmt::format("the name {} of a group of workers must not hold a '/'",
                                        text::in_quotes(entry.key)));
        else if (std::string problem = component_name_problem(as_component); !problem.empty())
            reading.problem(entry.position, std::move(problem));
        WorkersConfig& group = draft.config.workers.emplace_back();
        group.name = entry.key;
        group.position = entry.position;
        const Subject subject{
            .noun = "a group of workers",
            .name = fmt::format("group of workers {}", text::in_quotes(entry.key))};
        read_group(entry, subject, group, draft);
        const auto fields = section("workers").description.fields;
        const Described* source = source_of(entry.value, draft.catalog);
        const auto own = source == nullptr ? std::span<const Field>() : source->description.fields;
        group.public_digest =
            fingerprint(entry.value, group.source, Policy(), fields, own, PlainSecrets::left_out);
        check_expectations(entry.value, reading);
        for (const ComponentConfig& other : draft.config.components)
            if (other.component->name == as_component)
                reading.problem(
                    entry.position,
                    fmt::format("the group {} is itself the component {}, which "
                                "stands {} already",
                                text::in_quotes(entry.key), text::in_quotes(as_component),
                                reading.sources.place(other.position, entry.position)));
    }
}

void read_tokens(const Node& node, Draft& draft) {
    for (const Node::Entry& entry : node.entries) {
        Token& token = draft.config.tokens.emplace_back();
        token.name = entry.key;
        if (entry.key.empty())
            draft.reading.problem(entry.position, "the name of a token must not be empty");
        TokenKeys keys;
        const Subject subject{.noun = "a token",
                              .name = fmt::format("token {}", text::in_quotes(entry.key))};
        const Part part{section("tokens").description.fields, ObjectRef(keys)};
        apply(entry.value, entry.position, std::span(&part, 1), subject, draft.reading);
        token.secret = keys.secret;
        token.overlap = keys.overlap;
        for (const std::string& right : keys.allow) {
            token.allow.read |= right == "read";
            token.allow.push |= right == "push";
            token.allow.control |= right == "control";
        }
    }
}

}  // namespace vitals::config
