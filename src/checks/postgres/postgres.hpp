// postgres: logs in and runs a query; can require that the server accepts writes.
#pragma once

#include <chrono>
#include <string>

#include "checks/kind.hpp"
#include "net/tls.hpp"
#include "text/url.hpp"

namespace vitals::checks::postgres {

struct Options {
    text::Url url;
    std::string user;
    Secret password;
    std::string query;   // empty: SELECT 1
    std::string expect;  // empty: any answer
    bool writable = false;
    std::chrono::milliseconds auth_every = usual_auth_every;
    net::TlsOptions tls;
};

extern const Kind kind;

}  // namespace vitals::checks::postgres
