// The configuration reader on arbitrary bytes: it must end, stay within bounds, and either give a
// configuration or name at least one problem, sorted and inside the file.

#include "config/sample_catalog.hpp"
#include "target.hpp"

void vitals::fuzz::run(std::string_view text) {
    using namespace vitals::config;
    static const Catalog catalog = sample::catalog();
    static const Options options = [] {
        Options made;
        made.secrets = false;  // no file that the bytes name is opened
        made.include = false;
        made.environment = [](const std::string& name) -> std::optional<std::string> {
            return name == "A" ? std::optional<std::string>("value") : std::nullopt;
        };
        return made;
    }();
    const auto config = parse(text, "fuzz.yaml", catalog, options);
    if (config) return;
    const Problems& problems = config.error();
    require(!problems.empty());
    for (std::size_t i = 0; i < problems.size(); ++i) {
        require(!problems[i].message.empty() && problems[i].position.line <= text.size() + 1);
        require(i == 0 || !(problems[i].position < problems[i - 1].position));
    }
}
