#include "http.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "checks/access_fields.hpp"
#include "checks/days_left.hpp"
#include "expectation.hpp"
#include "net/http_client.hpp"
#include "text/prose.hpp"
#include "text/url.hpp"
#include "wire/pattern.hpp"

namespace vitals::checks::http {

namespace {

// RFC 9110, section 5.6.2.
bool is_token(std::string_view text) {
    constexpr std::string_view others = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](unsigned char character) {
        return std::isalnum(character) != 0 ||
               others.find(static_cast<char>(character)) != others.npos;
    });
}

Verified verify_url(const text::Url& url) {
    return verified(text::url_problem(url.text, {"http", "https"}));
}

Verified verify_method(const std::string& method) {
    if (!is_token(method))
        return std::unexpected("is no method of HTTP; expected one such as GET, HEAD or POST");
    if (method == "CONNECT") return std::unexpected("is not possible: CONNECT asks for a tunnel");
    return {};
}

Verified verify_statuses(const std::vector<std::string>& texts) {
    if (texts.empty()) return std::unexpected("is empty; expected a status such as 200 or 2xx");
    for (const std::string& text : texts) {
        if (const auto range = parse_status(text); !range)
            return verified(text + " " + range.error());
    }
    return {};
}

Verified verify_json(const TextMap& value) {
    for (const auto& [pointer, expected] : value) {
        if (auto problem = pointer_problem(pointer); !problem.empty())
            return verified(pointer + " " + problem);
        if (auto problem = wire::pattern_problem(expected); !problem.empty()) {
            return verified(expected + " " + problem);
        }
    }
    return {};
}

Verified verify_header_patterns(const TextMap& value) {
    for (const auto& [name, expected] : value) {
        if (!is_token(name)) return verified(name + " is no name of a header");
        if (auto problem = wire::pattern_problem(expected); !problem.empty()) {
            return verified(expected + " " + problem);
        }
    }
    return {};
}

Verified verify_headers(const SecretMap& value) {
    for (const auto& [name, secret] : value) {
        if (!is_token(name)) return verified(name + " is no name of a header");
    }
    return {};
}

Verified verify_socket(const std::string& path) {
    return verified(path.empty() || path.starts_with('/') ? std::string() : "is no absolute path");
}

Verified verify(const Options& options) {
    const text::Url& url = options.url;
    const bool reads_body = !options.expect_body.empty() || !options.expect_json.empty();
    if (options.method == "HEAD" && reads_body) {
        return std::unexpected(
            "method HEAD asks for no body, so expect_body and expect_json can never be met");
    }
    if (options.certificate_days > 0 && url.scheme != "https" && options.redirects == 0) {
        return std::unexpected("certificate_days needs an https URL");
    }
    return {};
}

constexpr Field fields[] = {
    url_field<Options, verify_url>("The URL to request.", "https://shop.example.org/health"),
    field<&Options::method, verify_method>("method", "The request's method.", {.example = "HEAD"}),
    field<&Options::headers, verify_headers>("headers",
                                             "The request's headers; a value may be a secret."),
    field<&Options::body>("body", "The request's body."),
    field<&Options::user>("user",
                          "The user of basic authentication; it may stand in the URL instead."),
    password_field<Options>(),
    field<&Options::unix_socket, verify_socket>(
        "unix_socket", "Path of a unix socket to connect to instead of the URL's host.",
        {.example = "/run/docker.sock"}),
    field<&Options::expect_status, verify_statuses>(
        "expect_status",
        "The good statuses: `200`, a class `2xx`, a range `200-299`, or a list of these.",
        {.example = "[200, 401]"}),
    field<&Options::expect_body>(
        "expect_body",
        "What the body must contain: a text, or a regular expression (RE2) between slashes.",
        {.example = "/\"status\": *\"up\"/"}),
    field<&Options::expect_json, verify_json>(
        "expect_json",
        "What a JSON body must contain: JSON pointers, each with a JSON value, or a text or "
        "`/expression/` for a string.",
        {.example = "{/status: up, /replicas: 3}"}),
    field<&Options::expect_header, verify_header_patterns>(
        "expect_header",
        "Headers that the answer must have, each with a text or `/expression/` that it must "
        "contain.",
        {.example = "{Content-Type: application/json}"}),
    field<&Options::redirects>("redirects",
                               "How many redirects to follow; the last answer is judged. The "
                               "request's headers are sent to each address.",
                               {.least = 0, .most = 20}),
    field<&Options::max_body>("max_body", "A larger body is a failure.",
                              {.least = 1, .most = 64.0 * 1024 * 1024}),
    field<&Options::certificate_days>(
        "certificate_days",
        "Degraded when the certificate that ends first has fewer days left; 0: not judged.",
        {.unit = "days", .least = 0, .most = 3650}),
    tls_field<Options>(),
};

