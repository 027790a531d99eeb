// Runs of a check on one connection that is kept between them.
//
// An established connection still works when nobody could make a new one: the password was changed,
// no slot is left, the listener is dead, the name leads elsewhere. So a kept one is given up when
// its authentication is older than `auth_every`, or would be by the next run. And only an ok may
// come from a kept connection. Any other result, whether the connection was stale or the backend is
// ill, is determined once more on a new connection, within the same deadline. So reuse raises no
// alarm that a run without it would not.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "model/check_error.hpp"
#include "model/description.hpp"
#include "net/awaitable.hpp"
#include "net/context.hpp"
#include "net/kept.hpp"
#include "vitals/outcome.hpp"

namespace vitals::checks {

template <class Options>
constexpr Field auth_every_field() {
    return field<&Options::auth_every>(
        "auth_every",
        "How old an authentication may be. Runs within that time share a connection; the first run "
        "after it connects and authenticates again. `0s`: every run does.",
        {.least = 0});
}

// Whether a connection may be left for the next run.
template <class Options>
bool may_keep(const Options& options, net::Context& context) {
    return context.kept() != nullptr && context.kept()->interval() < options.auth_every;
}

template <class Session>
struct Standing {
    std::shared_ptr<Session> session;
    std::string login;  // what it logged in with
    Steady since;       // when it began to
};

// Closes a session whose time is over. A failure here is not one of the backend.
template <class Session>
net::awaitable<void> retire(net::Context& context, Session& session) {
    if constexpr (requires { session.close(context); }) {
        session.resume(context, context.clock().steady() + context.left() / 4);
        try {
            co_await session.close(context);
        } catch (const CheckError&) {
        }
    }
    co_return;
}

// The session of the former run, if this one may use it.
template <class Session>
net::awaitable<std::shared_ptr<Standing<Session>>> take_kept(net::Context& context,
                                                             std::chrono::milliseconds auth_every,
                                                             std::string login) {
    using Taken = std::shared_ptr<Standing<Session>>;
    if (context.kept() == nullptr) co_return Taken();
    Taken standing = context.kept()->take<Standing<Session>>();
    if (standing == nullptr || !standing->session->quiet()) co_return Taken();
    const Steady now = context.clock().steady();
    if (standing->login != login || now - standing->since >= auth_every) {
        co_await retire(context, *standing->session);
        co_return Taken();
    }
    // A peer that went away silently is not waited for until the deadline.
    standing->session->resume(context, now + context.left() / 2);
    co_return standing;
}

// Leaves the session for the next run, or ends it if it will be too old by then.
template <class Options, class Session>
net::awaitable<void> leave(const Options& options, net::Context& context,
                           std::shared_ptr<Standing<Session>> standing) {
    const Steady::duration age = context.clock().steady() - standing->since;
    if (may_keep(options, context) && age + context.kept()->interval() < options.auth_every)
        context.kept()->leave(std::move(standing));
    else
        co_await retire(context, *standing->session);
}

// `open` makes a Session and logs in. `judge` does the rest of a run on it and leaves it so that
// another run can follow. A Session has quiet(), see net::Connection, and resume(context, until):
// the present run, and when its first answer must have come; and close(context) if its server
// expects a goodbye. `login` is what it logs in with; another one, after a secret has changed, is
// tried at once.
template <auto open, auto judge, class Options>
net::awaitable<Outcome> run_reusing(const Options& options, net::Context& context,
                                    std::string login) {
    using Opened =
        typename std::invoke_result_t<decltype(open), const Options&, net::Context&>::value_type;
    using Session = typename Opened::element_type;
    auto standing = co_await take_kept<Session>(context, options.auth_every, login);
    if (standing != nullptr) {
        std::optional<Outcome> outcome;
        try {
            outcome = co_await judge(options, context, *standing->session);
        } catch (const CheckError&) {
            // Also for a run that was cancelled: then the next wait ends it.
        }
        if (outcome && outcome->status == Status::ok) {
            co_await leave(options, context, std::move(standing));
            co_return std::move(*outcome);
        }
        if (outcome) co_await retire(context, *standing->session);
        standing.reset();
    }
    Standing<Session> made{nullptr, std::move(login), context.clock().steady()};
    made.session = co_await open(options, context);
    Outcome outcome = co_await judge(options, context, *made.session);
    if (outcome.status == Status::ok) {
        standing = std::make_shared<Standing<Session>>(std::move(made));
        co_await leave(options, context, std::move(standing));
    } else {
        co_await retire(context, *made.session);
    }
    co_return outcome;
}

}  // namespace vitals::checks
