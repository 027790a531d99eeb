// Where a Redis server is and which user logs in there. Values, no I/O.
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
    std::string password;                // empty: nobody logs in
};

// Of a URL redis://, rediss:// or unix: that was found right, and of what stands apart from it. The
// password must be at hand.
Access access_of(const text::Url& url, const std::string& user, const Secret& password,
                 const net::TlsOptions& tls);

}  // namespace vitals::backends::redis
