// Where a PostgreSQL server is and who to be there: what all kinds that speak to one are told, and
// what is made of it. The folder holds them all, because they share one way in.
#pragma once

#include <cstdint>
#include <string>

#include "model/description.hpp"
#include "net/tls.hpp"

namespace vitals::backends::postgres {

struct Access {
    std::string host;  // a name or an address; for a unix socket its directory
    std::uint16_t port = 5432;
    bool unix_socket = false;
    std::string database;
    std::string user;
    std::string password;  // empty: none
    std::string sslmode;   // libpq's words
    net::TlsOptions tls;
};

// What is wrong with a URL, or empty. Gets a std::string.
std::string verify_url(const void* value);
// What is wrong with the parts together, or empty.
std::string verify_access(const std::string& url, const std::string& user, const Secret& password,
                          const net::TlsOptions& tls);
// Of parts that were found right. Throws CheckError{local} when the password is not at hand.
Access access_of(const std::string& url, const std::string& user, const Secret& password,
                 const net::TlsOptions& tls);

template <class Options>
constexpr Field url_field() {
    return field<&Options::url>(
        "url",
        "Where PostgreSQL is: postgresql://user@host:5432/database, with ?sslmode= as for libpq; "
        "for a unix socket user@%2Frun%2Fpostgresql or ?host=/run/postgresql.",
        {.required = true, .example = "postgresql://app@127.0.0.1:5432/app", .verify = verify_url});
}
template <class Options>
constexpr Field user_field() {
    return field<&Options::user>("user", "Who to log in as; or in the URL.");
}
template <class Options>
constexpr Field password_field() {
    return field<&Options::password>("password", "With which password; or in the URL.");
}
template <class Options>
constexpr Field tls_field() {
    return field<&Options::tls>(
        "tls",
        "Whom to trust, and who to be; with any of it, or ?sslmode=verify-full, the server is "
        "verified, else TLS is used where it is offered.",
        {.members = net::tls_fields});
}

// For `vitals check URL`; `KIND+postgresql://` is PostgreSQL's own URL for another kind.
template <class Options>
std::string from_url(void* options, std::string_view url) {
    auto& own = *static_cast<Options*>(options);
    own.url = url.substr(url.substr(0, url.find(':')).find('+') + 1);
    auto problem = verify_url(&own.url);
    return problem.empty() ? verify_access(own.url, own.user, own.password, own.tls) : problem;
}

}  // namespace vitals::backends::postgres
