// etcd: its own health, the state of the asked member, and a log-in, over its JSON gateway.
#pragma once

#include <string>

#include "checks/kind.hpp"
#include "net/tls.hpp"
#include "text/url.hpp"

namespace vitals::checks::etcd {

struct Options {
    text::Url url;
    std::string user;
    Secret password;
    std::string key;
    Percentage space_above{80};
    Size quota{std::uint64_t{2} << 30};
    net::TlsOptions tls;
};

extern const Kind kind;

}  // namespace vitals::checks::etcd
