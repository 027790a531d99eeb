// vault: HashiCorp Vault or OpenBao, a token, and a secret. net speaks HTTP.
#pragma once

#include <chrono>
#include <string>

#include "checks/kind.hpp"
#include "net/tls.hpp"
#include "text/url.hpp"

namespace vitals::checks::vault {

struct Options {
    text::Url url;
    Secret token;
    std::string name_space;
    std::string path;
    bool standby_ok = false;
    bool dr_secondary_ok = false;
    std::chrono::milliseconds ttl_above{0};
    net::TlsOptions tls;
};

extern const Kind kind;

}  // namespace vitals::checks::vault
