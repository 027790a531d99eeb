// The run of a kind that only reads files.
#pragma once

#include <functional>

#include "net/context.hpp"
#include "net/reading.hpp"
#include "vitals/outcome.hpp"

namespace vitals::checks {

// For make_kind: `examine(options)` is the outcome. It touches files, so it runs in a process of
// its own.
template <auto examine, class Options>
net::awaitable<Outcome> run_examining(const Options& options, net::Context& context) {
    context.enter("read");
    std::function<Outcome()> look = [options] { return examine(options); };
    co_return co_await net::reading(context, std::move(look));
}

// The same with the time of the run: `examine(options, now)`.
template <auto examine, class Options>
net::awaitable<Outcome> run_examining_now(const Options& options, net::Context& context) {
    context.enter("look");
    const System now = context.clock().system();
    std::function<Outcome()> look = [options, now] { return examine(options, now); };
    co_return co_await net::reading(context, std::move(look));
}

}  // namespace vitals::checks
