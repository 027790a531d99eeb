#include "cli/failure.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "app/catalog.hpp"
#include "cli/exit_code.hpp"
#include "cli/screen_text.hpp"
#include "cli/terminal.hpp"
#include "config/file.hpp"

namespace vitals::cli {

int give_up(std::string_view command, const Failure& failure, Format format) {
    if (format == Format::nagios) {
        auto text = failure.text;
        const auto lines = std::ranges::count(text, '\n');
        if (failure.code == exit_code::configuration && lines > 1)
            text.insert(text.find('\n'), fmt::format(" (and {} more)", lines - 1));
        print(nagios_unknown(text));  // if it cannot be written, nobody can be told
        return exit_code::unknown;
    }
    if (failure.located)
        print_error(failure.text);
    else
        print_error(fmt::format("vitals {}: {}\n", command, clean(failure.text)));
    return failure.code;
}

std::expected<std::string, Failure> find_configuration(const std::string& file) {
    if (!file.empty()) return file;
    if (auto found = config::find_file()) return *found;
    std::string hint;
    for (const char* usual : config::usual_files)
        if (hint.empty()) hint = config::hint_of_other_ending(usual);
    return std::unexpected(
        Failure{exit_code::configuration,
                fmt::format("no configuration: neither ./vitals.yaml nor /etc/vitals/vitals.yaml "
                            "exists{}; name one with -c FILE or $VITALS_CONFIG",
                            hint)});
}

std::expected<config::Config, Failure> load_configuration(const std::string& file, bool secrets) {
    const auto name = find_configuration(file);
    if (!name) return std::unexpected(name.error());
    config::Options options;
    options.secrets = secrets;
    auto loaded = config::load(*name, app::catalog(), options);
    if (loaded) return std::move(*loaded);
    Failure failure{exit_code::configuration, {}, true};
    for (const auto& problem : loaded.error()) failure.text += problem.text() + '\n';
    return std::unexpected(std::move(failure));
}

}  // namespace vitals::cli
