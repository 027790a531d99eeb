// pop3: a mail server lets a user in. The check reads and deletes nothing.
#pragma once

#include <cstdint>
#include <string>

#include "checks/kind.hpp"
#include "net/tls.hpp"
#include "text/url.hpp"

namespace vitals::checks::pop3 {

struct Options {
    text::Url url;
    std::string user;
    Secret password;
    std::string starttls = "required";
    std::int64_t certificate_days = 0;
    net::TlsOptions tls;
};

extern const Kind kind;

}  // namespace vitals::checks::pop3
