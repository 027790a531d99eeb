#include "cli/chosen_components.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "app/assemble.hpp"
#include "app/catalog.hpp"
#include "cli/exit_code.hpp"
#include "cli/meant_url.hpp"
#include "cli/selection.hpp"
#include "secrets/vault_secrets.hpp"
#include "text/words.hpp"

namespace vitals::cli {
namespace {

bool is_pushed(const config::ComponentConfig& component) {
    const auto* kind = app::find_kind(component.kind);
    return kind == nullptr || kind->bind == nullptr;
}

// Leaves out components whose state only a daemon has, unless they are asked for by name.
void note_left_out(std::size_t count, Notes& notes) {
    if (count == 0) return;
    notes.push_back(fmt::format("note: {} pushed component{} not checked; 'vitals status' knows {}",
                                count, count == 1 ? " is" : "s are", count == 1 ? "it" : "them"));
}

// Secrets of a vault are read only when a chosen component needs one.
Components with_secrets(Components components, const config::Config& config, Notes& notes) {
    if (std::ranges::none_of(components, app::waits_for_secret)) return components;
    for (const secrets::VaultTrouble& trouble : secrets::read_vault(config))
        notes.push_back("note: " + trouble.text);
    return components;
}

// The first word that looks like a host and resembles no component's name.
const std::string* word_without_scheme(const std::vector<std::string>& words,
                                       const std::vector<const Component*>& known) {
    for (const auto& word : words) {
        std::vector<std::string_view> names;
        for (const Component* component : known) names.push_back(component->name);
        if (!text::nearest(word, names) && !lacks_scheme(word).empty()) return &word;
    }
    return nullptr;
}

}  // namespace

std::expected<Components, Failure> chosen_components(const std::vector<std::string>& names,
                                                     const std::string& file, Notes& notes) {
    auto config = load_configuration(file, true);
    if (!config) {
        auto failure = config.error();
        if (const auto* word = word_without_scheme(names, {}); !failure.located && word != nullptr)
            return std::unexpected(Failure{exit_code::usage, lacks_scheme(*word)});
        if (!failure.located) failure.text += ", or a URL to check such as https://example.org";
        return std::unexpected(std::move(failure));
    }
    notes = config->warnings;
    if (names.empty()) {
        note_left_out(std::erase_if(config->components, is_pushed), notes);
        return with_secrets(std::move(config->components), *config, notes);
    }
    std::vector<const Component*> known;
    for (const auto& component : config->components) known.push_back(&*component.component);
    if (const auto* word = word_without_scheme(names, known))
        return std::unexpected(Failure{exit_code::usage, lacks_scheme(*word)});
    const auto selected = select(names, known);
    if (!selected) {
        return std::unexpected(Failure{exit_code::usage, config->file + ": " + selected.error()});
    }
    Components components;
    std::size_t left_out = 0;
    for (const auto& one : *selected) {
        auto component = config->components[one.index];
        if (!one.by_name && is_pushed(component)) {
            ++left_out;
            continue;
        }
        // A user who asks for one component wants to know about it, whether it is critical or not.
        if (one.by_name) component.component.edit().critical = true;
        components.push_back(std::move(component));
    }
    note_left_out(left_out, notes);
    return with_secrets(std::move(components), *config, notes);
}

}  // namespace vitals::cli
