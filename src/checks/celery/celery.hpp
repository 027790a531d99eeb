// celery: asks the workers of a Celery application whether they are alive and what they consume, or
// listens to their heartbeats, through their broker (AMQP or Redis).
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "checks/kind.hpp"
#include "model/secret.hpp"
#include "net/tls.hpp"
#include "text/url.hpp"

namespace vitals::checks::celery {

struct Options {
    text::Url url;  // amqp, amqps, redis, rediss, sentinel, sentinels; several with `;`
    std::string user;
    Secret password;
    std::string master;  // of sentinels
    std::string sentinel_user;
    Secret sentinel_password;
    std::string sentinel_tls = "as_url";  // as_url | on | off
    std::string part = "ping";            // ping | queue | heartbeat
    std::string queue;
    std::vector<std::string> destination;
    std::string workers = ">=1";  // CountRange
    std::string control_exchange = "celery";
    std::string event_exchange = "celeryev";
    // Options of kombu's Redis transport, as in the application's broker_transport_options.
    std::string global_keyprefix;
    std::string fanout_prefix = "/{db}.";
    std::string sep;  // empty: kombu's own, two control characters
    std::chrono::milliseconds auth_every = usual_auth_every;
    net::TlsOptions tls;
};

extern const Kind kind;

}  // namespace vitals::checks::celery
