// A run of a kind that speaks to a MySQL or MariaDB server: the kind judges on a session, new or
// kept. For kinds whose options have url, user, password, tls and auth_every.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "backends/mysql/access.hpp"
#include "backends/mysql/session.hpp"
#include "checks/access_fields.hpp"
#include "checks/reuse.hpp"
#include "checks/take_leave.hpp"

namespace vitals::checks {

template <class Options>
constexpr Field mysql_url_field() {
    return url_field<Options, backends::mysql::verify_url>(
        "The address of the server: mysql://user@host:3306/database, mysqls:// for TLS, or "
        "unix:/run/mysqld/mysqld.sock?db=database.",
        "mysql://app@127.0.0.1:3306/app");
}

template <class Options>
constexpr Field mysql_tls_field() {
    return tls_field<Options>(
        "CA, client certificate and server name. With mysqls://, or with any of these, nothing "
        "goes to the server in the clear.");
}

template <class Options>
net::awaitable<std::unique_ptr<backends::mysql::Session>> open_mysql(const Options& options,
                                                                     net::Context& context) {
    auto access =
        backends::mysql::access_of(options.url, options.user, options.password, options.tls);
    auto session = co_await backends::mysql::Session::open(context, std::move(access));
    co_return session;
}

// For make_kind: the run of a kind.
template <auto judge, class Options>
net::awaitable<Outcome> run_on_mysql(const Options& options, net::Context& context) {
    const auto access =
        backends::mysql::access_of(options.url, options.user, options.password, options.tls);
    const std::string login = access.user + '\0' + access.password;
    Outcome outcome =
        co_await run_reusing<open_mysql<Options>,
                             judge_or_leave<judge, Options, backends::mysql::Session>>(
            options, context, login);
    co_return outcome;
}

}  // namespace vitals::checks
