// `source: celery`: its keys in the configuration, and their meaning.
#pragma once

#include <string>

#include "model/description.hpp"
#include "model/secret.hpp"
#include "net/tls.hpp"
#include "text/url.hpp"

namespace vitals::workers::celery {

struct CeleryOptions {
    text::Url url;  // amqp, amqps, redis, rediss
    std::string user;
    Secret password;
    std::string event_exchange = "celeryev";
    std::string fanout_prefix = "/{db}.";
    std::string global_keyprefix;
    net::TlsOptions tls;
};

}  // namespace vitals::workers::celery
