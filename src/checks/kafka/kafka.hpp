// kafka: asks a cluster for its brokers, topics and partitions, and whether each broker can be
// reached; can ask how far a consumer group is behind.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "checks/kind.hpp"
#include "net/tls.hpp"
#include "text/url.hpp"

namespace vitals::checks::kafka {

struct Options {
    text::Url url;  // kafka://, kafkas://; several hosts
    std::string user;
    Secret password;
    std::string mechanism = "SCRAM-SHA-512";
    std::vector<std::string> topics;  // none: all
    std::int64_t brokers = 1;
    std::optional<std::int64_t> min_isr;
    bool all_brokers = true;
    std::string group;  // empty: none is asked for
    std::optional<std::int64_t> lag_above;
    std::optional<std::int64_t> members;
    net::TlsOptions tls;
};

extern const Kind kind;

}  // namespace vitals::checks::kafka
