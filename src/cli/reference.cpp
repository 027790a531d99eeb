// Keys in words, and the output of `vitals kinds` on a terminal.
#include "cli/reference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/catalog.hpp"
#include "cli/screen_text.hpp"
#include "config/sections.hpp"
#include "text/words.hpp"

namespace vitals::cli {
namespace {

std::string amount(const Field& field, double value) {
    if (field.type == Type::duration) {
        return format_duration(std::chrono::milliseconds(std::llround(value)));
    }
    if (field.type == Type::size) {
        return format_size(Size{static_cast<std::uint64_t>(std::llround(value))});
    }
    return fmt::format("{}", value);
}

std::string limits_of(const Field& field) {
    std::string text;
    const bool least = std::isfinite(field.least);
    const bool most = std::isfinite(field.most);
    if (least && most)
        text = amount(field, field.least) + " to " + amount(field, field.most);
    else if (least)
        text = "at least " + amount(field, field.least);
    else if (most)
        text = "at most " + amount(field, field.most);
    if (field.unit.empty()) return text;
    return (text.empty() ? "in" : text) + ' ' + std::string(field.unit);
}

std::string type_of(const Field& field) {
    if (!field.choices.empty()) return text::one_of(text::split_choices(field.choices));
    if (field.refers == "component") {
        return field.type == Type::texts ? "names of components" : "name of a component";
    }
    if (field.refers == "components") return "list of selectors";
    if (field.refers == "workers") return "name of a worker group";
    return std::string(field.type_name);
}

std::string fallback_of(const Field& field, const ObjectRef& defaults) {
    const auto value = defaults ? field.peek(defaults) : std::nullopt;
    if (!value || field.required) return {};
    auto text = format_value(field, value);
    return text == "[]" || text == "{}" ? std::string() : text;
}

void append_keys(std::vector<KeyText>& keys, std::span<const Field> fields,
                 const ObjectRef& defaults, const std::string& prefix) {
    for (const auto& field : fields) {
        KeyText key;
        key.name = prefix + std::string(field.name);
        key.type = type_of(field);
        key.limits = limits_of(field);
        key.sentence = field.sentence;
        key.example = field.example;
        key.required = field.required;
        const bool nested = !field.members.empty();
        if (!nested) key.fallback = fallback_of(field, defaults);
        keys.push_back(std::move(key));
        if (!nested) continue;
        const bool named = field.type == Type::named_objects;
        const auto value = defaults ? field.peek(defaults) : std::nullopt;
        const bool known = value && !named;
        append_keys(keys, field.members, known ? std::get<ObjectRef>(*value) : ObjectRef(),
                    prefix + std::string(field.name) + (named ? ".NAME." : "."));
    }
}

// "duration, default 5s, at least 1ms"
std::string facts_of(const KeyText& key) {
    auto text = key.type;
    if (key.required) text += ", required";
    if (!key.fallback.empty()) text += ", default " + key.fallback;
    if (!key.limits.empty()) text += ", " + key.limits;
    return text;
}

std::string paragraph(std::string_view text, std::size_t indent, std::size_t width) {
    std::string result;
    const auto room = width > indent + 20 ? width - indent : 20;
    for (const auto& line : wrap(text, room)) result += std::string(indent, ' ') + line + '\n';
    return result;
}

std::string keys_text(const std::vector<KeyText>& keys, const Terminal& terminal,
                      std::size_t width) {
    std::string text;
    for (const auto& key : keys) {
        text += "  " + paint(terminal, Paint::strong, key.name) +
                paint(terminal, Paint::faint, "  (" + facts_of(key) + ')') + '\n';
        text += paragraph(key.sentence, 6, width);
        if (!key.example.empty()) text += paragraph("Example: " + key.example, 6, width);
    }
    return text;
}

std::size_t reading_width(const Terminal& terminal) {
    return terminal.width == 0 ? 80 : std::min<std::size_t>(terminal.width, 100);
}

}  // namespace

const std::string_view example_configuration = R"(# vitals.yaml
service: {name: shop, version: 2.6.0}
listeners:
  - address: 127.0.0.1:8080
defaults: {interval: 10s, timeout: 5s}
components:
  website: {check: http, url: "https://www.example.org/", slow_above: 1s}
  databases/main: {check: tcp, url: "tcp://127.0.0.1:5432", failures: 3}
  disk: {check: disk, path: /, critical: false}
)";

