// The address of an AMQP broker, and the user that logs in there. Values, no I/O.
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
    wire::amqp::Login login;             // guest, if no user is given
};

// From a valid URL amqp:// or amqps://, and from the options beside it. The password must have a
// value.
Access access_of(const text::Url& url, const std::string& user, const Secret& password,
                 const net::TlsOptions& tls);

}  // namespace vitals::backends::amqp
