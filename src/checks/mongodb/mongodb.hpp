// mongodb: logs in to a MongoDB server or router, judges its role in the replica set, and can read
// a collection.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "checks/kind.hpp"
#include "net/tls.hpp"
#include "text/url.hpp"

namespace vitals::checks::mongodb {

struct Options {
    text::Url url;
    std::string user;
    Secret password;
    std::string role = "any";  // any | primary | secondary
    std::string collection;    // database.collection; empty: nothing is read
    std::optional<std::chrono::milliseconds> degraded_above;  // of a secondary's lag
    std::optional<std::chrono::milliseconds> failed_above;
    net::TlsOptions tls;
};

extern const Kind kind;

}  // namespace vitals::checks::mongodb
