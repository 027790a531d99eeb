// docs/configuration.md: this file has the frame; everything else comes from the descriptions.
#include <fmt/format.h>

#include <string>

#include "alerts/receivers/receiver.hpp"
#include "app/catalog.hpp"
#include "cli/reference.hpp"
#include "config/sections.hpp"
#include "dialects/dialect.hpp"

namespace vitals::cli {
namespace {

constexpr std::string_view introduction =
    R"(<!-- Generated: vitals kinds --format markdown > docs/configuration.md -->

# Configuration

vitals reads one YAML file, and those that it [includes](#several-files): the one named by `-c FILE`
(`-` is standard input), else by `$VITALS_CONFIG`, else `./vitals.yaml`, else
`/etc/vitals/vitals.yaml`. `vitals validate` reports every error, one on each line, as
`FILE:LINE:COLUMN: what is wrong`. `vitals serve` does not start with an invalid file (exit code
78), and a reload (SIGHUP, or `POST /v1/reload`) of one changes nothing. `vitals schema` prints a
JSON Schema that editors understand. This page is made from the descriptions that the parser itself
uses.

)";

constexpr std::string_view rules =
    R"(
`${NAME}` in any value stands for that environment variable. `${NAME:-default}` stands for the
default if the variable is unset or empty. `$${` is a plain `${`. YAML tags are refused, and so is a
key that stands twice.

A component's name is its key: printable UTF-8, at most 128 bytes, at most one `/`, which separates
its group from its own name.

## Several files

`include: conf.d/*.yaml` reads further files after this one, in the order of their names. A name or
pattern is relative to the folder of the including file; a list takes several. A pattern may match
nothing, a name must exist. An included file may hold `components`, `endpoints`, `workers`,
`tokens`, `maintenance`, and the receivers, rules and silences of `alerts`; their lists are appended
to those before. A name in two files is an error that names both places. An included file cannot
include others. Every message names the file that it is about. One file has at most 16 MiB, all
together 64 MiB. Relative paths in them (of secrets, certificates, sockets) begin at the directory
in which vitals runs, as everywhere.

## Nothing written twice

`defaults` holds what components inherit. Of several values for one key, the first of these counts:

1. what the component itself says,
2. `defaults: {groups: {GROUP: {...}}}`, for components `GROUP/...`,
3. `defaults: {kinds: {KIND: {...}}}`, for components with `check: KIND`,
4. `interval`, `timeout`, ... of `defaults` itself.

Groups and kinds may have any key that such a component takes, a group `check` as well. A value
replaces another as a whole: `tls`, `headers` and `tags` are not merged. A key of a group applies to
those of its components whose kind takes it. The user and the password in a component's own URL
count as `user` and `password` of the component. In such a value `${.name}` stands for the
component's own name, without its group, and `${.group}` for that of its group.

```yaml
# vitals.yaml
defaults:
  kinds: {http: {timeout: 2s}}
  groups:
    databases:
      check: postgres
      url: "postgresql://127.0.0.1/${.name}"
      user: app
      password: {file: /run/secrets/pg}
components:
  website: {check: http, url: "https://www.example.org/"}
  databases/shop: {}
  databases/wiki: {}
  databases/stock: {url: "postgresql://10.0.0.7/stock", timeout: 2s}
```

Anchors and aliases of YAML work, too. An alias (`*base`) repeats the value with that anchor
(`&base`). A merge key (`<<: *base`, or `<<: [*base, *other]`) adds the keys of a mapping that are
not written; written keys come first, then those of the first in the list. Anchors hold within their
file. vitals does not read sections whose names begin with `x-`: they are a place for values with
anchors. Aliases may add 2,000,000 values, and the whole may have 5,000,000.

```yaml
# vitals.yaml
x-web: &web {check: http, slow_above: 1s, expect_status: "200", tags: [web]}
components:
  shop: {<<: *web, url: "https://shop.example.org/"}
  wiki: {<<: *web, url: "https://wiki.example.org/", slow_above: 3s}
```

A message about such a value names the place of the value, and the place that uses it.

## Selectors

Wherever components are chosen (`components` of an endpoint or of a namespace of `token_health`,
`depends_on`, `vitals check` and `vitals status`), each word of the list is a selector:

| selector | takes |
|---|---|
| `databases/*`, `disk` | components by their names; `*` stands for any characters, `?` for one |
| `tag:storage` | components with that tag |
| `kind:redis` | components of that kind of check |
| `!databases/test`, `!tag:slow` | none of these, whatever else takes them |

A list of exclusions alone takes all others. Names of tags and kinds may hold `*` and `?`, too. A
component whose own name begins with `tag:` or `kind:` is reached as `tag?...`.
)";

// Markdown's own characters in a table's cell.
std::string cell(std::string_view text) {
    std::string result;
    for (const char character : text) {
        if (character == '|') result += '\\';
        result += character;
    }
    return result;
}

std::string code(std::string_view text) {
    return text.empty() ? std::string() : '`' + std::string(text) + '`';
}

std::string table(const std::vector<KeyText>& keys) {
    if (keys.empty()) return "It has no keys of its own.\n";
    std::string text = "| key | value | default | what it is |\n|---|---|---|---|\n";
    for (const auto& key : keys) {
        auto value = key.type;
        if (!key.limits.empty()) value += ", " + key.limits;
        auto sentence = key.sentence;
        if (!key.example.empty()) sentence += " Example: " + code(key.example);
        text += fmt::format("| {} | {} | {} | {} |\n", code(key.name), cell(value),
                            key.required ? "required" : cell(code(key.fallback)), cell(sentence));
    }
    return text;
}

std::string_view shape_of(config::Shape shape) {
    switch (shape) {
        case config::Shape::value:
            return "";
        case config::Shape::mapping:
            return "A mapping.";
        case config::Shape::list:
        case config::Shape::entries:
            return "A list of mappings.";
        case config::Shape::named:
            return "A mapping from names to mappings.";
    }
    return "";
}

std::string section_text(const config::Section& section) {
    const auto& description = section.description;
    const auto defaults = description.make();
    auto text = fmt::format("\n### `{}`\n\n{}", description.name, description.sentence);
    if (const auto shape = shape_of(section.shape); !shape.empty())
        text += fmt::format(" {}", shape);
    return text + "\n\n" + table(keys_of(description.fields, defaults.ref()));
}

std::string source_text(const Description& source) {
    if (source.fields.empty()) return {};
    const auto defaults = source.make();
    return fmt::format("\nWith `source: {}`: {}\n\n{}", source.name, source.sentence,
                       table(keys_of(source.fields, defaults.ref())));
}

std::string kind_section(const checks::Kind& kind) {
    const auto& description = kind.description;
    const auto defaults = description.make();
    auto text = fmt::format("\n### `{}`\n\n{}\n\n*What a run proves:* {}\n\n", description.name,
                            description.sentence, kind.proves);
    text += table(keys_of(description.fields, defaults.ref()));
    if (!kind.urls.empty()) {
        std::string urls;
        for (const auto url : kind.urls)
            urls += fmt::format("{}`{}`", urls.empty() ? "" : ", ", url);
        text += fmt::format("\n`vitals check URL` takes it as a URL: {}\n", urls);
    } else if (!kind.schemes.empty()) {
        std::string schemes;
        for (const auto scheme : kind.schemes) {
            schemes += fmt::format("{}`{}:`", schemes.empty() ? "" : ", ", scheme);
        }
        text += fmt::format("\n`vitals check URL` takes URLs of it: {}\n", schemes);
    }
    return text + "\n```yaml\n# vitals.yaml\n" + example_of(kind) + "```\n";
}

// What stands in the lists of `alerts`, and beside the kind of a receiver.
std::string alerts_text() {
    std::string text;
    for (const Description& part : config::parts_of_alerts())
        text += fmt::format("\n{}\n\n{}", part.sentence,
                            table(keys_of(part.fields, part.make().ref())));
    return text;
}

std::string receiver_section(const alerts::receivers::Receiver& receiver) {
    const auto& description = receiver.description;
    return fmt::format("\n### `{}` receiver\n\n{} {}\n\n{}", description.name, description.sentence,
                       receiver.about,
                       table(keys_of(description.fields, description.make().ref())));
}

std::string dialect_section(const dialects::Dialect& dialect) {
    const auto& description = dialect.description;
    auto text = fmt::format("\n### `{}`\n\n{} ", description.name, description.sentence);
    if (dialect.protocol != Protocol::http)
        text += fmt::format("Listens by itself, on its `address`; says {}.\n", dialect.codes);
    else
        text += fmt::format("Usual path {}, codes {}{}", code(dialect.usual_path), dialect.codes,
                            dialect.mounted_by_default
                                ? ".\n"
                                : "; served only where the configuration has an entry for it.\n");
    if (description.fields.empty() || description.make == nullptr) return text;
    return text + '\n' + table(keys_of(description.fields, description.make().ref()));
}

}  // namespace

