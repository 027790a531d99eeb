// `source: celery`: its keys in the configuration, and what they come to.
#pragma once

#include <string>
#include <vector>

#include "model/description.hpp"
#include "model/secret.hpp"
#include "net/tls.hpp"

namespace vitals::workers::celery {

struct CeleryOptions {
    std::string url;  // amqp, amqps, redis, rediss
    std::string user;
    Secret password;
    std::string event_exchange = "celeryev";
    std::string fanout_prefix = "/{db}.";
    std::string global_keyprefix;
    net::TlsOptions tls;
};

extern const Description description;

// Where Celery's workers publish their events of themselves on Redis, as PSUBSCRIBE takes it: on
// channels of their own or, with kombu's fanout_patterns off, on the one that all events share.
// `database` as it stands in the URL.
std::vector<std::string> channel_patterns(const CeleryOptions& options,
                                          const std::string& database);

}  // namespace vitals::workers::celery
