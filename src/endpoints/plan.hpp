// How a request is answered.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "endpoints/kept_answers.hpp"
#include "endpoints/stream.hpp"
#include "endpoints/tokens.hpp"

namespace vitals::endpoints {

// Does what the request asks, given its body. Nothing: the reply will be called.
using Action = std::function<std::optional<http::Response>(std::string body, Reply reply)>;

// One of the first four members answers.
struct Plan {
    std::shared_ptr<KeptAnswer> kept;
    std::optional<http::Response> response;
    Action action;
    std::optional<Streamed> stream;
    std::string label;             // the path that counts the answer
    bool malformed = false;        // the connection is closed afterwards
    bool reads_body = false;       // the action reads it; otherwise a body is thrown away
    bool reads_tail = false;       // of a body of any usual length, only its end
    std::string_view credentials;  // what was shown (points into the head)
    Identity identity;
};

}  // namespace vitals::endpoints