std::string reference_page() {
    std::string text(introduction);
    text += fmt::format(
        "```yaml\n{}```\n\n## How values are written\n\n"
        "| kind of value | written | remarks |\n|---|---|---|\n",
        example_configuration);
    for (const auto& form : value_forms)
        text += fmt::format("| {} | {} |{} |\n", form.type, form.written,
                            form.remarks.empty() ? "" : ' ' + std::string(form.remarks));
    text += rules;
    text += "\n## Sections of the file\n";
    for (const auto& section : config::all_sections()) {
        text += section_text(section);
        if (section.description.name == "alerts") text += alerts_text();
        if (section.description.name != "workers") continue;
        for (const auto& source : app::catalog().sources) text += source_text(source.description);
    }
    text +=
        "\n## Kinds of check\n\nEach component has a `check`, the common keys of "
        "[components](#components), and the keys of its kind.\n";
    for (const auto* kind : app::kinds()) text += kind_section(*kind);
    text +=
        "\n## Dialects\n\nEach entry of [endpoints](#endpoints) has the common keys there, and "
        "the keys of its dialect. [dialects.md](dialects.md) shows what they answer.\n";
    for (const auto* dialect : dialects::all()) text += dialect_section(*dialect);
    text +=
        "\n## Receivers of alerts\n\nEach entry of `receivers` in [alerts](#alerts) has one of "
        "these "
        "kinds as a key, with the kind's keys below it. [alerts.md](alerts.md) shows what they are "
        "told.\n";
    for (const auto* receiver : alerts::receivers::all()) text += receiver_section(*receiver);
    return text;
}

}  // namespace vitals::cli
