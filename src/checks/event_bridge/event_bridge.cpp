#include "event_bridge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <memory>
#include <random>
#include <utility>

#include "backends/aws/answers.hpp"
#include "backends/aws/service.hpp"
#include "checks/access_fields.hpp"
#include "net/http_client.hpp"
#include "text/json.hpp"
#include "text/prose.hpp"
#include "text/quote.hpp"
#include "text/url.hpp"
#include "wire/sigv4.hpp"
#include "wire/xml.hpp"

namespace vitals::checks::event_bridge {

namespace {

namespace json = boost::json;
constexpr std::size_t deepest_json = 32;
constexpr std::string_view placeholder = "{id}";  // in the sink's URL

// A part with a state: how to ask for it, and which state is good (AWS JSON 1.1, the operations of
// the service `events`).
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
        // There are several kinds of enabled: ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS.
        return state == "ENABLED" || state.starts_with("ENABLED_");
    }
    // Newer interfaces call a working private connection active.
    if (part == "connection") return state == "AUTHORIZED" || state == "ACTIVE";
    return state == "ACTIVE";
}

// Between two good states; an earlier authorisation still works.
bool is_passing(std::string_view part, std::string_view state) {
    return part == "connection" &&
           (state == "CREATING" || state == "UPDATING" || state == "AUTHORIZING");
}

Verified verify_endpoint(const text::Url& url) {
    if (url.text.empty()) return {};
    if (auto problem = text::url_problem(url.text, {"http", "https"}); !problem.empty())
        return std::unexpected(problem);
    if (!url.query.empty() || !url.user.empty() || (!url.path.empty() && url.path != "/"))
        return std::unexpected("has a path, parameters or a user; expected https://host");
    return {};
}

std::string with_id(std::string text, const std::string& id) {
    for (auto at = text.find(placeholder); at != std::string::npos; at = text.find(placeholder, at))
        text.replace(at, placeholder.size(), id);
    return text;
}

Verified verify_sink(const std::string& text) {
    if (text.empty()) return {};
    if (text.find(placeholder) == std::string::npos)
        return std::unexpected("has no {id} to ask for the event by");
    const std::string example = with_id(text, "1");
    if (auto problem = text::url_problem(example, {"http", "https"}); !problem.empty())
        return std::unexpected(problem);
    const text::Url url = example;
    return verified(url.user.empty() && url.password.empty()
                        ? std::string()
                        : "has a user or a password; put them into sink_headers");
}

Verified verify(const Options& options) {
    const bool named = options.part != "credentials" && options.part != "e2e";
    if (named && options.name.empty())
        return std::unexpected(fmt::format("part {} needs the name of one", options.part));
    if (!named && !options.name.empty())
        return std::unexpected(fmt::format("part {} has no name", options.part));
    if (!options.bus.empty() && options.part != "rule" && options.part != "e2e")
        return std::unexpected("only a rule or an event is on a bus");
    if (options.part == "e2e" && options.sink.empty())
        return std::unexpected("part e2e needs a sink");
    if (options.part != "e2e" && (!options.sink.empty() || !options.sink_headers.empty()))
        return std::unexpected("only part e2e has a sink");
    return {};
}

