// websocket: opens a websocket, has a ping answered, and on request says something and waits for
// what must be answered.
#pragma once

#include <string>

#include "checks/kind.hpp"
#include "net/tls.hpp"

namespace vitals::checks::websocket {

struct Options {
    std::string url;  // ws://host:port/path, wss://
    std::string unix_socket;
    SecretMap headers;
    std::string subprotocol;
    std::string send;
    std::string expect;  // wire::Pattern
    net::TlsOptions tls;
};

extern const Kind kind;

}  // namespace vitals::checks::websocket
