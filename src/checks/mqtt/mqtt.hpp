// mqtt: logs in to an MQTT broker; with a topic, sends a message to it, which must come back.
#pragma once

#include <cstdint>
#include <string>

#include "checks/kind.hpp"
#include "net/tls.hpp"
#include "text/url.hpp"

namespace vitals::checks::mqtt {

struct Options {
    text::Url url;  // mqtt://, mqtts://, with a topic for a path
    std::string user;
    Secret password;
    std::int64_t version = 4;  // of the protocol: 4 (3.1.1) or 5
    net::TlsOptions tls;
};

extern const Kind kind;

}  // namespace vitals::checks::mqtt
