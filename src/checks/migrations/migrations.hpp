// migrations: the database has every migration on disk. Eight tools keep tables of what they have
// applied; the files are read, and none is run.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "checks/kind.hpp"
#include "net/tls.hpp"
#include "text/url.hpp"

namespace vitals::checks::migrations {

struct Options {
    text::Url url;
    std::string user;
    Secret password;
    std::string framework;
    std::vector<std::string> path;
    std::vector<std::string> apps;      // Django
    std::vector<std::string> contexts;  // Liquibase
    std::string table;                  // or schema.table; empty: the tool's own name
    std::string ahead = "degraded";     // ok | degraded | failed
    std::chrono::milliseconds auth_every = usual_auth_every;
    net::TlsOptions tls;
};

extern const Kind kind;

}  // namespace vitals::checks::migrations
