// mysql_crud: one row of a probe table is created, retrieved, updated and deleted.
#pragma once

#include <chrono>
#include <string>

#include "checks/kind.hpp"
#include "net/tls.hpp"
#include "text/url.hpp"

namespace vitals::checks::mysql_crud {

struct Options {
    text::Url url;
    std::string user;
    Secret password;
    std::string table = "vitals_probe";  // or database.table
    std::chrono::milliseconds auth_every = usual_auth_every;
    net::TlsOptions tls;
};

extern const Kind kind;

}  // namespace vitals::checks::mysql_crud
