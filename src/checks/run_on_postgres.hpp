// A run of a kind that speaks to a PostgreSQL server: on a session, new or kept, the kind judges.
// For kinds whose options have url, user, password, tls and auth_every.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "backends/postgres/access.hpp"
#include "backends/postgres/session.hpp"
#include "checks/reuse.hpp"

namespace vitals::checks {

template <class Options>
net::awaitable<std::unique_ptr<backends::postgres::Session>> open_postgres(const Options& options,
                                                                           net::Context& context) {
    auto access =
        backends::postgres::access_of(options.url, options.user, options.password, options.tls);
    auto session = co_await backends::postgres::Session::open(context, std::move(access));
    co_return session;
}

// `judge(options, context, session)` ends with no transaction open when it is ok, or nothing is
// kept.
template <auto judge, class Options>
net::awaitable<Outcome> run_on_postgres(const Options& options, net::Context& context) {
    const auto access =
        backends::postgres::access_of(options.url, options.user, options.password, options.tls);
    const std::string login = access.user + '\0' + access.password;
    Outcome outcome = co_await run_reusing<open_postgres<Options>, judge>(options, context, login);
    co_return outcome;
}

}  // namespace vitals::checks
