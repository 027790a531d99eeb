// Runs on a session whose server expects a goodbye: a server that gets none logs that, and counts
// it as a network error. A Session is as in reuse.hpp, with close(context).
#pragma once

#include <optional>
#include <type_traits>

#include "checks/reuse.hpp"
#include "model/check_error.hpp"
#include "net/awaitable.hpp"
#include "net/context.hpp"
#include "vitals/outcome.hpp"

namespace vitals::checks {

// An exception of `judge` on a session that is still good is rethrown after a goodbye.
template <auto judge, class Options, class Session>
net::awaitable<Outcome> judge_or_leave(const Options& options, net::Context& context,
                                       Session& session) {
    std::optional<CheckError> error;
    try {
        Outcome outcome = co_await judge(options, context, session);
        co_return outcome;
    } catch (const CheckError& thrown) {
        error = thrown;
    }
    if (session.quiet()) {
        if (error->phase.empty()) error->phase = context.phase();
        co_await retire(context, session);
    }
    throw CheckError(*error);
}

// A run that logs in, judges and leaves.
template <auto open, auto judge, class Options>
net::awaitable<Outcome> run_and_leave(const Options& options, net::Context& context) {
    auto session = co_await open(options, context);
    using Session = std::remove_reference_t<decltype(*session)>;
    Outcome outcome = co_await judge_or_leave<judge, Options, Session>(options, context, *session);
    co_await retire(context, *session);
    co_return outcome;
}

}  // namespace vitals::checks
