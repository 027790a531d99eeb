// A run of a kind that speaks to a PostgreSQL server: the kind judges on a session, new or kept.
// For kinds whose options have url, user, password, tls and auth_every.
#pragma once

#include <algorithm>
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

// For make_kind: the run of a kind, and what is wrong with its access. When it is ok,
// `judge(options, context, session)` ends without an open transaction; otherwise the session is not
// kept.
template <auto judge, class Options>
net::awaitable<Outcome> run_on_postgres(const Options& options, net::Context& context) {
    const auto access =
        backends::postgres::access_of(options.url, options.user, options.password, options.tls);
    const std::string login = access.user + '\0' + access.password;
    Outcome outcome = co_await run_reusing<open_postgres<Options>, judge>(options, context, login);
    co_return outcome;
}

template <class Options>
Verified verify_access_to_postgres(const Options& options) {
    return backends::postgres::verify_access(options.url, options.user, options.tls);
}

// `table` or `schema.table`.
inline Verified verify_name_of_table(const std::string& table) {
    const bool good =
        !table.empty() && table.size() <= 127 && !table.starts_with('.') && !table.ends_with('.') &&
        std::ranges::count(table, '.') <= 1 &&
        std::ranges::all_of(table, [](char c) { return static_cast<unsigned char>(c) >= ' '; });
    return verified(good ? std::string() : "is no name of a table; expected table or schema.table");
}

}  // namespace vitals::checks
