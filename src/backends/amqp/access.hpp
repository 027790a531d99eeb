// Where an AMQP broker is and which user logs in there. Values, no I/O.
#pragma once

#include <optional>
#include <string>

#include "model/secret.hpp"
#include "net/connection.hpp"
#include "net/tls.hpp"
#include "text/url.hpp"
#include "wire/amqp_client.hpp"

namespace vitals::backends::amqp {

struct Access {
    net::Endpoint endpoint;
    std::optional<net::TlsOptions> tls;  // nothing: in the clear
    wire::amqp::Login login;             // guest, where nobody is named
};

// Of a URL amqp:// or amqps:// that was found right, and of what stands apart from it. The password
// must be at hand.
Access access_of(const text::Url& url, const std::string& user, const Secret& password,
                 const net::TlsOptions& tls);

}  // namespace vitals::backends::amqp
