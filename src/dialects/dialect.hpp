// A dialect turns a snapshot into a response: a pure function of (snapshot, request facts,
// options). It performs no I/O, keeps no state and knows no server. The server keeps the rendered
// answers.
//
// model/property.hpp has the properties of an outcome that a dialect knows by name. svc_status
// shows other properties for handlers and pushed components; for other components they need full
// disclosure.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "http/response.hpp"
#include "model/description.hpp"
#include "model/endpoint_settings.hpp"
#include "model/listener.hpp"
#include "model/past.hpp"
#include "model/responses.hpp"
#include "model/selector.hpp"
#include "vitals/snapshot.hpp"

namespace vitals {
struct Board;
struct FleetView;
}  // namespace vitals

namespace vitals::dialects {

// The sender of a request that changes something; each has the rights of the one before it.
// `loopback`: from this machine, to a local name, without a sign of a proxy or a browser.
// `operator_`: through a control listener, or with a token that has the right `control`.
enum class Sender : std::uint8_t { anyone, loopback, operator_ };

using http::Pairs;

// Counted by the server: vitals_http_requests_total{endpoint,code}.
struct Traffic {
    std::string endpoint;
    int code = 0;
    std::uint64_t count = 0;
};

// The server reads it from /proc/self for dialects that show it.
struct ProcessFigures {
    double cpu_seconds = 0;
    double start_time = 0;  // seconds since the epoch
    std::uint64_t resident_bytes = 0;
    std::uint64_t virtual_bytes = 0;
    std::uint64_t open_descriptors = 0;
    std::uint64_t max_descriptors = 0;
};

// What the history must answer before a request can be answered.
struct PastQuestion {
    std::vector<std::string> names;     // of components that the snapshot has
    std::chrono::milliseconds back{0};  // up to now
    bool responses = false;             // for the first, as one step; else its states
};
// The answer of the history. Nothing: it cannot be read.
struct PastAnswer {
    std::optional<std::vector<Past>> pasts;  // in the order of the names
    std::optional<std::vector<ResponseStep>> responses;
};

// The facts of one request.
struct Request {
    std::string method = "GET";  // HEAD is rendered as GET, the server drops the body
    std::string rest;            // what follows the endpoint's path, decoded: "", ".json", "/x"
    std::string path;            // the whole path, decoded
    Pairs query;                 // decoded, in order
    std::string accept;          // the header, empty when absent
    std::string site;  // "http://host:8080", as asked for; Dialect::wants_site, else empty
    Pairs headers;     // further ones the dialect asked for (Dialect::reads), lower case
    Disclosure disclose = Disclosure::detail;
    bool authorized = false;         // the request showed a token with the needed right
    Sender sender = Sender::anyone;  // of methods other than GET only
    Steady now{};
    System now_system{};
    const Selector* components = nullptr;  // the endpoint's; null: all
    std::optional<int> failed_code;        // the endpoint's overrides
    std::optional<int> degraded_code;
    bool gzip = false;                 // the client takes it; who makes it says so in the headers
    bool embedded = false;             // the service answers from its own process: it is alive
    std::span<const Traffic> traffic;  // only for dialects with wants_process
    const ProcessFigures* process = nullptr;
    std::string_view application_metrics;  // in Prometheus' text format; likewise
    const FleetView* fleet = nullptr;      // likewise; null: this vitals belongs to no fleet
    const Board* board = nullptr;          // only for dialects with wants_board; may be null
    const PastAnswer* past = nullptr;  // the answer to Dialect::asks; null if there is no history

    // The last value of that name, as Django and WebOb read a query; or null.
    const std::string* parameter(std::string_view name) const;
    bool has(std::string_view name) const { return parameter(name) != nullptr; }
    std::vector<std::string> parameters(std::string_view name) const;
    const std::string* header(std::string_view name) const;
};

struct Response : http::Response {
    Response() = default;
    Response(http::Response plain) : http::Response(std::move(plain)) {}

