// vitals man: writes the manual pages.
#include "cli/man.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "cli/exit_code.hpp"
#include "cli/failure.hpp"

namespace vitals::cli {
namespace {

// Reproducible builds set the time themselves:
// https://reproducible-builds.org/specs/source-date-epoch/
std::string date_of_pages() {
    const char* given = std::getenv("SOURCE_DATE_EPOCH");
    const std::time_t now =
        given != nullptr ? std::strtoll(given, nullptr, 10) : std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    char text[16] = "";
    std::strftime(text, sizeof text, "%Y-%m-%d", &parts);
    return text;
}

bool write(const std::filesystem::path& file, const std::string& text) {
    std::ofstream stream(file, std::ios::binary);
    stream << text;
    stream.close();
    return !stream.fail();
}

int run(const Man& command, const Terminal&) {
    const std::filesystem::path directory = command.directory;
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    const auto date = date_of_pages();
    const auto& program = grammar();
    errno = 0;
    bool good = !error && write(directory / "vitals.1", program_page(program, date)) &&
                write(directory / "vitals.yaml.5", configuration_page(date));
    for (const auto& each : program.subcommands) {
        const auto file = "vitals-" + each.name.substr(program.name.size() + 1) + ".1";
        good = good && write(directory / file, command_page(each, date));
    }
    if (good) return exit_code::ok;
    const auto why = error ? error.message() : std::generic_category().message(errno);
    return give_up("man", {exit_code::output, fmt::format("{}: {}", command.directory, why)},
                   Format::table);
}

void declare(Arguments& to, Man& command) {
    to.required("DIRECTORY", command.directory,
                "The directory for the pages; it is created if it is missing.");
}

}  // namespace

const Subcommand subcommand::man = make_subcommand<Man, declare, run>(
    "man",
    "Writes the manual pages into a directory: vitals.1, one for each command, and vitals.yaml.5.",
    "  vitals man /usr/local/share/man/man1\n"
    "  vitals man pages && man -l pages/vitals.yaml.5\n");

}  // namespace vitals::cli
