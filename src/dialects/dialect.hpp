// A dialect turns a snapshot into a response: a pure function of (snapshot, request facts,
// options). It performs no I/O, keeps no state and knows no server. The server keeps what it
// renders.
//
// Properties of an outcome that a dialect knows by name are in model/property.hpp. Others are shown
// by svc_status for handlers and pushed components, else at full disclosure only.
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

// Who sends a request that changes something; each may what the one before it may.
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

// Read from /proc/self by the server for those dialects that show it.
struct ProcessFigures {
    double cpu_seconds = 0;
    double start_time = 0;  // seconds since the epoch
    std::uint64_t resident_bytes = 0;
    std::uint64_t virtual_bytes = 0;
    std::uint64_t open_descriptors = 0;
    std::uint64_t max_descriptors = 0;
};

// What a request asks the history before it can be answered.
struct PastQuestion {
    std::vector<std::string> names;     // of components that the snapshot has
    std::chrono::milliseconds back{0};  // up to now
    bool responses = false;             // of the first, as one step; else what they were
};
// What it said. Nothing: it cannot be read.
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
    bool authorized = false;         // a token with the right it takes was shown
    Sender sender = Sender::anyone;  // of methods other than GET only
    Steady now{};
    System now_system{};
    const Selector* components = nullptr;  // the endpoint's; null: all
    std::optional<int> failed_code;        // the endpoint's overrides
    std::optional<int> degraded_code;
    bool embedded = false;             // the service answers from its own process: it is there
    std::span<const Traffic> traffic;  // only for dialects with wants_process
    const ProcessFigures* process = nullptr;
    std::string_view application_metrics;  // in Prometheus' text format; likewise
    const FleetView* fleet = nullptr;      // likewise; null: this vitals belongs to no fleet
    const Board* board = nullptr;          // only for dialects with wants_board; may be null
    const PastAnswer* past = nullptr;      // to Dialect::asks; null where nobody keeps a history

    // The last of that name, as Django and WebOb read a query; or null.
    const std::string* parameter(std::string_view name) const;
    bool has(std::string_view name) const { return parameter(name) != nullptr; }
    std::vector<std::string> parameters(std::string_view name) const;
    const std::string* header(std::string_view name) const;
};

struct Response : http::Response {
    Response() = default;
    Response(http::Response plain) : http::Response(std::move(plain)) {}

    // The same request may be answered with these bytes until the version changes, a result turns
    // stale, or this much time has passed. Zero: never repeated.
    std::chrono::milliseconds repeat_for = std::chrono::hours(1);
    // Sent with its body as the answer to OPTIONS, too, which otherwise has none.
    bool options_with_body = false;
    // A change of state that the request asked for and was allowed to: the server makes it.
    std::optional<std::string> decommission;
};

// For Dialect::match: the endpoint's path itself and no other.
std::optional<std::string_view> match_itself(std::string_view mount, std::string_view path);

struct Dialect {
    Description description;         // name, sentence, options
    std::string_view usual_path;     // "/healthz/"
    std::string_view origin;         // who speaks it
    std::string_view codes;          // for the documentation: "200 / 503"
    bool mounted_by_default = true;  // needs no mapping
    // Any other is spoken on a listener of its own; of an answer only the body counts there.
    Protocol protocol = Protocol::http;
    bool wants_process = false;  // Request::process and traffic are filled in
    bool wants_site = false;     // Request::site is filled in
    bool wants_board = false;    // Request::board is filled in: say for how long it may be kept
    // Without it Request::query is empty, so that a stranger who varies the query gets the answer
    // that is kept.
    bool reads_query = false;
    std::string_view methods = "GET, HEAD, OPTIONS";
    // Methods beyond those that `render` answers, or refuses in the dialect's own words; all others
    // get the server's plain 405.
    std::string_view refuses{};
    std::span<const std::string_view> reads;  // lower-case request headers beyond accept
    // What follows the endpoint's path when a request's (decoded) path is this endpoint's; nothing
    // when it is not. `mount` as configured.
    std::optional<std::string_view> (*match)(std::string_view mount,
                                             std::string_view path) = match_itself;
    // What this request asks the history, if anything. Its answer is kept for a while, whatever
    // changes meanwhile. Null: the dialect never asks.
    std::optional<PastQuestion> (*asks)(const Snapshot& snapshot, const Request& request) = nullptr;
    // Renders any method in `methods` but OPTIONS; HEAD comes as GET. With options that
    // `description` made.
    Response (*render)(const Snapshot& snapshot, const Request& request,
                       const AnyOptions& options) = nullptr;
};

// What a dialect's documentation says first: where it is usually mounted ("/healthz/"), who speaks
// it, and its codes ("200 / 503").
struct Spoken {
    std::string_view usual_path, origin, codes;
};

// `render` takes (const Snapshot&, const Request&) and, where the dialect has any, the options.
// `verify` judges the options together. `rest` is everything that is not said before.
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

// The components that a request may see: those of the endpoint's selector, and vitals' own only if
// `own`.
std::vector<const ComponentState*> visible(const Snapshot& snapshot, const Request& request,
                                           bool own);

// Whether the endpoint shows the component of that name, also where the snapshot has none such.
bool shows(const Snapshot& snapshot, const Request& request, std::string_view name);

// What a request may read of a component: nothing, its public detail, or with what the other side
// said. One line of UTF-8.
std::string shown_detail(const ComponentState& state, const Request& request);

// Whether any of them is a component of the service; vitals' own do not count.
bool any_watched(const std::vector<const ComponentState*>& components) noexcept;

// How the whole is, as far as a request sees it: the aggregate of what is visible to it. An
// embedding service that has registered nothing is ok.
Status overall_status(const Snapshot& snapshot, const std::vector<const ComponentState*>& seen,
                      const Request& request) noexcept;

// Why this instance takes no part, one line for people; nothing while it is in service.
std::optional<std::string> out_of_service(const Snapshot& snapshot);

// The worst of a set, critical or not, as the original systems judge: failed before unknown before
// degraded. Of none it is unknown.
Status worst(const std::vector<const ComponentState*>& components, Steady now) noexcept;

// An answer in plain text.
Response plain(int status, std::string body);

// 405 for a method that a dialect refuses itself; `allowed` are those it does not.
Response not_allowed(std::string_view allowed);

// The code for an overall status, `unknown` as `failed`; the endpoint's overrides win.
int code_for(Status overall, const Request& request, int failed, int degraded = 200) noexcept;

}  // namespace vitals::dialects
