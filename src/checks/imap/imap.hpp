// imap: a mail server lets a user in and opens a mailbox. The check changes nothing in it.
#pragma once

#include <cstdint>
#include <string>

#include "checks/kind.hpp"
#include "net/tls.hpp"
#include "text/url.hpp"

namespace vitals::checks::imap {

struct Options {
    text::Url url;
    std::string user;
    Secret password;
    std::string mailbox = "INBOX";
    std::string starttls = "required";
    std::int64_t certificate_days = 0;
    net::TlsOptions tls;
};

extern const Kind kind;

}  // namespace vitals::checks::imap
