#include "http.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "expectation.hpp"
#include "net/http_client.hpp"
#include "text/amount.hpp"
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

std::string verify_url(const void* value) {
    return text::url_problem(*static_cast<const std::string*>(value), {"http", "https"});
}

std::string verify_method(const void* value) {
    const auto& method = *static_cast<const std::string*>(value);
    if (!is_token(method)) return "is no method of HTTP; expected one such as GET, HEAD or POST";
    if (method == "CONNECT") return "is not possible: CONNECT asks for a tunnel";
    return {};
}

std::string verify_statuses(const void* value) {
    const auto& texts = *static_cast<const std::vector<std::string>*>(value);
    if (texts.empty()) return "is empty; expected a status such as 200 or 2xx";
    for (const std::string& text : texts) {
        if (const auto range = parse_status(text); !range) return text + " " + range.error();
    }
    return {};
}

std::string verify_pattern(const void* value) {
    return wire::pattern_problem(*static_cast<const std::string*>(value));
}

std::string verify_json(const void* value) {
    for (const auto& [pointer, expected] : *static_cast<const TextMap*>(value)) {
        if (auto problem = pointer_problem(pointer); !problem.empty())
            return pointer + " " + problem;
        if (auto problem = wire::pattern_problem(expected); !problem.empty()) {
            return expected + " " + problem;
        }
    }
    return {};
}

std::string verify_header_patterns(const void* value) {
    for (const auto& [name, expected] : *static_cast<const TextMap*>(value)) {
        if (!is_token(name)) return name + " is no name of a header";
        if (auto problem = wire::pattern_problem(expected); !problem.empty()) {
            return expected + " " + problem;
        }
    }
    return {};
}

std::string verify_headers(const void* value) {
    for (const auto& [name, secret] : *static_cast<const SecretMap*>(value)) {
        if (!is_token(name)) return name + " is no name of a header";
    }
    return {};
}

std::string verify_socket(const void* value) {
    const auto& path = *static_cast<const std::string*>(value);
    return path.empty() || path.starts_with('/') ? std::string() : "is no absolute path";
}

std::string verify(const void* erased) {
    const auto& options = *static_cast<const Options*>(erased);
    const auto url = text::parse_url(options.url);
    if (!url) return {};  // said by the field
    const bool reads_body = !options.expect_body.empty() || !options.expect_json.empty();
    if (options.method == "HEAD" && reads_body) {
        return "method HEAD asks for no body, so expect_body and expect_json can never be met";
    }
    if (options.certificate_days > 0 && url->scheme != "https" && options.redirects == 0) {
        return "certificate_days needs an https URL";
    }
    const bool in_url = !url->user.empty() || !url->password.empty();
    const bool apart = !options.user.empty() || options.password.configured();
    if (in_url && apart) return "user and password stand both in the URL and apart from it";
    if (options.tls.certificate.empty() && !options.tls.key.empty()) {
        return "tls: a key without a certificate";
    }
    return {};
}

