// tcp: connects to a TCP port or a unix socket; on request says something and waits for an answer.
// It knows no protocol.
#pragma once

#include <string>

#include "checks/kind.hpp"

namespace vitals::checks::tcp {

struct Options {
    std::string url;     // tcp://host:port, unix:/path
    std::string send;    // bytes sent after connecting
    std::string expect;  // wire::Pattern; empty: connecting is enough
};

extern const Kind kind;

}  // namespace vitals::checks::tcp