constexpr Field fields[] = {
    field<&Options::part>(
        "part",
        "What is checked: that the credentials are valid, the state of a rule, a connection or an "
        "API destination, or (`e2e`) that an event reaches its target.",
        {.required = true,
         .choices = "credentials|rule|connection|api_destination|e2e",
         .example = "credentials"}),
    field<&Options::region, backends::aws::verify_region>(
        "region", "Which region.", {.required = true, .example = "eu-central-1"}),
    field<&Options::name>("name", "Name of the rule, connection or API destination.",
                          {.example = "orders"}),
    field<&Options::bus>("bus", "The bus of the rule or event; by default the default bus."),
    field<&Options::source>("source",
                            "With part: e2e, the event's source, which the rule matches."),
    field<&Options::detail_type>("detail_type", "With part: e2e, the event's detail-type."),
    field<&Options::sink, verify_sink>(
        "sink",
        "With part: e2e, the URL that answers with the event's id once the event has arrived; "
        "`{id}` in it stands for that id.",
        {.example = "http://clickhouse:8123/?query=SELECT+id+FROM+probes+WHERE+id='{id}'"}),
    field<&Options::sink_headers>("sink_headers",
                                  "Headers of the request to the sink; a value may be a secret."),
    field<&Options::endpoint, verify_endpoint>(
        "endpoint", "The URL to ask; by default AWS's address for the region. For a VPC endpoint.",
        {.example = "https://vpce-1.events.eu-central-1.vpce.amazonaws.com"}),
    field<&Options::access_key>("access_key", "Who to be.",
                                {.required = true, .example = "AKIAIOSFODNN7EXAMPLE"}),
    field<&Options::secret_key>("secret_key", "The access key's secret.",
                                {.required = true, .example = "{env: AWS_SECRET_ACCESS_KEY}"}),
    field<&Options::session_token>("session_token", "The session token of temporary credentials."),
    tls_field<Options>(),
};

// Signs and sends; returns the answer with any status.
net::awaitable<net::HttpResponse> ask(const Options& options, net::Context& context,
                                      std::string service, wire::sigv4::Request request) {
    text::Url url = options.endpoint;
    if (url.empty())
        url = fmt::format("https://{}.{}.{}", service, options.region,
                          backends::aws::domain_of(options.region));
    request.method = "POST";
    const backends::aws::Service asked{
        .scheme = url.scheme,
        .host = backends::aws::host_header(url.scheme, url.host, url.port),
        .scope = {.region = options.region, .service = std::move(service)},
        .credentials = backends::aws::credentials(options.access_key, options.secret_key,
                                                  options.session_token),
        .tls = options.tls};
    const std::string step = options.part == "e2e" ? "put" : options.part;
    net::HttpResponse response = co_await backends::aws::ask(
        context, asked, step, std::move(request), std::size_t(256 * 1024));
    co_return response;
}

// STS: needs no permission, and refuses unknown credentials.
net::awaitable<Outcome> credentials(const Options& options, net::Context& context) {
    wire::sigv4::Request request;
    request.headers.emplace_back("content-type",
                                 "application/x-www-form-urlencoded; charset=utf-8");
    request.body = "Action=GetCallerIdentity&Version=2011-06-15";
    const net::HttpResponse response = co_await ask(options, context, "sts", std::move(request));
    if (response.status != 200) {
        backends::aws::Refusal read = backends::aws::refusal_of_xml(response.body);
        if (read.code.empty()) read = backends::aws::refusal_of_json(response.body);
        throw backends::aws::meaning_of(read, response.status, "who we are");
    }
    const auto document = wire::parse_xml(response.body).value_or(wire::Element());
    const wire::Element* arn = document.find("Arn");
    if (arn == nullptr || !arn->text.starts_with("arn:")) {
        throw CheckError(ErrorClass::protocol, "not the answer of STS",
                         "got " + text::quoted(response.body));
    }
    co_return ok("credentials are valid");
}

std::string text_of(const json::value& document, std::string_view name) {
    const json::object* object = document.if_object();
    const json::value* value = object == nullptr ? nullptr : object->if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string())
                                                  : std::string();
}

// Null if it is not one.
json::value parse(const std::string& text) {
    json::error_code error;
    json::parse_options limits;
    limits.max_depth = deepest_json;
    json::value document = json::parse(text, error, {}, limits);
    return error ? json::value() : document;
}

Outcome judge(const Part& part, const net::HttpResponse& response) {
    const json::value document = parse(response.body);
    const std::string state = text_of(document, part.field);
    const bool plain =
        !state.empty() && state.size() <= 60 && std::all_of(state.begin(), state.end(), [](char c) {
            return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        });
    if (!plain) {
        throw CheckError(ErrorClass::protocol, "not the answer of EventBridge",
                         "got " + text::quoted(response.body));
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
                         reason.empty() ? reason : "reason: " + text::quoted(reason));
        outcome.failed_phase = part.name;
    }
    return std::move(outcome).with("state", state);
}