    // The same request may get these bytes again until the version changes, a result becomes stale,
    // or this time has passed. Zero: never.
    std::chrono::milliseconds repeat_for = std::chrono::hours(1);
    // Sent with its body as the answer to OPTIONS, too, which otherwise has no body.
    bool options_with_body = false;
    // A change of state that the request asked for and may make: the server makes it.
    std::optional<std::string> decommission;
};

// For Dialect::match: only the endpoint's path itself.
std::optional<std::string_view> match_itself(std::string_view mount, std::string_view path);

struct Dialect {
    Description description;         // name, sentence, options
    std::string_view usual_path;     // "/healthz/"
    std::string_view origin;         // the software that speaks it
    std::string_view codes;          // for the documentation: "200 / 503"
    bool mounted_by_default = true;  // needs no mapping
    // Any other protocol has its own listener, where only the body of an answer counts.
    Protocol protocol = Protocol::http;
    bool wants_process = false;  // Request::process and traffic are filled in
    bool wants_site = false;     // Request::site is filled in
    bool wants_board = false;    // Request::board is filled in: say for how long it may be kept
    // Without it Request::query is empty, so that a client that varies the query gets the kept
    // answer.
    bool reads_query = false;
    std::string_view methods = "GET, HEAD, OPTIONS";
    // Methods in addition to those that `render` answers, or refuses in the dialect's own words;
    // all others get the server's plain 405.
    std::string_view refuses{};
    std::span<const std::string_view> reads;  // lower-case request headers beyond accept
    // The rest of the (decoded) path of a request after the endpoint's path; nothing when the path
    // is not of this endpoint. `mount` as configured.
    std::optional<std::string_view> (*match)(std::string_view mount,
                                             std::string_view path) = match_itself;
    // What this request needs of the history, if anything. Its answer is kept for a while, whatever
    // changes meanwhile. Null: the dialect never needs it.
    std::optional<PastQuestion> (*asks)(const Snapshot& snapshot, const Request& request) = nullptr;
    // Renders any method in `methods` except OPTIONS; HEAD comes as GET. With options that
    // `description` made.
    Response (*render)(const Snapshot& snapshot, const Request& request,
                       const AnyOptions& options) = nullptr;
};

// The head of a dialect's documentation: its usual path ("/healthz/"), the software that speaks it,
// and its codes ("200 / 503").
struct Spoken {
    std::string_view usual_path, origin, codes;
};

// `render` takes (const Snapshot&, const Request&) and the options, if the dialect has any.
// `verify` judges the options together. `rest` has everything that the other arguments do not say.
template <class Options, auto render, auto verify = nullptr>
constexpr Dialect make_dialect(std::string_view name, std::string_view sentence,
                               std::span<const Field> fields, Spoken spoken, Dialect rest = {}) {
    rest.usual_path = spoken.usual_path;
    rest.origin = spoken.origin;
    rest.codes = spoken.codes;
    rest.description = describe<Options, verify>(name, sentence, fields);
    rest.render = [](const Snapshot& snapshot, const Request& request, const AnyOptions& options) {
        if constexpr (std::is_invocable_v<decltype(render), const Snapshot&, const Request&>)
            return render(snapshot, request);
        else
            return render(snapshot, request, options.as<Options>());
    };
    return rest;
}

// The catalog, in the order of the documentation.
std::span<const Dialect* const> all();
const Dialect* find(std::string_view name);

// The components that a request may see: those of the endpoint's selector, and vitals' own only
// with `own`.
std::vector<const ComponentState*> visible(const Snapshot& snapshot, const Request& request,
                                           bool own);

// Whether the endpoint shows the component of that name, even if the snapshot has none.
bool shows(const Snapshot& snapshot, const Request& request, std::string_view name);

// What a request may read of a component: nothing, its public detail, or also what the other side
// said. One line of UTF-8.
std::string shown_detail(const ComponentState& state, const Request& request);

// Whether any of them is a component of the service; vitals' own do not count.
bool any_watched(const std::vector<const ComponentState*>& components) noexcept;

// The state of the whole for this request: the aggregate of the visible components. An embedding
// service without components is ok.
Status overall_status(const Snapshot& snapshot, const std::vector<const ComponentState*>& seen,
                      const Request& request) noexcept;

// Why this instance takes no part, one line for people; nothing while it is in service.
std::optional<std::string> out_of_service(const Snapshot& snapshot);

// The worst status of a set, critical or not, as the original systems judge: failed before unknown
// before degraded. An empty set is unknown.
Status worst(const std::vector<const ComponentState*>& components, Steady now) noexcept;

// An answer in plain text.
Response plain(int status, std::string body);

// 405 for a method that a dialect refuses itself; `allowed` are the others.
Response not_allowed(std::string_view allowed);

// The code for an overall status, `unknown` as `failed`; the endpoint's overrides win.
int code_for(Status overall, const Request& request, int failed, int degraded = 200) noexcept;

}  // namespace vitals::dialects
