// websocket: opens a websocket, sends a ping, and can send a message and wait for an answer.
#pragma once

#include <string>

#include "checks/kind.hpp"
#include "net/tls.hpp"
#include "text/url.hpp"
#include "wire/pattern.hpp"

namespace vitals::checks::websocket {

struct Options {
    text::Url url;  // ws://host:port/path, wss://
    std::string unix_socket;
    SecretMap headers;
    std::string subprotocol;
    std::string send;
    wire::Pattern expect;
    net::TlsOptions tls;
};

extern const Kind kind;

}  // namespace vitals::checks::websocket
