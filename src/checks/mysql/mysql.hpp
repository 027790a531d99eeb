// mysql: logs in to MySQL, MariaDB or a compatible server and runs a query; a node of a Galera
// cluster must be part of it. Can require that the server accepts writes.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "checks/kind.hpp"
#include "net/tls.hpp"
#include "text/url.hpp"

namespace vitals::checks::mysql {

struct Options {
    text::Url url;  // mysql://, mysqls://, mariadb://, unix:
    std::string user;
    Secret password;
    std::string query;   // empty: SELECT 1
    std::string expect;  // empty: any answer
    bool writable = false;
    std::optional<Percentage> connections_above;
    std::int64_t nodes = 0;  // of a Galera cluster; 0: not judged
    std::chrono::milliseconds auth_every = usual_auth_every;
    net::TlsOptions tls;
};

extern const Kind kind;

}  // namespace vitals::checks::mysql
