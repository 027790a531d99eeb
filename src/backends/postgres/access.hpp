// The address of a PostgreSQL server, and the user that logs in there: the options that all kinds
// for it share, and their meaning.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/description.hpp"
#include "net/tls.hpp"
#include "text/url.hpp"

namespace vitals::backends::postgres {

struct Place {
    std::string host;  // a name or an address; for a unix socket its directory
    std::uint16_t port = 5432;
    bool unix_socket = false;
};

// https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-PARAMKEYWORDS
struct Access {
    std::vector<Place> places;  // tried in this order; at least one
    Place place;                // the one that is tried
    std::string database;
    std::string user;
    std::string password;  // empty: none
    std::string sslmode;   // libpq's words
    std::string channel_binding = "prefer";
    std::string role = "any";  // target_session_attrs
    std::string application_name = "vitals";
    std::string options;  // for the server's process, as `-c name=value`
    std::optional<std::chrono::seconds> give_up_after;  // on each place: connect_timeout
    net::TlsOptions tls;
};

Verified verify_url(const text::Url& url);
// Judges the parts together.
Verified verify_access(const text::Url& url, const std::string& user, const net::TlsOptions& tls);
// From valid parts, while the password has a value.
Access access_of(const text::Url& url, const std::string& user, const Secret& password,
                 const net::TlsOptions& tls);

template <class Options>
constexpr Field url_field() {
    return field<&Options::url, verify_url>(
        "url",
        "The address of PostgreSQL: postgresql://user@host:5432/database. It takes the parameters "
        "of an application's URL (sslmode, sslrootcert, connect_timeout, ...) and several hosts. A "
        "unix socket is user@%2Frun%2Fpostgresql or ?host=/run/postgresql.",
        {.required = true, .example = "postgresql://app@127.0.0.1:5432/app"});
}
template <class Options>
constexpr Field user_field() {
    return field<&Options::user>("user", "The user to log in as; it may stand in the URL instead.");
}
template <class Options>
constexpr Field password_field() {
    return field<&Options::password>("password",
                                     "The password of the user; it may stand in the URL instead.");
}
template <class Options>
constexpr Field tls_field() {
    return field<&Options::tls>(
        "tls",
        "CA, client certificate and server name. With any of these, or with ?sslmode=verify-full, "
        "the server is verified; otherwise TLS is used if the server offers it.",
        {.members = net::tls_fields});
}

// For `vitals check URL`; `KIND+postgresql://` is PostgreSQL's own URL for another kind.
template <class Options>
Verified from_url(Options& options, std::string_view url) {
    options.url = url.substr(url.substr(0, url.find(':')).find('+') + 1);
    return verify_url(options.url);
}

}  // namespace vitals::backends::postgres
