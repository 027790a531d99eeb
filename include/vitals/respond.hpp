// The responses alone, for a service that has an HTTP framework of its own: hand over the facts of
// a request, send back what comes. All dialects stand on their usual paths. Pure and thread-safe.
//
//     vitals::Response response = vitals::respond(registry.snapshot(), {.target = "/readyz"});
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "vitals/snapshot.hpp"

namespace vitals {

struct Request {
    std::string method = "GET";
    std::string target = "/";  // as on the request line: path and query, still encoded
    std::vector<std::pair<std::string, std::string>> headers{};  // names in any case
    // The asker may see error texts as well; decide by your own authentication.
    bool trusted = false;
    // As ServerOptions::metrics, made by whoever asks for /metrics or /svc_status.prometheus.
    std::string metrics{};
};

struct Response {
    int status = 404;
    // Content-Type, Cache-Control and so on. Content-Length is the framework's.
    std::vector<std::pair<std::string, std::string>> headers{};
    std::string body{};  // empty for HEAD
};

// 404 when no dialect stands on that path: then the request is the service's own. The snapshot must
// not be null.
Response respond(const std::shared_ptr<const Snapshot>& snapshot, const Request& request);

}  // namespace vitals
