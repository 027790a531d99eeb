// Registry::add_check: the kinds of checks in a service's own registry. Separate from the rest of
// the library, so that only programs that use them link libpq, SQLite and the like.
#include <fmt/format.h>

#include <stdexcept>

#include "app/assemble.hpp"
#include "app/catalog.hpp"
#include "config/config.hpp"
#include "library/core.hpp"
#include "vitals/registry.hpp"

namespace vitals {

namespace {

const config::Described& described(std::string_view kind) {
    for (const config::Described& one : app::catalog().kinds)
        if (one.description.name == kind) return one;
    throw std::invalid_argument(fmt::format("there is no kind of check '{}'", kind));
}

engine::Definition definition_of(const std::string& name, const Options& options,
                                 config::ComponentConfig configured) {
    if (app::find_kind(configured.kind)->bind == nullptr)
        throw std::invalid_argument("a pushed component is a StateHandler here");
    engine::Definition definition = library::definition_of(name, configured.kind, options);
    definition.run = app::definition_of(configured).run;
    return definition;
}

// One component in the notation of the configuration file, so that its parser and its messages also
// work here.
std::string notation(const std::string& kind,
                     const std::vector<std::pair<std::string, std::string>>& settings) {
    std::string text = fmt::format("components:\n  it:\n    check: {}\n", kind);
    for (const auto& [key, value] : settings) {
        if ((key + value).find_first_of("\r\n") != std::string::npos)
            throw std::invalid_argument("the setting '" + key + "' holds a line break");
        text += fmt::format("    {}: {}\n", key, value);
    }
    return text;
}

}  // namespace

void Registry::add_check(std::string name, const std::string& url, Options options) {
    library::check_name(name);
    library::check_options(options);
    const checks::Kind* kind = app::kind_of_url(url);
    if (kind == nullptr || kind->from_url == nullptr)
        throw std::invalid_argument(fmt::format("no kind of check answers to the scheme of '{}'",
                                                url.substr(0, url.find(':'))));
    const AnyOptions settings = kind->description.make();
    Verified good = kind->from_url(settings.ref(), url);
    if (good) good = kind->description.verify(settings.ref());
    if (!good) throw std::invalid_argument(good.error());
    core_->add(definition_of(
        name, options,
        config::component_of(name, described(kind->description.name), settings, Policy())));
}

void Registry::add_check(std::string name, const std::string& kind,
                         const std::vector<std::pair<std::string, std::string>>& settings,
                         Options options) {
    library::check_name(name);
    library::check_options(options);
    described(kind);
    auto parsed = config::parse(notation(kind, settings), name, app::catalog());
    if (!parsed) {
        std::string why;
        for (const config::Problem& problem : parsed.error())
            why += (why.empty() ? "" : "; ") + problem.message;
        throw std::invalid_argument(fmt::format("check '{}': {}", name, why));
    }
    core_->add(definition_of(name, options, std::move(parsed->components.at(0))));
}

}  // namespace vitals
