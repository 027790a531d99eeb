// Responses without a server.
#include "vitals/respond.hpp"

#include <chrono>
#include <stdexcept>

#include "dialects/dialect.hpp"
#include "http/answer.hpp"
#include "http/request.hpp"
#include "library/mounts.hpp"

namespace vitals {

namespace library {

std::shared_ptr<const endpoints::Routes> usual_routes(const std::vector<std::string>& dialects,
                                                      bool disclose_errors) {
    auto routes = std::make_shared<endpoints::Routes>();
    routes->embedded = true;
    const auto mount = [&](const dialects::Dialect& dialect) {
        endpoints::MountedEndpoint endpoint;
        endpoint.dialect = &dialect;
        endpoint.path = dialect.usual_path;
        if (dialect.description.make != nullptr) endpoint.options = dialect.description.make();
        if (disclose_errors) endpoint.disclose = Disclosure::full;
        routes->endpoints.push_back(std::move(endpoint));
    };
    for (const std::string& name : dialects) {
        const dialects::Dialect* dialect = dialects::find(name);
        if (dialect == nullptr) throw std::invalid_argument("there is no dialect '" + name + "'");
        if (!dialect->mounted_by_default)
            throw std::invalid_argument("the dialect '" + name +
                                        "' needs a mapping that only a configuration file has");
        mount(*dialect);
    }
    if (dialects.empty())
        for (const dialects::Dialect* dialect : dialects::all())
            if (dialect->mounted_by_default) mount(*dialect);
    return routes;
}

}  // namespace library

namespace {

const endpoints::Routes& all_routes() {
    static const auto routes = library::usual_routes({}, false);
    return *routes;
}

// What the server adds to every answer of its own, for those of somebody else's server.
Response with_usual_headers(dialects::Response made, bool head) {
    Response response;
    response.status = made.status;
    bool caching = false;
    for (auto& [name, value] : made.headers) {
        caching = caching || http::equal_ignoring_case(name, "cache-control");
        response.headers.emplace_back(std::move(name), std::move(value));
    }
    if (!made.content_type.empty())
        response.headers.emplace_back("Content-Type", std::move(made.content_type));
    if (!caching) response.headers.emplace_back("Cache-Control", "no-store");
    response.headers.emplace_back("X-Content-Type-Options", "nosniff");
    if (!head) response.body = std::move(made.body);
    return response;
}

constexpr std::string_view methods = "GET, HEAD, OPTIONS";

Response plain(int status, std::string body) {
    dialects::Response made;
    made.status = status;
    made.content_type = "text/plain; charset=utf-8";
    made.body = std::move(body);
    return with_usual_headers(std::move(made), false);
}

}  // namespace

Response respond(const std::shared_ptr<const Snapshot>& snapshot, const Request& request) {
    auto target = http::parse_target(request.method, request.target);
    if (!target) return plain(target.error().status, std::string(target.error().why) + "\n");
    for (const endpoints::MountedEndpoint& endpoint : all_routes().endpoints) {
        const auto rest = endpoint.dialect->match(endpoint.path, target->path);
        if (!rest) continue;
        const bool options = request.method == "OPTIONS";
        if (!options && request.method != "GET" && request.method != "HEAD") {
            Response refused = plain(405, "only GET and HEAD are answered here\n");
            refused.headers.emplace_back("Allow", methods);
            return refused;
        }
        dialects::Request facts;
        facts.rest = *rest;
        facts.path = target->path;
        facts.query = std::move(target->query);
        facts.disclose = request.trusted ? Disclosure::full : Disclosure::detail;
        facts.authorized = request.trusted;
        facts.application_metrics = request.metrics;
        facts.embedded = true;
        facts.now = std::chrono::steady_clock::now();
        facts.now_system = std::chrono::system_clock::now();
        for (const auto& [name, value] : request.headers) {
            const std::string lower = http::lower_case(name);
            if (lower == "host") facts.site = "http://" + value;
            if (lower == "accept")
                facts.accept += (facts.accept.empty() ? "" : ", ") + value;
            else
                facts.headers.emplace_back(lower, value);
        }
        dialects::Response made =
            endpoint.dialect->render(*snapshot, facts, endpoint.options.get());
        if (options) http::as_options(made, methods);
        return with_usual_headers(std::move(made), request.method == "HEAD");
    }
    return plain(404, "no dialect stands on this path\n");
}

}  // namespace vitals
