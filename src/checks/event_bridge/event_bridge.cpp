#include "event_bridge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <memory>
#include <utility>

#include "net/http_client.hpp"
#include "wire/aws.hpp"
#include "wire/quote.hpp"
#include "wire/sigv4.hpp"
#include "wire/url.hpp"

namespace vitals::checks::event_bridge {

namespace {

namespace json = boost::json;
constexpr std::size_t deepest_json = 32;

// A part that has a state: how it is asked for, and which state is good (AWS JSON 1.1, the
// operations of the service `events`).
struct Part {
    std::string_view name;
    std::string_view operation;
    std::string_view field;
    std::string_view what;
};
constexpr Part parts[] = {
    {"rule", "DescribeRule", "State", "rule"},
    {"connection", "DescribeConnection", "ConnectionState", "connection"},
    {"api_destination", "DescribeApiDestination", "ApiDestinationState", "API destination"},
};

bool is_good(std::string_view part, std::string_view state) {
    if (part == "rule") {
        // There are kinds of enabled: ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS.
        return state == "ENABLED" || state.starts_with("ENABLED_");
    }
    // Newer interfaces call a private connection that works active.
    if (part == "connection") return state == "AUTHORIZED" || state == "ACTIVE";
    return state == "ACTIVE";
}

// On its way from one good state to another; what was authorised before goes on working.
bool is_passing(std::string_view part, std::string_view state) {
    return part == "connection" &&
           (state == "CREATING" || state == "UPDATING" || state == "AUTHORIZING");
}

std::string verify_endpoint(const void* value) {
    const auto& text = *static_cast<const std::string*>(value);
    if (text.empty()) return {};
    if (auto problem = wire::url_problem(text, {"http", "https"}); !problem.empty()) return problem;
    const wire::Url url = *wire::parse_url(text);
    if (!url.query.empty() || !url.user.empty() || (!url.path.empty() && url.path != "/"))
        return "has a path, parameters or a user; expected https://host";
    return {};
}

std::string verify(const void* erased) {
    const auto& options = *static_cast<const Options*>(erased);
    if (options.part != "credentials" && options.name.empty())
        return fmt::format("part {} needs the name of one", options.part);
    if (options.part == "credentials" && !options.name.empty())
        return "part credentials has no name";
    if (!options.bus.empty() && options.part != "rule") return "only a rule is on a bus";
    if (options.tls.certificate.empty() && !options.tls.key.empty())
        return "tls: a key without a certificate";
    return {};
}

constexpr Field fields[] = {
    field<&Options::part>(
        "part",
        "What to look at: that the credentials are valid, or the state of a rule, "
        "a connection or an API destination.",
        {.required = true,
         .choices = "credentials|rule|connection|api_destination",
         .example = "credentials"}),
    field<&Options::region>(
        "region", "Which region.",
        {.required = true, .example = "eu-central-1", .verify = wire::aws::verify_region}),
    field<&Options::name>("name", "Name of the rule, connection or API destination.",
                          {.example = "orders"}),
    field<&Options::bus>("bus", "The rule's event bus; left empty: the default one."),
    field<&Options::endpoint>("endpoint",
                              "Where to ask, if not AWS's own address for the region (a VPC "
                              "endpoint).",
                              {.example = "https://vpce-1.events.eu-central-1.vpce.amazonaws.com",
                               .verify = verify_endpoint}),
    field<&Options::access_key>("access_key", "Who to be.",
                                {.required = true, .example = "AKIAIOSFODNN7EXAMPLE"}),
    field<&Options::secret_key>("secret_key", "The access key's secret.",
                                {.required = true, .example = "{env: AWS_SECRET_ACCESS_KEY}"}),
    field<&Options::session_token>("session_token", "Of temporary credentials."),
    field<&Options::tls>("tls", "Whom to trust, and who to be.", {.members = net::tls_fields}),
};

// Signs, sends; the answer whatever its status.
net::awaitable<net::HttpResponse> ask(const Options& options, net::Context& context,
                                      std::string service, wire::sigv4::Request request) {
    const bool china = options.region.starts_with("cn-");
    const std::string usual =
        fmt::format("https://{}.{}.amazonaws.com{}", service, options.region, china ? ".cn" : "");
    const wire::Url url =
        wire::parse_url(options.endpoint.empty() ? usual : options.endpoint).value();
    request.method = "POST";
    request.host = wire::aws::host_header(url.scheme, url.host, url.port);
    const wire::sigv4::Scope scope{.region = options.region, .service = std::move(service)};
    const wire::sigv4::Credentials credentials =
        wire::aws::credentials(options.access_key, options.secret_key, options.session_token);
    wire::sigv4::Signed made =
        wire::sigv4::sign(request, credentials, scope, context.clock().system());
    net::HttpRequest sent;
    sent.method = request.method;
    sent.url = fmt::format("{}://{}{}", url.scheme, request.host, made.target);
    sent.headers = std::move(made.headers);
    sent.body = request.body;
    sent.tls = options.tls;
    sent.max_body = 256 * 1024;
    sent.step = options.part;
    net::HttpResponse response = co_await net::http(context, std::move(sent));
    co_return response;
}

// STS: needs no permission, and answers no one else.
net::awaitable<Outcome> credentials(const Options& options, net::Context& context) {
    wire::sigv4::Request request;
    request.headers.emplace_back("content-type",
                                 "application/x-www-form-urlencoded; charset=utf-8");
    request.body = "Action=GetCallerIdentity&Version=2011-06-15";
    const net::HttpResponse response = co_await ask(options, context, "sts", std::move(request));
    if (response.status != 200) {
        wire::aws::Refusal read = wire::aws::refusal_of_xml(response.body);
        if (read.code.empty()) read = wire::aws::refusal_of_json(response.body);
        throw wire::aws::meaning_of(read, response.status, "who we are");
    }
    const auto arn = wire::aws::element(response.body, "Arn");
    if (!arn || !arn->starts_with("arn:")) {
        throw CheckError(ErrorClass::protocol, "not the answer of STS",
                         "got " + wire::quoted(response.body));
    }
    co_return ok("credentials are valid");
}

std::string text_of(const json::value& document, std::string_view name) {
    const json::object* object = document.if_object();
    const json::value* value = object == nullptr ? nullptr : object->if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string())
                                                  : std::string();
}

Outcome judge(const Part& part, const net::HttpResponse& response) {
    json::error_code error;
    json::parse_options limits;
    limits.max_depth = deepest_json;
    const json::value document = json::parse(response.body, error, {}, limits);
    const std::string state = error ? std::string() : text_of(document, part.field);
    const bool plain =
        !state.empty() && state.size() <= 60 && std::all_of(state.begin(), state.end(), [](char c) {
            return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        });
    if (!plain) {
        throw CheckError(ErrorClass::protocol, "not the answer of EventBridge",
                         "got " + wire::quoted(response.body));
    }
    const std::string found = fmt::format("{} is {}", part.what, state);
    Outcome outcome;
    if (is_good(part.name, state)) {
        outcome = ok(found);
    } else if (is_passing(part.name, state)) {
        outcome = degraded(found);
    } else {
        const std::string reason = text_of(document, "StateReason");
        outcome = failed(found, ErrorClass::assertion,
                         reason.empty() ? reason : "reason: " + wire::quoted(reason));
        outcome.failed_phase = part.name;
    }
    return std::move(outcome).with("state", state);
}

net::awaitable<Outcome> state_of(const Part& part, const Options& options, net::Context& context) {
    json::object asked;
    asked["Name"] = options.name;
    if (!options.bus.empty()) asked["EventBusName"] = options.bus;
    const std::string body = json::serialize(asked);
    wire::sigv4::Request request;
    request.headers.emplace_back("content-type", "application/x-amz-json-1.1");
    request.headers.emplace_back("x-amz-target", fmt::format("AWSEvents.{}", part.operation));
    request.body = body;
    const net::HttpResponse response = co_await ask(options, context, "events", std::move(request));
    if (response.status == 200) co_return judge(part, response);
    wire::aws::Refusal read = wire::aws::refusal_of_json(response.body);
    if (read.code == "ResourceNotFoundException") {
        throw CheckError(ErrorClass::assertion, fmt::format("{} does not exist", part.what),
                         wire::quoted(read.message));
    }
    throw wire::aws::meaning_of(read, response.status, fmt::format("for the {}", part.what));
}

net::awaitable<Outcome> run(const Options& options, net::Context& context) {
    const auto* const part =
        std::find_if(std::begin(parts), std::end(parts),
                     [&](const Part& each) { return each.name == options.part; });
    const bool has_state = part != std::end(parts);
    Outcome outcome;
    if (has_state)
        outcome = co_await state_of(*part, options, context);
    else
        outcome = co_await credentials(options, context);
    co_return outcome;
}

}  // namespace

const Kind kind{
    .description = describe<Options>(
        "event_bridge",
        "Looks at one part of Amazon EventBridge: credentials, rule, connection or "
        "API destination.",
        fields, verify),
    .proves =
        "`credentials`: that AWS (STS) knows these credentials. `rule`, `connection` and "
        "`api_destination`: that it exists and is ENABLED, AUTHORIZED or ACTIVE, which needs the "
        "permissions events:DescribeRule, DescribeConnection or DescribeApiDestination. That "
        "events are put in, match and arrive is not proved: no event is sent. Tested against a "
        "stand-in whose every signature botocore computes again, not against AWS itself.",
    .schemes = {},
    .from_url = nullptr,
    .bind = bind_run<Options, run>,
};

}  // namespace vitals::checks::event_bridge