namespace {

constexpr ValueForm forms[] = {
    {"duration", "`250ms`, `10s`, `5m`, `1h`, `30d`", "always with a unit"},
    {"size", "`512KiB`, `10GiB`, `1024`", "plain bytes without a unit"},
    {"percentage", "`90%`", ""},
    {"true or false", "`true`, `false`", ""},
    {"list of texts", "`[a, b]`, or `a`", "one text is a list of one"},
    {"secret", "`text`, `{env: NAME}`, `{file: PATH}`, `{vault: \"mount/path#key\"}`",
     "a file and a [vault](operating.md#secrets-and-their-rotation) are read again within 10 s of "
     "a change"},
};

// Removes the backquotes of code, and the targets of links.
std::string without_markdown(std::string_view text) {
    std::string made;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text.substr(at).starts_with("]("))
            at = std::min(text.find(')', at), text.size() - 1);
        else if (text[at] != '`' &&
                 !(text[at] == '[' && text.find("](", at) < text.find(']', at) + 1))
            made += text[at];
    }
    return made;
}

}  // namespace

const std::span<const ValueForm> value_forms = forms;

std::string ValueForm::spoken() const {
    auto text = without_markdown(written);
    if (!remarks.empty()) text += "; " + without_markdown(remarks);
    return text + '.';
}

std::vector<KeyText> keys_of(std::span<const Field> fields, const ObjectRef& defaults) {
    std::vector<KeyText> keys;
    append_keys(keys, fields, defaults, "");
    return keys;
}

std::string example_of(const checks::Kind& kind) {
    const auto& description = kind.description;
    config::Options no_secrets;
    no_secrets.secrets = false;
    // Kinds that require nothing by itself may still want one of several: as few as do.
    for (std::size_t more = 0;; ++more) {
        auto text = fmt::format("components:\n  example:\n    check: {}\n", description.name);
        std::size_t taken = 0;
        std::size_t left = 0;
        for (const auto& field : description.fields) {
            if (field.example.empty()) continue;
            if (!field.required && taken == more) {
                ++left;
                continue;
            }
            if (!field.required) ++taken;
            text += fmt::format("    {}: {}\n", field.name, field.example);
        }
        if (left == 0 || config::parse(text, "example", app::catalog(), no_secrets)) return text;
    }
}

std::string kinds_table(std::span<const checks::Kind* const> kinds, const Terminal& terminal) {
    std::size_t name_width = 4;
    for (const auto* kind : kinds) name_width = std::max(name_width, kind->description.name.size());
    std::string text =
        paint(terminal, Paint::faint, pad_right("KIND", name_width) + "  WHAT IT DOES") + '\n';
    const auto room = terminal.width > name_width + 22 ? terminal.width - name_width - 2 : 0;
    for (const auto* kind : kinds) {
        const auto name = kind->description.name;
        text += paint(terminal, Paint::strong, name) + std::string(name_width - name.size(), ' ');
        bool first = true;
        for (const auto& line : wrap(kind->description.sentence, room)) {
            if (!first) text += '\n' + std::string(name_width, ' ');
            text += "  " + line;
            first = false;
        }
        text += '\n';
    }
    return text + "\n'vitals kinds KIND' tells everything about one.\n";
}

std::string kind_text(const checks::Kind& kind, const Terminal& terminal) {
    const auto& description = kind.description;
    const auto width = reading_width(terminal);
    const auto heading = [&](std::string_view text) {
        return '\n' + paint(terminal, Paint::strong, text) + '\n';
    };
    auto text = paint(terminal, Paint::strong, description.name) + ": " +
                std::string(description.sentence) + "\n\n" +
                paragraph("What a run proves: " + std::string(kind.proves), 0, width);
    const AnyOptions defaults = description.make();
    const auto keys = keys_of(description.fields, defaults.ref());
    if (!keys.empty()) text += heading("Its keys") + keys_text(keys, terminal, width);
    const auto& common = config::section("components").description;
    text += heading("Keys of every kind") +
            keys_text(keys_of(common.fields, common.make().ref()), terminal, width);
    text += heading("Example");
    text += example_of(kind);
    if (!kind.urls.empty()) {
        text += heading("As a URL");
        for (const auto url : kind.urls) text += fmt::format("  vitals check '{}'\n", url);
    } else if (!kind.schemes.empty()) {
        text += heading("As a URL");
        std::string schemes;
        for (const auto scheme : kind.schemes) {
            schemes += fmt::format("{}{}:", schemes.empty() ? "" : " ", scheme);
        }
        text += paragraph("'vitals check URL' takes URLs that begin with: " + schemes, 2, width);
    }
    return text;
}

}  // namespace vitals::cli
