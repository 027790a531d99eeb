// tcp: connects to a TCP port or a unix socket; can send a text and wait for an answer. It knows no
// protocol.
#pragma once

#include <string>

#include "checks/kind.hpp"
#include "text/url.hpp"
#include "wire/pattern.hpp"

namespace vitals::checks::tcp {

struct Options {
    text::Url url;         // tcp://host:port, unix:/path
    std::string send;      // bytes sent after connecting
    wire::Pattern expect;  // empty: connecting is enough
};

extern const Kind kind;

}  // namespace vitals::checks::tcp
