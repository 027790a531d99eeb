// smtp: greets a mail server as a client would, and takes leave; never sends mail.
#pragma once

#include <cstdint>
#include <string>

#include "checks/kind.hpp"
#include "net/tls.hpp"
#include "text/url.hpp"

namespace vitals::checks::smtp {

struct Options {
    text::Url url;  // smtp://host:port, smtps://host:port
    std::string hello = "localhost";
    std::string starttls = "offered";  // required | offered | never
    std::int64_t certificate_days = 0;
    net::TlsOptions tls;
};

extern const Kind kind;

}  // namespace vitals::checks::smtp
