// The responses alone, for a service that has its own HTTP framework: pass the facts of a request,
// send back the result. All dialects are on their usual paths. Pure and thread-safe.
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
    // The client may also see error texts. The service decides this by its own authentication.
    bool trusted = false;
    // As ServerOptions::metrics. The caller makes them for a request of /metrics or
    // /svc_status.prometheus.
    std::string metrics{};
};

struct Response {
    int status = 404;
    // Content-Type, Cache-Control and so on. The framework adds Content-Length.
    std::vector<std::pair<std::string, std::string>> headers{};
    std::string body{};  // empty for HEAD
};

// 404 when no dialect is on that path: then the request belongs to the service itself. The snapshot
// must not be null.
Response respond(const std::shared_ptr<const Snapshot>& snapshot, const Request& request);

}  // namespace vitals
