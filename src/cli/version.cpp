// vitals version: the version, and how the program was built. The versions of libraries are those
// of the build (CMakeLists.txt passes them); the dependencies of a package keep the versions at run
// time close to them.
#include "cli/version.hpp"

#include "app/daemon.hpp"
#include "cli/exit_code.hpp"

namespace vitals::cli {

std::string version_text() {
    return std::string("vitals ") + app::version +
           "\nbuild: " VITALS_BUILD_TYPE "\ncompiler: " VITALS_COMPILER
           "\nlibraries: " VITALS_LIBRARIES "\n";
}

namespace {

int run(const Version&, const Terminal&) {
    return print(version_text()) ? exit_code::ok : exit_code::output;
}

void declare(Arguments&, Version&) {}

}  // namespace

const Subcommand subcommand::version = make_subcommand<Version, declare, run>(
    "version", "Prints the version, how it was built, and with which libraries.",
    "  vitals version\n");

}  // namespace vitals::cli
