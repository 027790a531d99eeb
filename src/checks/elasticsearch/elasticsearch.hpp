// elasticsearch: the health of a cluster of Elasticsearch or OpenSearch.
#pragma once

#include <cstdint>
#include <string>

#include "checks/kind.hpp"
#include "net/tls.hpp"
#include "text/url.hpp"

namespace vitals::checks::elasticsearch {

struct Options {
    text::Url url;
    std::string user;
    Secret password;
    Secret api_key;
    std::string index;
    std::string yellow = "auto";
    std::int64_t nodes = 0;
    bool writable = false;
    net::TlsOptions tls;
};

extern const Kind kind;

}  // namespace vitals::checks::elasticsearch
