// event_bridge: the parts that an event of Amazon EventBridge passes through, one part for each
// component. backends/aws signs the requests.
#pragma once

#include <string>

#include "checks/kind.hpp"
#include "net/tls.hpp"
#include "text/url.hpp"

namespace vitals::checks::event_bridge {

struct Options {
    std::string part;
    std::string region;
    std::string name;
    std::string bus;
    std::string source = "vitals";
    std::string detail_type = "vitals.probe";
    std::string sink;  // with {id}
    SecretMap sink_headers;
    text::Url endpoint;
    std::string access_key;
    Secret secret_key;
    Secret session_token;
    net::TlsOptions tls;
};

extern const Kind kind;

}  // namespace vitals::checks::event_bridge
