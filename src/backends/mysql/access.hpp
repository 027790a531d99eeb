// The address of a MySQL or MariaDB server, and the user that logs in there: the options that all
// kinds for it share, and their meaning. Values, no I/O.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/description.hpp"
#include "net/connection.hpp"
#include "net/tls.hpp"
#include "text/url.hpp"

namespace vitals::backends::mysql {

struct Access {
    net::Endpoint endpoint;
    std::optional<net::TlsOptions> tls;  // nothing: in the clear
    std::string user;
    std::string password;
    std::string database;  // empty: none
};

bool is_scheme(std::string_view scheme);  // of MySQL's URLs over the network
Verified verify_url(const text::Url& url);
// Judges the parts together.
Verified verify_access(const text::Url& url, const std::string& user, const net::TlsOptions& tls);
// From valid parts, while the password has a value.
Access access_of(const text::Url& url, const std::string& user, const Secret& password,
                 const net::TlsOptions& tls);

}  // namespace vitals::backends::mysql