// Options with values that are computed once.
struct Prepared {
    explicit Prepared(std::shared_ptr<const Options> given)
        : options(std::move(given)), expectation(*options) {}
    std::shared_ptr<const Options> options;
    Expectation expectation;
};

net::HttpRequest request_of(const Prepared& prepared) {
    const Options& options = *prepared.options;
    net::HttpRequest request;
    request.method = options.method;
    request.url = options.url.bare;
    for (const auto& [name, value] : options.headers) {
        request.headers.emplace_back(name, value.reveal());
    }
    request.body = options.body;
    request.user = options.user.empty() ? options.url.user : options.user;
    request.password =
        options.password.configured() ? options.password.reveal() : options.url.password;
    request.unix_socket = options.unix_socket;
    request.tls = options.tls;
    request.max_body = options.max_body.bytes;
    request.redirects = static_cast<int>(options.redirects);
    return request;
}

// The certificate's part of the verdict on an answer that is otherwise good.
Outcome judge_certificate(std::int64_t degraded_below, const net::HttpResponse& response,
                          System now, Outcome outcome) {
    if (!response.certificate) {
        if (degraded_below == 0) return outcome;
        return failed("answered without TLS, so that no certificate can be judged");
    }
    const std::int64_t days = days_until(response.certificate->not_after_earliest, now);
    if (degraded_below > 0 && days < degraded_below) {
        outcome = days < 0 ? failed(days_left_in_words(days), ErrorClass::tls)
                           : degraded(days_left_in_words(days));
    }
    return std::move(outcome).with("certificate_days_left", days);
}

net::awaitable<Outcome> run(const Prepared& prepared, net::Context& context) {
    const net::HttpResponse response = co_await net::http(context, request_of(prepared));
    context.enter("judge");
    Outcome outcome = ok(fmt::format("status {}", response.status));
    if (auto fault = prepared.expectation.fault_of(response)) {
        outcome = failed(fault->detail, fault->error_class, fault->error);
    } else {
        outcome = judge_certificate(prepared.options->certificate_days, response,
                                    context.clock().system(), std::move(outcome));
    }
    if (outcome.status == Status::failed) outcome.failed_phase = context.phase();
    co_return std::move(outcome).with("status", std::int64_t{response.status});
}

Run bind(std::shared_ptr<const Options> options) {
    auto prepared = std::make_shared<const Prepared>(std::move(options));
    return [prepared](net::Context& context) { return run(*prepared, context); };
}

constexpr std::string_view proves = R"(
    The server answers this request as it should, within the deadline and to the last
    byte. A body that is cut short or too large fails. A body with gzip or deflate is
    decompressed and then judged; another compression cannot be judged, and fails. A
    redirect fails unless it is followed or expected. A status alone proves little: a
    proxy's own page or a cache may give it. Request something that only the service can
    say, and expect it. The check proves nothing about other URLs, or about clients
    elsewhere.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, bind, verify>(
    "http", "Makes a request; judges status, headers, body, JSON values and certificate.",
    {.proves = proves,
     .schemes = {"http", "https"},
     .urls = {"http://127.0.0.1:8080/health", "https://user:password@host/health"}});

}  // namespace vitals::checks::http
