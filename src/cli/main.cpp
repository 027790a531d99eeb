// The program: reads the command line and runs the command.
#include <openssl/crypto.h>
#include <unistd.h>

#include <csignal>
#include <exception>
#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/failure.hpp"
#include "cli/terminal.hpp"
#include "net/apart.hpp"

namespace vitals::cli {
namespace {

int perform(const std::vector<std::string>& words) {
    const auto line = parse(words, look_at_terminal(Colour::never).width);
    if (const auto* shown = std::get_if<Shown>(&line.meaning)) {
        return print(shown->text) ? exit_code::ok : exit_code::output;
    }
    if (const auto* misused = std::get_if<Misused>(&line.meaning)) {
        return give_up("", {exit_code::usage, misused->text, true}, format_asked_for(words));
    }
    const auto terminal = look_at_terminal(line.colour);
    const auto& command = std::get<Command>(line.meaning);
    return command.subcommand->run(command.options, terminal);
}

}  // namespace
}  // namespace vitals::cli

int main(int argc, char** argv) {
    using namespace vitals::cli;
    // A closed reader (`vitals status | head`) must not kill a daemon or a heartbeat; the commands
    // see the failed write instead.
    std::signal(SIGPIPE, SIG_IGN);
    // An abandoned foreign call may still compute while the program ends (lanes), so its data is
    // not destroyed.
    OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr);
    const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
    const auto format = format_asked_for(words);
    int code = exit_code::internal;
    try {
        code = perform(words);
    } catch (const std::exception& error) {
        code = give_up(
            "", {exit_code::internal, std::string("vitals: ") + error.what() + '\n', true}, format);
    }
    // Code that hangs on a disk is left behind, and does not delay readers of the output.
    if (vitals::net::left_behind())
        for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
            ::close(descriptor);
    // Monitoring systems treat every other code as CRITICAL.
    return format == Format::nagios && code > exit_code::unknown ? exit_code::unknown : code;
}
