#include "clickhouse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <utility>

#include "checks/access_fields.hpp"
#include "model/meaning.hpp"
#include "net/http_client.hpp"
#include "text/prose.hpp"
#include "text/quote.hpp"
#include "text/url.hpp"

namespace vitals::checks::clickhouse {

namespace {

constexpr std::string_view usual_port = "8123";

Verified verify_url(const text::Url& url) {
    if (auto problem = text::url_problem(url.text, {"http", "https"}); !problem.empty())
        return std::unexpected(problem);
    if (!url.query.empty() || url.text.find('#') != std::string::npos)
        return std::unexpected("has parameters; expected http://host:8123");
    return {};
}

Verified verify(const Options& options) {
    if (options.user.empty() && options.url.user.empty() && options.password.configured())
        return std::unexpected("a password without a user");
    return {};
}

constexpr Field fields[] = {
    url_field<Options, verify_url>("The address of its HTTP interface.", "http://127.0.0.1:8123"),
    field<&Options::user>(
        "user",
        "The user; it may stand in the URL instead. Without a user, the server uses its default."),
    password_field<Options>(),
    field<&Options::replicas>("replicas",
                              "Whether replicated tables that lag (as /replicas_status defines it) "
                              "or are read-only are a failure."),
    tls_field<Options>(),
};

// The server's number of the error (src/Common/ErrorCodes.cpp there): since version 20 in a header;
// in all versions at the begin of the body.
int code_of(const net::HttpResponse& response) {
    std::string_view text = response.body;
    if (const std::string* header = response.header("x-clickhouse-exception-code"))
        text = *header;
    else if (text.starts_with("Code: "))
        text.remove_prefix(6);
    else
        return 0;
    int code = 0;
    std::from_chars(text.data(), text.data() + text.size(), code);
    return code;
}

constexpr Meaning<int> meanings[] = {
    {159, ErrorClass::assertion, "query took longer than the server allows"},
    {192, ErrorClass::auth, "wrong user or password"},
    {193, ErrorClass::auth, "wrong user or password"},
    {194, ErrorClass::auth, "wrong user or password"},
    {195, ErrorClass::auth, "user may not come from this address"},
    {201, ErrorClass::assertion, "quota exceeded"},
    {202, ErrorClass::assertion, "too many queries at once"},
    {241, ErrorClass::assertion, "memory limit exceeded"},
    {497, ErrorClass::auth, "not allowed"},
    {516, ErrorClass::auth, "wrong user or password"},
};

CheckError refusal(const net::HttpResponse& response, std::string_view asked) {
    const std::string said = text::quoted(response.body);
    const std::string theirs = fmt::format("status {}, {}", response.status, said);
    if (response.body.find("is for clickhouse-client program") != std::string::npos) {
        return CheckError(ErrorClass::protocol,
                          fmt::format("is not the port for HTTP, which is usually {}", usual_port),
                          theirs);
    }
    if (const auto* const known = meaning_with(meanings, code_of(response)))
        return CheckError(known->error_class, fmt::format("{}: {}", asked, known->detail), theirs);
    const bool auth = response.status == 401 || response.status == 403;
    return CheckError(auth ? ErrorClass::auth : ErrorClass::assertion,
                      fmt::format("{}: status {}", asked, response.status), said);
}

// Options with values that are computed once.
struct Prepared {
    explicit Prepared(std::shared_ptr<const Options> given)
        : options(std::move(given)), base(options->url.bare) {
        while (base.ends_with('/')) base.pop_back();
    }
    std::shared_ptr<const Options> options;
    std::string base;  // without credentials and the last slash
};

net::HttpRequest request_of(const Prepared& prepared, std::string step, std::string_view path) {
    net::HttpRequest request;
    request.url = fmt::format("{}{}", prepared.base, path);
    request.tls = prepared.options->tls;
    request.max_body = 64 * 1024;
    request.step = std::move(step);
    return request;
}

// The answer of a query that has one line.
net::awaitable<std::string> query(const Prepared& prepared, net::Context& context, std::string step,
                                  std::string_view escaped) {
    const Options& options = *prepared.options;
    const std::string asked = step;
    net::HttpRequest request =
        request_of(prepared, std::move(step), fmt::format("/?query={}", escaped));
    const std::string user = options.user.empty() ? options.url.user : options.user;
    const std::string password =
        options.password.configured() ? options.password.reveal() : options.url.password;
    if (!user.empty()) request.headers.emplace_back("X-ClickHouse-User", user);
    if (!password.empty()) request.headers.emplace_back("X-ClickHouse-Key", password);
    net::HttpResponse response = co_await net::http(context, std::move(request));
    // An error after the first byte is in the body of a 200.
    if (response.status != 200 || response.body.starts_with("Code: "))
        throw refusal(response, asked);
    co_return std::move(response.body);
}

net::awaitable<void> ping(const Prepared& prepared, net::Context& context) {
    net::HttpRequest request = request_of(prepared, "ping", "/ping");
    const net::HttpResponse response = co_await net::http(context, std::move(request));
    if (response.status != 200) throw refusal(response, "ping");
    if (response.body == "Ok.\n") co_return;
    throw CheckError(ErrorClass::protocol, "ping: not ClickHouse's answer",
                     "got " + text::quoted(response.body));
}

// How many replicated tables the user can see.
net::awaitable<std::uint64_t> see_replicas(const Prepared& prepared, net::Context& context) {
    net::HttpRequest request = request_of(prepared, "replicas", "/replicas_status");
    const net::HttpResponse lag = co_await net::http(context, std::move(request));
    if (lag.status == 503) {
        throw CheckError(ErrorClass::assertion, "replicas lag behind",
                         "got " + text::quoted(lag.body));
    }
    if (lag.status != 200) throw refusal(lag, "replicas");
    // That page is green even if a replica takes no writes.
    const std::string counts = co_await query(
        prepared, context, "replicas",
        "SELECT%20count(),countIf(is_readonly%20OR%20is_session_expired)%20FROM%20system.replicas"
        "%20FORMAT%20TabSeparated");
    std::uint64_t all = 0, bad = 0;
    const char* const last = counts.data() + counts.size();
    auto read = std::from_chars(counts.data(), last, all);
    const bool two = read.ec == std::errc() && read.ptr != last && *read.ptr == '\t';
    if (two) read = std::from_chars(read.ptr + 1, last, bad);
    if (!two || read.ec != std::errc() || std::string_view(read.ptr, last) != "\n") {
        throw CheckError(ErrorClass::protocol, "replicas: not two numbers",
                         "got " + text::quoted(counts));
    }
    if (bad == 0) co_return all;
    throw CheckError(ErrorClass::assertion, fmt::format("{} replicated table{} read-only", bad,
                                                        bad == 1 ? " is" : "s are"));
}

net::awaitable<Outcome> run(std::shared_ptr<const Prepared> prepared, net::Context& context) {
    const Options& options = *prepared->options;
    co_await ping(*prepared, context);
    const std::string answer =
        co_await query(*prepared, context, "query", "SELECT%201%20FORMAT%20TabSeparated");
    if (answer != "1\n") {
        throw CheckError(ErrorClass::protocol, "query: SELECT 1 is not 1",
                         "got " + text::quoted(answer));
    }
    if (!options.replicas) co_return ok("answers queries");
    const std::uint64_t tables = co_await see_replicas(*prepared, context);
    // For tables that a user may not see there are no rows, and no error.
    Outcome outcome =
        tables > 0 ? ok("answers queries, replicas follow")
                   : degraded("answers queries, but no replicated table is there or may be seen");
    co_return std::move(outcome).with("replicated_tables", static_cast<std::int64_t>(tables));
}

Run bind(std::shared_ptr<const Options> options) {
    auto prepared = std::make_shared<const Prepared>(std::move(options));
    return [prepared](net::Context& context) { return run(prepared, context); };
}

// clickhouse://user:password@host is HTTP on the usual port, clickhouses:// with TLS.
Verified from_url(Options& options, std::string_view text) {
    const auto url = text::parse_url(text);
    if (!url) return std::unexpected(url.error());
    if (url->host.empty()) return std::unexpected("names no host");
    if (!url->query.empty() || url->path.size() > 1)
        return std::unexpected(
            "has a path or parameters; expected clickhouse://user:password@host:8123");
    const bool tls = url->scheme == "clickhouses";
    const std::string host =
        url->host.find(':') == std::string::npos ? url->host : fmt::format("[{}]", url->host);
    const std::uint16_t port = url->port.value_or(tls ? 8443 : 8123);
    options.url = fmt::format("{}://{}:{}", tls ? "https" : "http", host, port);
    options.user = url->user;
    if (!url->password.empty()) options.password = Secret(url->password);
    return verify(options);
}

constexpr std::string_view proves = R"(
    The server is up (/ping, which needs no user), accepts this user, and returns exactly
    the result of a query. With `replicas: true`, no replicated table lags behind by more
    than the server's own limit, and none is read-only because it lost its keeper. This
    covers the tables that the user may see (SHOW TABLES), which must be at least one; the
    server leaves out others silently. Nothing is proved about particular tables, disks or
    inserts, or about the native protocol on port 9000.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, bind, verify, from_url>(
    "clickhouse", "Pings, runs SELECT 1 as a user, and can look at the replicas.",
    {.proves = proves,
     .schemes = {"clickhouse", "clickhouses"},
     .urls = {"clickhouse://user:password@host:8123", "clickhouses://user:password@host"},
     .category = Category::datastore});

}  // namespace vitals::checks::clickhouse
