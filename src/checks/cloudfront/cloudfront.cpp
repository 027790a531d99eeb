#include "cloudfront.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "backends/aws/answers.hpp"
#include "backends/aws/service.hpp"
#include "checks/access_fields.hpp"
#include "net/http_client.hpp"
#include "text/prose.hpp"
#include "text/quote.hpp"
#include "text/url.hpp"
#include "wire/sigv4.hpp"
#include "wire/xml.hpp"

namespace vitals::checks::cloudfront {

namespace {

Verified verify_url(const text::Url& url) {
    return verified(url.text.empty() ? url.text : text::url_problem(url.text, {"http", "https"}));
}

Verified verify_endpoint(const text::Url& url) {
    if (auto problem = text::url_problem(url.text, {"http", "https"}); !problem.empty())
        return std::unexpected(problem);
    if (!url.query.empty() || !url.user.empty() || (!url.path.empty() && url.path != "/"))
        return std::unexpected("has a path, parameters or a user; expected https://host");
    return {};
}

Verified verify_distribution(const std::string& text) {
    const bool good = std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    });
    return verified(good ? std::string()
                         : "is no id of a distribution; expected one such as E2QWRUHAPOMQZL");
}

Verified verify(const Options& options) {
    if (options.url.empty() == options.distribution.empty())
        return std::unexpected("needs either url or distribution");
    if (!options.distribution.empty()) {
        if (options.access_key.empty()) return std::unexpected("distribution needs access_key");
        if (!options.secret_key.configured())
            return std::unexpected("distribution needs secret_key");
        if (options.expect_cache != "any") return std::unexpected("expect_cache needs url");
    }
    return {};
}

constexpr Field fields[] = {
    field<&Options::url, verify_url>(
        "url", "A resource that the distribution serves.",
        {.example = "https://d111111abcdef8.cloudfront.net/health.txt"}),
    field<&Options::expect_cache>(
        "expect_cache",
        "Degraded when the edge did not answer so: `hit` from its cache, `miss` from the origin.",
        {.choices = "any|hit|miss"}),
    field<&Options::distribution, verify_distribution>(
        "distribution",
        "Instead of a resource: the id of a distribution; the API is asked for its state.",
        {.example = "E2QWRUHAPOMQZL"}),
    field<&Options::access_key>("access_key", "The access key that asks the API."),
    field<&Options::secret_key>("secret_key", "The access key's secret."),
    field<&Options::session_token>("session_token", "The session token of temporary credentials."),
    field<&Options::endpoint, verify_endpoint>("endpoint", "The URL of the API."),
    tls_field<Options>(),
};

std::string value_of(const net::HttpResponse& response, std::string_view name) {
    const std::string* value = response.header(name);
    return value == nullptr ? std::string() : *value;
}

net::awaitable<Outcome> resource(const Options& options, net::Context& context) {
    const text::Url url = options.url;
    net::HttpRequest request;
    request.url = url.bare;
    request.user = url.user;
    request.password = url.password;
    request.tls = options.tls;
    request.max_body = 16 << 20;
    const net::HttpResponse response = co_await net::http(context, std::move(request));
    context.enter("judge");
    const std::string cache = value_of(response, "x-cache");
    const std::string via = value_of(response, "via");
    const std::string theirs =
        fmt::format("X-Cache: {}, Via: {}", text::quoted(cache), text::quoted(via));
    const bool served = cache.ends_with("from cloudfront") || via.find("(CloudFront)") != via.npos;
    if (!served) {
        throw CheckError(ErrorClass::assertion,
                         fmt::format("status {}, not served by CloudFront", response.status),
                         theirs);
    }
    if (response.status < 200 || response.status > 299) {
        const bool edge = cache.starts_with("Error from");
        throw CheckError(
            response.status == 401 ? ErrorClass::auth : ErrorClass::assertion,
            fmt::format("status {}{}", response.status, edge ? ", an error of origin or edge" : ""),
            theirs);
    }
    const bool hit = cache.starts_with("Hit ") || cache.starts_with("RefreshHit ");
    const bool miss = cache.starts_with("Miss ");
    const bool fits = options.expect_cache == "any" || (options.expect_cache == "hit" ? hit : miss);
    const std::string found = hit ? "from the cache" : miss ? "from the origin" : "at the edge";
    Outcome outcome = fits ? ok(fmt::format("status {}, {}", response.status, found))
                           : degraded(fmt::format("status {}, {}, expected a {}", response.status,
                                                  found, options.expect_cache));
    co_return std::move(outcome).with("cache", found);
}

