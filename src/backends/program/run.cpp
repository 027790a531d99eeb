#include "backends/program/run.hpp"

#include <boost/asio/this_coro.hpp>

#include <cstring>
#include <exception>
#include <functional>
#include <optional>

#include <fmt/format.h>

#include "net/readiness.hpp"

namespace vitals::backends::program {

net::awaitable<std::pair<std::shared_ptr<Program>, End>> run(Launch launch, std::string_view phase,
                                                             net::Context& context) {
    context.enter("start");
    std::function<std::shared_ptr<Program>()> start = [launch = std::move(launch)] {
        return Program::start(launch);
    };
    std::shared_ptr<Program> program = co_await context.blocking(std::move(start));
    context.enter(phase);
    std::exception_ptr cancelled;
    try {
        while (!program->ended() && !program->floods()) {
            co_await net::wait_readable(context, program->events());
            program->collect();
        }
    } catch (...) {
        cancelled = std::current_exception();
    }
    program->kill();
    co_await boost::asio::this_coro::reset_cancellation_state();
    std::optional<End> end;
    while (!(end = program->reap()))
        co_await net::wait_readable(context, program->end_descriptor());
    if (cancelled) std::rethrow_exception(cancelled);
    std::pair<std::shared_ptr<Program>, End> result(std::move(program), *end);
    co_return result;
}

std::string said(const Program& program, const End& end) {
    if (program.floods()) return "wrote more than 1 MiB and was killed";
    if (end.exit_code) return fmt::format("exit code {}", *end.exit_code);
    const char* name = ::sigabbrev_np(end.signal);
    return fmt::format("killed by SIG{}", name != nullptr ? name : "?");
}

}  // namespace vitals::backends::program
