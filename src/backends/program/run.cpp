#include "run.hpp"

#include <fmt/format.h>

#include <boost/asio/this_coro.hpp>

#include <cstring>
#include <exception>
#include <functional>
#include <optional>
#include <utility>

#include "net/readiness.hpp"

namespace vitals::backends::program {

net::awaitable<Ended> run(net::Context& context, Launch launch, std::string phase) {
    context.enter("start");
    std::function<std::shared_ptr<Program>()> start = [launch = std::move(launch)] {
        return Program::start(launch);
    };
    const std::shared_ptr<Program> program = co_await context.blocking(std::move(start));
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
    co_return Ended{program, *end};
}

std::string said(const Ended& ended) {
    if (ended.program->floods()) return "wrote more than 1 MiB and was killed";
    if (ended.end.exit_code) return fmt::format("exit code {}", *ended.end.exit_code);
    const char* name = ::sigabbrev_np(ended.end.signal);
    return fmt::format("killed by SIG{}", name != nullptr ? name : "?");
}

}  // namespace vitals::backends::program
