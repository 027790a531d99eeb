#include "grpc.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "checks/access_fields.hpp"
#include "net/http_client.hpp"
#include "text/percent.hpp"
#include "text/prose.hpp"
#include "text/quote.hpp"
#include "text/url.hpp"
#include "wire/grpc_frame.hpp"

namespace vitals::checks::grpc {

namespace {

Verified verify_url(const text::Url& url) {
    if (auto problem = text::url_problem(url.text, {"grpc", "grpcs"}); !problem.empty())
        return std::unexpected(problem);
    if (!url.user.empty() || !url.password.empty())
        return std::unexpected("holds a user; put an authorization into metadata");
    if (!url.port) return std::unexpected("names no port; expected grpc://host:port");
    if (url.path.size() > 1 || !url.query.empty())
        return std::unexpected("has a path; expected grpc://host:port");
    return {};
}

Verified verify_metadata(const SecretMap& value) {
    constexpr std::string_view good = "abcdefghijklmnopqrstuvwxyz0123456789_.-";
    for (const auto& [name, secret] : value) {
        if (name.empty() || name.find_first_not_of(good) != name.npos)
            return verified(name + " is no key of metadata; expected lower case");
        if (name.starts_with("grpc-")) return verified(name + " is gRPC's own");
    }
    return {};
}

constexpr Field fields[] = {
    url_field<Options, verify_url>(
        "The address of the server: grpc://host:port, or grpcs:// with TLS.",
        "grpc://127.0.0.1:50051"),
    field<&Options::service>("service", "The service to ask for; by default the whole server.",
                             {.example = "shop.v1.Orders"}),
    field<&Options::metadata, verify_metadata>("metadata",
                                               "Metadata of the request; a value may be a secret."),
    tls_field<Options>(),
};

net::HttpRequest request_of(const Options& options) {
    const text::Url url = options.url;
    const bool tls = url.scheme == "grpcs";
    const bool six = url.host.find(':') != url.host.npos;
    net::HttpRequest request;
    request.method = "POST";
    request.url = fmt::format("{}://{}{}{}:{}/grpc.health.v1.Health/Check", tls ? "https" : "http",
                              six ? "[" : "", url.host, six ? "]" : "", url.port.value_or(0));
    request.headers = {{"content-type", "application/grpc"}, {"te", "trailers"}};
    for (const auto& [name, secret] : options.metadata) {
        request.headers.emplace_back(name, secret.reveal());
    }
    request.body = wire::grpc::write_frame(wire::grpc::write_health_request(options.service));
    request.tls = options.tls;
    request.max_body = 64 * 1024;
    request.http2_only = true;
    return request;
}

// In the trailers, or in the headers of an answer that has nothing else.
const std::string* find(const net::HttpResponse& response, std::string_view name) {
    const auto found = std::find_if(response.trailers.begin(), response.trailers.end(),
                                    [&](const auto& trailer) { return trailer.first == name; });
    return found != response.trailers.end() ? &found->second : response.header(name);
}

// Status codes of gRPC that say more than that the call failed.
CheckError refusal(const std::string& status, const Options& options, const std::string& said) {
    if (status == "5") {
        return {ErrorClass::assertion,
                options.service.empty() ? std::string("the server does not know its own health")
                                        : fmt::format("service {} is not known", options.service),
                said};
    }
    if (status == "12") return {ErrorClass::assertion, "the server has no health service", said};
    if (status == "7" || status == "16")
        return {ErrorClass::auth, fmt::format("refused (gRPC status {})", status), said};
    const bool number = !status.empty() && status.size() <= 3 &&
                        status.find_first_not_of("0123456789") == status.npos;
    if (!number) return {ErrorClass::protocol, "malformed gRPC status", said};
    return {ErrorClass::assertion, fmt::format("answered with gRPC status {}", status), said};
}

net::awaitable<Outcome> run(const Options& options, net::Context& context) {
    auto request = request_of(options);
    const auto response = co_await net::http(context, std::move(request));
    context.enter("answer");
    if (response.status == 429 || response.status == 503) {
        throw CheckError(ErrorClass::assertion,
                         fmt::format("turned away: answered with HTTP status {}", response.status));
    }
    if (response.status != 200) {
        throw CheckError(response.status == 401 || response.status == 403 ? ErrorClass::auth
                                                                          : ErrorClass::protocol,
                         fmt::format("not gRPC: answered with HTTP status {}", response.status));
    }
    const std::string* status = find(response, "grpc-status");
    if (status == nullptr)
        throw CheckError(ErrorClass::protocol, "not gRPC: an answer without its status");
    if (*status != "0") {
        const std::string* message = find(response, "grpc-message");
        const std::string text =
            message == nullptr ? "" : text::percent_decoded_where_valid(*message);
        throw refusal(*status, options, "got " + text::quoted(*status + " " + text));
    }
    const auto message = wire::grpc::read_frame(response.body);
    if (!message) throw CheckError(ErrorClass::protocol, "answered with " + message.error());
    const auto health = wire::grpc::read_health_response(*message);
    if (!health) throw CheckError(ErrorClass::protocol, "answered with " + health.error());
    switch (*health) {
        case wire::grpc::Health::serving:
            co_return ok("serving");
        case wire::grpc::Health::not_serving:
            co_return failed("not serving");
        case wire::grpc::Health::service_unknown:
            co_return failed("service is not known");
        default:
            co_return failed("health unknown to the server");
    }
}

// grpc://host:port, or grpc://host:port/service.
Verified from_url(Options& options, std::string_view text) {
    const auto url = text::parse_url(text);
    if (!url) return std::unexpected(url.error());
    const bool names_service = url->path.size() > 1 && url->query.empty();
    if (names_service) options.service = url->path.substr(1);
    options.url = names_service ? text.substr(0, text.find('/', text.find("//") + 2)) : text;
    return verify_url(options.url);
}

constexpr std::string_view proves = R"(
    The server speaks gRPC over HTTP/2, and reports itself or the named service as SERVING
    by the standard health protocol (grpc.health.v1). The check proves no more than what
    the server reports.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, run, nullptr, from_url>(
    "grpc", "Asks a gRPC server's health service.",
    {.proves = proves,
     .schemes = {"grpc", "grpcs"},
     .urls = {"grpc://host:50051", "grpcs://host:50051/shop.v1.Orders"}});

}  // namespace vitals::checks::grpc
