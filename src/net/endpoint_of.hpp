// Where a URL leads. A value, no I/O.
#pragma once

#include <cstdint>

#include "net/connection.hpp"
#include "text/url.hpp"

namespace vitals::net {

// The path of a `unix` URL. Of another one the host, and the port or else `usual_port`.
inline Endpoint endpoint_of(const text::Url& url, std::uint16_t usual_port) {
    Endpoint endpoint;
    if (url.scheme == "unix") {
        endpoint.unix_path = url.path;
    } else {
        endpoint.host = url.host;
        endpoint.port = url.port.value_or(usual_port);
    }
    return endpoint;
}

}  // namespace vitals::net
