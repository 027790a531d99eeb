// nats: logs in to a NATS server and sends itself a message; can look at a stream and a consumer of
// JetStream.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "checks/kind.hpp"
#include "net/tls.hpp"
#include "text/url.hpp"

namespace vitals::checks::nats {

struct Options {
    text::Url url;  // nats://, tls://
    std::string user;
    Secret password;
    Secret token;
    Secret credentials;    // a seed, or a file of a JWT and a seed
    std::string stream;    // empty: JetStream is not asked
    std::string consumer;  // of the stream
    std::optional<std::int64_t> pending_above;
    net::TlsOptions tls;
};

extern const Kind kind;

}  // namespace vitals::checks::nats