constexpr Field fields[] = {
    field<&Options::url>(
        "url", "What to ask for.",
        {.required = true, .example = "https://shop.example.org/health", .verify = verify_url}),
    field<&Options::method>("method", "The request's method.",
                            {.example = "HEAD", .verify = verify_method}),
    field<&Options::headers>("headers", "The request's headers; any may be a secret.",
                             {.verify = verify_headers}),
    field<&Options::body>("body", "The request's body."),
    field<&Options::user>("user", "Who to log in as (basic authentication); or in the URL."),
    field<&Options::password>("password", "With which password; or in the URL."),
    field<&Options::unix_socket>("unix_socket",
                                 "Path of a unix socket to connect to instead of the URL's host.",
                                 {.example = "/run/docker.sock", .verify = verify_socket}),
    field<&Options::expect_status>(
        "expect_status",
        "Which status is good: `200`, a class `2xx`, a range `200-299`, or a list of these.",
        {.example = "[200, 401]", .verify = verify_statuses}),
    field<&Options::expect_body>(
        "expect_body",
        "What the body must hold: a text, or a regular expression (RE2) between slashes.",
        {.example = "/\"status\": *\"up\"/", .verify = verify_pattern}),
    field<&Options::expect_json>(
        "expect_json",
        "What must stand in a JSON body: JSON pointers, each with a JSON value, or a text or "
        "`/expression/` for a string.",
        {.example = "{/status: up, /replicas: 3}", .verify = verify_json}),
    field<&Options::expect_header>(
        "expect_header",
        "Headers that the answer must have, each with a text or `/expression/` that it must hold.",
        {.example = "{Content-Type: application/json}", .verify = verify_header_patterns}),
    field<&Options::redirects>(
        "redirects",
        "How many redirects to follow; the answer after them is judged. The request's headers go "
        "along.",
        {.least = 0, .most = 20}),
    field<&Options::max_body>("max_body", "A larger body is a failure.",
                              {.least = 1, .most = 64.0 * 1024 * 1024}),
    field<&Options::certificate_days>(
        "certificate_days",
        "Degraded when the certificate that ends first has fewer days left; 0: not judged.",
        {.unit = "days", .least = 0, .most = 3650}),
    field<&Options::tls>("tls", "Whom to trust, and who to be.", {.members = net::tls_fields}),
};

// Options with what is made of them once.
struct Prepared {
    explicit Prepared(std::shared_ptr<const Options> given)
        : options(std::move(given)),
          url(text::parse_url(options->url).value()),
          expectation(*options) {}
    std::shared_ptr<const Options> options;
    text::Url url;
    Expectation expectation;
};

net::HttpRequest request_of(const Prepared& prepared) {
    const Options& options = *prepared.options;
    net::HttpRequest request;
    request.method = options.method;
    request.url = prepared.url.bare;
    for (const auto& [name, value] : options.headers) {
        if (!value.available()) {
            throw CheckError(ErrorClass::local, "a secret is not available",
                             "the value of header " + name);
        }
        request.headers.emplace_back(name, value.reveal());
    }
    if (options.password.configured() && !options.password.available()) {
        throw CheckError(ErrorClass::local, "a secret is not available", "the password");
    }
    request.body = options.body;
    request.user = options.user.empty() ? prepared.url.user : options.user;
    request.password =
        options.password.configured() ? options.password.reveal() : prepared.url.password;
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
    const std::int64_t days =
        std::chrono::floor<std::chrono::days>(response.certificate->not_after_earliest - now)
            .count();
    if (degraded_below > 0 && days < degraded_below) {
        outcome = days < 0 ? failed("certificate expired", ErrorClass::tls)
                           : degraded("certificate ends in " +
                                      text::counted(static_cast<std::size_t>(days), "day"));
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

Run bind(std::shared_ptr<const void> erased) {
    auto options = std::static_pointer_cast<const Options>(std::move(erased));
    auto prepared = std::make_shared<const Prepared>(std::move(options));
    return [prepared](net::Context& context) { return run(*prepared, context); };
}

std::string from_url(void* options, std::string_view url) {
    const std::string text(url);
    static_cast<Options*>(options)->url = text;
    return verify_url(&text);
}

}  // namespace

const Kind kind{
    .description = describe<Options>(
        "http", "Makes a request; judges status, headers, body, JSON values and certificate.",
        fields, verify),
    .proves =
        "That the server answers this request as it should, within the deadline and to the last "
        "byte: a body that is cut short, too large or (where it is judged) compressed fails, and a "
        "redirect is not success unless it is followed or expected. A status alone proves little: "
        "a "
        "proxy's own page or a cache may give it; ask for something only the service can say, and "
        "expect it. Nothing is proved about other URLs, nor about clients elsewhere.",
    .schemes = {"http", "https"},
    .urls = {"http://127.0.0.1:8080/health", "https://user:password@host/health"},
    .from_url = from_url,
    .bind = bind,
};

}  // namespace vitals::checks::http
