// How a request is to be answered.
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

// By exactly one of the first four.
struct Plan {
    std::shared_ptr<KeptAnswer> kept;
    std::optional<http::Response> response;
    Action action;
    std::optional<Streamed> stream;
    std::string label;             // what the answer is counted under
    bool malformed = false;        // the connection is to be closed
    bool reads_body = false;       // the action does; else a body is thrown away
    bool reads_tail = false;       // of a body of any usual length, its end
    std::string_view credentials;  // what was shown (points into the head)
    Identity identity;
};

}  // namespace vitals::endpoints
