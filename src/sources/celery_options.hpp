// `source: celery`: its keys in the configuration, and what they come to.
#pragma once

#include <string>

#include "model/description.hpp"
#include "model/secret.hpp"
#include "net/tls.hpp"

namespace vitals::sources {

struct CeleryOptions {
    std::string url;  // amqp, amqps, redis, rediss
    std::string user;
    Secret password;
    std::string event_exchange = "celeryev";
    std::string fanout_prefix = "/{db}.";
    std::string global_keyprefix;
    net::TlsOptions tls;
};

extern const Description celery;

// What Celery's workers publish their events of themselves to on Redis, as PSUBSCRIBE takes it.
// `database` as it stands in the URL.
std::string channel_pattern(const CeleryOptions& options, const std::string& database);

}  // namespace vitals::sources
