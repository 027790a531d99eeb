// grpc: asks a server's health service (grpc.health.v1.Health/Check).
#pragma once

#include <string>

#include "checks/kind.hpp"
#include "net/tls.hpp"
#include "text/url.hpp"

namespace vitals::checks::grpc {

struct Options {
    text::Url url;        // grpc://host:port, grpcs://
    std::string service;  // empty: the whole server
    SecretMap metadata;
    net::TlsOptions tls;
};

extern const Kind kind;

}  // namespace vitals::checks::grpc
