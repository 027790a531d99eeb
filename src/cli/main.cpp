// The program: reads the command line and chooses.
#include <openssl/crypto.h>

#include <csignal>
#include <exception>
#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/terminal.hpp"

int main(int argc, char** argv) {
    using namespace vitals::cli;
    // A reader that goes away (`vitals status | head`) must not kill a daemon or a heartbeat; the
    // commands see the failed write instead.
    std::signal(SIGPIPE, SIG_IGN);
    // A foreign call that was abandoned may compute on while the program ends (lanes): what it
    // computes with is not taken away below it.
    OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr);
    try {
        const auto line = parse(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc),
                                look_at_terminal(Colour::never).width);
        if (const auto* shown = std::get_if<Shown>(&line.meaning)) {
            return print(shown->text) ? exit_code::ok : exit_code::output;
        }
        if (const auto* misused = std::get_if<Misused>(&line.meaning)) {
            print_error(misused->text);
            return exit_code::usage;
        }
        const auto terminal = look_at_terminal(line.colour);
        return std::visit([&](const auto& command) { return run(command, terminal); },
                          std::get<Command>(line.meaning));
    } catch (const std::exception& error) {
        print_error(std::string("vitals: ") + error.what() + '\n');
        return exit_code::internal;
    }
}
