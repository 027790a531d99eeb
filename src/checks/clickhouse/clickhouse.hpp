// clickhouse: over its HTTP interface, as a user. net speaks HTTP.
#pragma once

#include <string>

#include "checks/kind.hpp"
#include "net/tls.hpp"
#include "text/url.hpp"

namespace vitals::checks::clickhouse {

struct Options {
    text::Url url;
    std::string user;
    Secret password;
    bool replicas = false;
    net::TlsOptions tls;
};

extern const Kind kind;

}  // namespace vitals::checks::clickhouse
