// An answer before it becomes bytes.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace vitals::http {

// Names and values, in order.
using Pairs = std::vector<std::pair<std::string, std::string>>;

struct Response {
    int status = 200;
    std::string content_type;  // empty: no Content-Type header
    std::string body;
    Pairs headers;  // in addition to those of every answer
};

}  // namespace vitals::http
