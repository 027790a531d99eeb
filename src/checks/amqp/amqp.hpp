// amqp: logs in to an AMQP 0-9-1 broker (RabbitMQ), tests whether it takes messages, and looks at
// queues. It creates nothing that stays.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "checks/kind.hpp"
#include "model/secret.hpp"
#include "net/tls.hpp"
#include "text/url.hpp"

namespace vitals::checks::amqp {

struct Queue {
    std::optional<std::int64_t> degraded_above;
    std::optional<std::int64_t> failed_above;
    std::string consumers;  // CountRange; empty: not judged
};

struct Options {
    text::Url url;  // amqp://user:password@host:port/vhost, amqps://
    std::string user;
    Secret password;
    std::string log_in = "password";
    std::vector<std::pair<std::string, Queue>> queues;
    std::chrono::milliseconds auth_every = usual_auth_every;
    net::TlsOptions tls;
};

extern const Kind kind;

}  // namespace vitals::checks::amqp
