// The way in that all kinds which speak to a PostgreSQL server share: a session, new or kept, and
// on it what a kind judges.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "access.hpp"
#include "checks/reuse.hpp"
#include "session.hpp"

namespace vitals::checks::postgres {

template <class Options>
net::awaitable<std::unique_ptr<Session>> open(const Options& options, net::Context& context) {
    Access access = access_of(options.url, options.user, options.password, options.tls);
    auto session = co_await Session::open(context, std::move(access));
    co_return session;
}

// `judge(options, context, session)` ends with no transaction open when it is ok, or nothing is
// kept.
template <auto judge, class Options>
net::awaitable<Outcome> run_on_session(const Options& options, net::Context& context) {
    const Access access = access_of(options.url, options.user, options.password, options.tls);
    const std::string login = access.user + '\0' + access.password;
    Outcome outcome = co_await run_reusing<open<Options>, judge>(options, context, login);
    co_return outcome;
}

}  // namespace vitals::checks::postgres
