// The configuration reader on arbitrary bytes: it must end, stay within bounds, and either give a
// configuration or name at least one problem, sorted and inside the file.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/sample_catalog.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace vitals::config;
    static const Catalog catalog = sample::catalog();
    static const Options options = [] {
        Options made;
        made.secrets = false;  // no file that the bytes name is opened
        made.environment = [](const std::string& name) -> std::optional<std::string> {
            return name == "A" ? std::optional<std::string>("value") : std::nullopt;
        };
        return made;
    }();
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto config = parse(text, "fuzz.yaml", catalog, options);
    if (config) return 0;
    const Problems& problems = config.error();
    if (problems.empty()) std::abort();
    for (std::size_t i = 0; i < problems.size(); ++i) {
        if (problems[i].message.empty() || problems[i].position.line > size + 1) std::abort();
        if (i > 0 && problems[i].position < problems[i - 1].position) std::abort();
    }
    return 0;
}
