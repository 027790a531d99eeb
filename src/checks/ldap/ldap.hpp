// ldap: logs in to a directory and looks up an entry.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "checks/kind.hpp"
#include "net/tls.hpp"
#include "text/url.hpp"

namespace vitals::checks::ldap {

struct Options {
    text::Url url;     // ldap://, ldaps://, with an entry's name (DN) for a path
    std::string user;  // a name (DN), too
    Secret password;
    std::string starttls = "never";  // required | never
    text::Url source;                // empty: replication is not judged
    std::optional<std::chrono::milliseconds> degraded_above, failed_above;
    net::TlsOptions tls;
};

extern const Kind kind;

}  // namespace vitals::checks::ldap