net::awaitable<Outcome> state_of(const Part& part, const Options& options, net::Context& context) {
    std::string body;
    text::JsonWriter json(body);
    json.object().member("Name", options.name);
    if (!options.bus.empty()) json.member("EventBusName", options.bus);
    json.end_object();
    wire::sigv4::Request request;
    request.headers.emplace_back("content-type", "application/x-amz-json-1.1");
    request.headers.emplace_back("x-amz-target", fmt::format("AWSEvents.{}", part.operation));
    request.body = body;
    const net::HttpResponse response = co_await ask(options, context, "events", std::move(request));
    if (response.status == 200) co_return judge(part, response);
    backends::aws::Refusal read = backends::aws::refusal_of_json(response.body);
    if (read.code == "ResourceNotFoundException") {
        throw CheckError(ErrorClass::assertion, fmt::format("{} does not exist", part.what),
                         text::quoted(read.message));
    }
    throw backends::aws::meaning_of(read, response.status, fmt::format("for the {}", part.what));
}

std::string new_id() {
    std::random_device random;
    return fmt::format("vitals-{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

// PutEvents also answers 200 when it refuses the event.
net::awaitable<void> put(const Options& options, net::Context& context, std::string id) {
    std::string detail;
    text::JsonWriter(detail).object().member("id", id).end_object();
    std::string body;
    text::JsonWriter json(body);
    json.object().key("Entries").array().object();
    json.member("Source", options.source).member("DetailType", options.detail_type);
    json.member("Detail", detail);
    if (!options.bus.empty()) json.member("EventBusName", options.bus);
    json.end_object().end_array().end_object();
    wire::sigv4::Request request;
    request.headers.emplace_back("content-type", "application/x-amz-json-1.1");
    request.headers.emplace_back("x-amz-target", "AWSEvents.PutEvents");
    request.body = body;
    const net::HttpResponse response = co_await ask(options, context, "events", std::move(request));
    if (response.status != 200) {
        const backends::aws::Refusal read = backends::aws::refusal_of_json(response.body);
        if (read.code == "ResourceNotFoundException") {
            throw CheckError(ErrorClass::assertion, "bus does not exist",
                             text::quoted(read.message));
        }
        throw backends::aws::meaning_of(read, response.status, "to put an event");
    }
    const json::value document = parse(response.body);
    const json::object* answer = document.if_object();
    const json::value* failures =
        answer == nullptr ? nullptr : answer->if_contains("FailedEntryCount");
    const json::value* entries = answer == nullptr ? nullptr : answer->if_contains("Entries");
    const bool whole = failures != nullptr && failures->is_int64() && entries != nullptr &&
                       entries->is_array() && entries->get_array().size() == 1;
    if (!whole) {
        throw CheckError(ErrorClass::protocol, "not the answer of EventBridge",
                         "got " + text::quoted(response.body));
    }
    const json::value& taken = entries->get_array().front();
    if (failures->get_int64() == 0 && !text_of(taken, "EventId").empty()) co_return;
    throw CheckError(ErrorClass::assertion, "the event was not taken",
                     "got " + text::quoted(text_of(taken, "ErrorCode")) + ' ' +
                         text::quoted(text_of(taken, "ErrorMessage")));
}

// Whether the sink has the event.
net::awaitable<bool> arrived(const Options& options, net::Context& context, std::string id) {
    net::HttpRequest request;
    request.url = with_id(options.sink, id);
    for (const auto& [name, value] : options.sink_headers) {
        request.headers.emplace_back(name, value.reveal());
    }
    request.max_body = 256 * 1024;
    request.step = "sink";
    const net::HttpResponse response = co_await net::http(context, std::move(request));
    // 404: a sink that has an address for each event.
    if (response.status != 200 && response.status != 404) {
        throw CheckError(ErrorClass::assertion,
                         fmt::format("the sink answers with {}", response.status),
                         "got " + text::quoted(response.body));
    }
    co_return response.status == 200 && response.body.find(id) != std::string::npos;
}

net::awaitable<Outcome> end_to_end(const Options& options, net::Context& context) {
    const std::string id = new_id();
    // An answer that only repeats the question would prove nothing.
    const bool there_before = co_await arrived(options, context, id);
    if (there_before) {
        throw CheckError(ErrorClass::assertion,
                         "the sink answers with the id of an event that was not sent yet");
    }
    co_await put(options, context, id);
    auto pause = std::chrono::milliseconds(50);
    // Some time is reserved for saying what is missing.
    const Steady until =
        context.deadline() - std::min(context.left() / 5, std::chrono::milliseconds(300));
    while (context.clock().steady() + pause < until) {
        co_await context.sleep(pause);
        const bool there = co_await arrived(options, context, id);
        if (there) co_return ok("an event put in came out at the sink");
        pause = std::min(pause * 2, std::chrono::milliseconds(500));
    }
    context.enter("sink");
    throw CheckError(ErrorClass::timeout, "the event was taken and did not come out at the sink");
}

net::awaitable<Outcome> run(const Options& options, net::Context& context) {
    const auto* const part =
        std::find_if(std::begin(parts), std::end(parts),
                     [&](const Part& each) { return each.name == options.part; });
    const bool has_state = part != std::end(parts);
    Outcome outcome;
    if (has_state)
        outcome = co_await state_of(*part, options, context);
    else if (options.part == "e2e")
        outcome = co_await end_to_end(options, context);
    else
        outcome = co_await credentials(options, context);
    co_return outcome;
}

// eventbridge://region means its credentials, eventbridge://region/rule/name one of its rules.
Verified from_url(Options& options, std::string_view text) {
    constexpr const char* expected =
        "is not understood; expected eventbridge://REGION, or eventbridge://REGION/PART/NAME with "
        "rule, connection or api_destination for PART";
    const auto url = text::parse_url(text);
    if (!url) return std::unexpected(url.error());
    options.region = url->host;
    if (!backends::aws::verify_region(options.region) || url->port)
        return std::unexpected(expected);
    options.part = "credentials";
    if (url->path.size() > 1) {
        const std::string path = url->path.substr(1);
        const std::size_t slash = path.find('/');
        options.part = path.substr(0, slash);
        options.name = slash == std::string::npos ? std::string() : path.substr(slash + 1);
        const bool known = std::any_of(std::begin(parts), std::end(parts),
                                       [&](const Part& each) { return each.name == options.part; });
        if (!known || options.name.empty()) return std::unexpected(expected);
    }
    for (const auto& [name, value] : url->query) {
        if (name != "bus") return std::unexpected("has an unknown parameter; expected bus=");
        options.bus = value;
    }
    return backends::aws::take_credentials(*url, options.access_key, options.secret_key,
                                           options.session_token);
}

constexpr std::string_view proves = R"(
    `credentials`: AWS (STS) knows these credentials. `rule`, `connection` and
    `api_destination`: the part exists and is ENABLED, AUTHORIZED or ACTIVE. They need the
    permissions events:DescribeRule, DescribeConnection or DescribeApiDestination, and do
    not prove that events arrive. `e2e` proves that: it sends an event with an id of its
    own (events:PutEvents) and asks the sink for that id until it comes. A sink that
    answers with the id before the event is sent is failed. The source and the id,
    `vitals-...`, identify these events. The check cannot remove them: let the sink forget
    them (a TTL). The timeout must be long enough for the event to arrive. Tested against
    a stand-in that verifies each signature with botocore; not tested against AWS itself.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, run, verify, from_url>(
    "event_bridge",
    "Looks at one part of Amazon EventBridge: credentials, rule, connection or API "
    "destination; or sends an event through it.",
    {.proves = proves,
     .schemes = {"eventbridge"},
     .urls = {"eventbridge://eu-central-1",
              "eventbridge://KEY:SECRET@eu-central-1/rule/orders?bus=shop"}});

}  // namespace vitals::checks::event_bridge