std::string text_of(const wire::Element* element) {
    return element == nullptr ? std::string() : element->text;
}

net::awaitable<Outcome> distribution(const Options& options, net::Context& context) {
    const text::Url url = options.endpoint;
    const backends::aws::Service service{
        .scheme = url.scheme,
        .host = backends::aws::host_header(url.scheme, url.host, url.port),
        .scope = {.region = "us-east-1", .service = "cloudfront"},
        .credentials = backends::aws::credentials(options.access_key, options.secret_key,
                                                  options.session_token),
        .tls = options.tls};
    wire::sigv4::Request request;
    request.path = "/2020-05-31/distribution/" + options.distribution;
    const net::HttpResponse response = co_await backends::aws::ask(
        context, service, "distribution", std::move(request), std::size_t(1 << 20));
    if (response.status != 200) {
        const backends::aws::Refusal read = backends::aws::refusal_of_xml(response.body);
        throw backends::aws::meaning_of(read, response.status, "for the distribution");
    }
    // Origins, signers and logs have their own <Enabled>, further down.
    const auto document = wire::parse_xml(response.body).value_or(wire::Element());
    const std::string status = text_of(document.child("Status"));
    const wire::Element* config = document.child("DistributionConfig");
    const std::string enabled = text_of(config == nullptr ? nullptr : config->child("Enabled"));
    const bool known = status == "Deployed" || status == "InProgress";
    if (!known || (enabled != "true" && enabled != "false")) {
        throw CheckError(ErrorClass::protocol, "not the answer of CloudFront",
                         "got " + text::quoted(response.body));
    }
    if (enabled == "false") throw CheckError(ErrorClass::assertion, "distribution is disabled");
    co_return ok(status == "Deployed" ? "deployed" : "enabled, a change is being deployed");
}

net::awaitable<Outcome> run(const Options& options, net::Context& context) {
    Outcome outcome;
    if (options.distribution.empty())
        outcome = co_await resource(options, context);
    else
        outcome = co_await distribution(options, context);
    co_return outcome;
}

// cloudfront://host/path is a resource over https, cloudfront:ID is a distribution.
Verified from_url(Options& options, std::string_view text) {
    const auto url = text::parse_url(text);
    if (!url) return std::unexpected(url.error());
    if (!url->host.empty()) {
        options.url = "https" + std::string(text.substr(text.find(':')));
        return verify_url(options.url);
    }
    options.distribution = url->path;
    if (options.distribution.empty() || !verify_distribution(options.distribution))
        return std::unexpected(
            "names nothing; expected cloudfront://host/path or cloudfront:DISTRIBUTION");
    return backends::aws::take_credentials(*url, options.access_key, options.secret_key,
                                           options.session_token);
}

constexpr std::string_view proves = R"(
    With `url`: the resource is served with a good status, to the last byte, and by
    CloudFront (X-Cache or Via name it), not by another server of that name. It may come
    from the cache. Only the edge next to this machine is asked, and a hit proves nothing
    about the origin. With `distribution`: it exists and is enabled, by CloudFront's API.
    That needs the permission cloudfront:GetDistribution and proves nothing about what the
    distribution serves. Tested against stand-ins; not tested against AWS itself.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, run, verify, from_url>(
    "cloudfront", "Asks for a resource of a distribution, or for the distribution's state.",
    {.proves = proves,
     .schemes = {"cloudfront"},
     .urls = {"cloudfront://d111111abcdef8.cloudfront.net/health.txt",
              "cloudfront:E2QWRUHAPOMQZL"}});

}  // namespace vitals::checks::cloudfront
