// Responses without a server.
#include "vitals/respond.hpp"

#include <chrono>
#include <stdexcept>

#include "dialects/dialect.hpp"
#include "dialects/page.hpp"
#include "endpoints/facts.hpp"
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
        EndpointSettings settings;
        settings.path = dialect.usual_path;
        if (dialect.description.make != nullptr) settings.options = dialect.description.make();
        if (disclose_errors) settings.disclose = Disclosure::full;
        routes->endpoints.push_back(endpoints::mounted(dialect, std::move(settings)));
    };
    for (const std::string& name : dialects) {
        const dialects::Dialect* dialect = dialects::find(name);
        if (dialect == nullptr) throw std::invalid_argument("there is no dialect '" + name + "'");
        if (dialect->protocol != Protocol::http)
            throw std::invalid_argument("the dialect '" + name +
                                        "' is no HTTP; only the daemon listens for it");
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

const endpoints::Mounts& all_mounts() {
    static const auto routes = library::usual_routes({}, false);
    static const endpoints::Mounts mounts(*routes);
    return mounts;
}

// The headers that the server adds to every answer, for answers on another server.
Response with_usual_headers(const http::Response& made, bool head) {
    Response response;
    response.status = made.status;
    if (!made.content_type.empty())
        response.headers.emplace_back("Content-Type", made.content_type);
    http::each_field(made, [&response](std::string_view name, std::string_view value) {
        response.headers.emplace_back(name, value);
    });
    if (!head) response.body = made.body;
    return response;
}

constexpr std::string_view methods = "GET, HEAD, OPTIONS";

Response plain(int status, std::string body) {
    http::Response made;
    made.status = status;
    made.content_type = "text/plain; charset=utf-8";
    made.body = std::move(body);
    return with_usual_headers(made, false);
}

// The request in the form in which a connection would have read it.
http::Head head_of(const Request& request) {
    http::Head head;
    head.method = request.method;
    head.target = request.target;
    for (const auto& [name, value] : request.headers) head.fields.emplace_back(name, value);
    return head;
}

}  // namespace

Response respond(const std::shared_ptr<const Snapshot>& snapshot, const Request& request) {
    const http::Head head = head_of(request);
    auto target = http::parse_target(head.method, head.target);
    if (!target) return plain(target.error().status, std::string(target.error().why) + "\n");
    const auto found = all_mounts().find(target->path);
    // The paths below the page need a server: sessions, forms, a stream.
    const bool below_page =
        found && found->endpoint->dialect == &dialects::page && !found->rest.empty();
    if (!found || below_page) return plain(404, "no dialect stands on this path\n");
    const bool options = head.method == "OPTIONS";
    if (!options && head.method != "GET" && head.method != "HEAD") {
        Response refused = plain(405, "only GET and HEAD are answered here\n");
        refused.headers.emplace_back("Allow", methods);
        return refused;
    }
    dialects::Request facts = endpoints::facts_of(*found, head, *target, "http");
    if (request.trusted) facts.disclose = Disclosure::full;
    facts.authorized = request.trusted;
    facts.application_metrics = request.metrics;
    facts.embedded = true;
    facts.now = std::chrono::steady_clock::now();
    facts.now_system = std::chrono::system_clock::now();
    dialects::Response made = found->endpoint->render(*snapshot, facts);
    if (options) endpoints::as_options(made, methods);
    return with_usual_headers(made, head.method == "HEAD");
}

}  // namespace vitals
