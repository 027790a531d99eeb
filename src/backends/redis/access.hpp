// The address of a Redis server, and the user that logs in there. Values, no I/O.
#pragma once

#include <optional>
#include <string>

#include "model/secret.hpp"
#include "net/connection.hpp"
#include "net/tls.hpp"
#include "text/url.hpp"

namespace vitals::backends::redis {

struct Access {
    net::Endpoint endpoint;
    std::optional<net::TlsOptions> tls;  // nothing: in the clear
    std::string user;                    // empty: the default one
    std::string password;                // empty: no log-in
};

// From a valid URL redis://, rediss:// or unix:, and from the options beside it. The password must
// have a value.
Access access_of(const text::Url& url, const std::string& user, const Secret& password,
                 const net::TlsOptions& tls);

}  // namespace vitals::backends::redis
