#include "ldap.hpp"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <utility>

#include "backends/ldap/session.hpp"
#include "checks/access_fields.hpp"
#include "checks/take_leave.hpp"
#include "lag.hpp"
#include "net/endpoint_of.hpp"
#include "net/within.hpp"
#include "text/amount.hpp"
#include "text/prose.hpp"
#include "text/quote.hpp"

namespace vitals::checks::ldap {

namespace {

using namespace backends::ldap;

constexpr std::uint16_t usual_port = 389;
constexpr std::uint16_t usual_tls_port = 636;
constexpr std::size_t longest_name = 4096;

std::string base_of(const text::Url& url) {
    return url.path.size() > 1 ? url.path.substr(1) : std::string();
}

Verified verify_url(const text::Url& url) {
    if (auto problem = text::url_problem(url.text, {"ldap", "ldaps"}); !problem.empty())
        return std::unexpected(problem);
    if (!url.query.empty())
        return std::unexpected("has a query; expected ldap://host:port/dc=example,dc=org");
    const std::string base = base_of(url);
    return verified(base.empty() || (base.contains('=') && base.size() <= longest_name)
                        ? std::string()
                        : "has a path that is no name (DN), such as dc=example,dc=org");
}

Verified verify_source(const text::Url& url) {
    if (url.empty()) return {};
    if (auto problem = text::url_problem(url.text, {"ldap", "ldaps"}); !problem.empty())
        return std::unexpected(problem);
    return verified(url.query.empty() && url.path.size() <= 1 && url.user.empty()
                        ? std::string()
                        : "is more than a server; user and suffix are those of `url`");
}

Verified verify(const Options& options) {
    const bool user = !options.user.empty() || !options.url.user.empty();
    const bool password = options.password.configured() || !options.url.password.empty();
    if (user && !password)
        return std::unexpected("a user without a password: servers take that for nobody");
    if (password && !user) return std::unexpected("a password without a user");
    const bool ldaps = options.url.scheme == "ldaps" || options.source.scheme == "ldaps";
    if (ldaps && options.starttls == "required")
        return std::unexpected("ldaps is TLS from the start: no starttls");
    if (options.source.empty() && (options.degraded_above || options.failed_above))
        return std::unexpected("degraded_above and failed_above need a source");
    if (!options.source.empty() && base_of(options.url).empty())
        return std::unexpected("url: names no entry; with a source, expected its suffix");
    if (options.degraded_above && options.failed_above &&
        *options.degraded_above >= *options.failed_above)
        return std::unexpected("degraded_above must be less than failed_above");
    return {};
}

constexpr Field fields[] = {
    url_field<Options, verify_url>(
        "The address of the server: ldap://host:389/dc=example,dc=org or ldaps:// (636). The path "
        "names an entry that must exist; by default the server's root entry.",
        "ldap://127.0.0.1/dc=example,dc=org"),
    field<&Options::user>("user",
                          "The name (DN) to log in with, such as cn=monitor,dc=example,dc=org."),
    password_field<Options>(),
    field<&Options::starttls>("starttls", "Whether to change to TLS before any other request.",
                              {.choices = "required|never"}),
    field<&Options::source, verify_source>(
        "source",
        "The server that this one replicates, as ldap://host; the check judges how far this one is "
        "behind it. User and TLS are the same there, and `url` names the suffix.",
        {.example = "ldap://provider.example.org"}),
    field<&Options::degraded_above>(
        "degraded_above", "Degraded when a change of the source is missing here for longer.",
        {.example = "1m", .least = 1000}),
    field<&Options::failed_above>("failed_above",
                                  "Failed when a change of the source is missing here for longer.",
                                  {.example = "10m", .least = 1000}),
    tls_field<Options>(),
};

Access access_of(const Options& options, const text::Url& url) {
    const bool at_once = url.scheme == "ldaps";
    Access access;
    access.endpoint = net::endpoint_of(url, at_once ? usual_tls_port : usual_port);
    if (at_once)
        access.secrecy = Secrecy::at_once;
    else if (options.starttls == "required")
        access.secrecy = Secrecy::start_tls;
    access.tls = options.tls;
    access.name = options.user.empty() ? options.url.user : options.user;
    access.password =
        options.password.configured() ? options.password.reveal() : options.url.password;
    return access;
}

net::awaitable<Changes> ask_changes(net::Context& context, Session& session, std::string base) {
    const std::vector<std::string> values =
        co_await session.read(context, std::move(base), "contextCSN");
    auto changes = changes_of(values);
    if (!changes)
        throw CheckError(ErrorClass::protocol, "contextCSN is not what it is in OpenLDAP",
                         "got " + text::quoted(values.front()));
    co_return *std::move(changes);
}

// On its own connection, in phases that are one phase of the run.
net::awaitable<void> ask_source(const Options& options, net::Context& context, Changes& changes) {
    Access access = access_of(options, options.source);
    auto session = co_await Session::open(context, std::move(access));
    changes = co_await ask_changes(context, *session, base_of(options.url));
    co_await retire(context, *session);
}

void judge_lag(const Options& options, std::chrono::milliseconds lag, Outcome& outcome) {
    outcome.with("lag_seconds", std::chrono::duration<double>(lag).count());
    const bool failing = options.failed_above && lag > *options.failed_above;
    if (!failing && !(options.degraded_above && lag > *options.degraded_above)) return;
    outcome.status = failing ? Status::failed : Status::degraded;
    outcome.detail = "replica is " + text::about_duration(lag) + " behind its source";
    if (!failing) return;
    outcome.error_class = ErrorClass::assertion;
    outcome.failed_phase = "source";
}

// The replica still serves if its source cannot be asked, but nobody knows how well.
net::awaitable<void> compare(const Options& options, net::Context& context, Session& session,
                             Lag& lag, Outcome& outcome) {
    const Changes ours = co_await ask_changes(context, session, base_of(options.url));
    context.enter("source");
    const Steady now = context.clock().steady();
    const Steady until = now + (context.deadline() - now) * 9 / 10;
    net::Context own(context.environment(), context.clock(), context.component(), context.kind(),
                     until);
    Changes theirs;
    std::string problem;
    try {
        auto work = ask_source(options, own, theirs);
        const bool in_time = co_await net::within(context, until, std::move(work));
        if (!in_time) problem = "does not answer";
    } catch (const CheckError& error) {
        problem = error.detail;
        outcome.error = error.error;
    }
    if (problem.empty() && theirs.empty()) problem = "shows no contextCSN to this user";
    if (!problem.empty()) {
        outcome.status = Status::degraded;
        outcome.detail = "how far it is behind is not known: the source " + problem;
        co_return;
    }
    const auto behind = lag.look(theirs, ours, context.clock().steady(), context.clock().system());
    judge_lag(options, behind, outcome);
}

// The options of a run, and what runs remember.
struct Watch {
    std::shared_ptr<const Options> options;
    std::shared_ptr<Lag> lag;
};

net::awaitable<std::unique_ptr<Session>> open(const Watch& watch, net::Context& context) {
    Access access = access_of(*watch.options, watch.options->url);
    auto session = co_await Session::open(context, std::move(access));
    co_return session;
}

net::awaitable<Outcome> look(const Watch& watch, net::Context& context, Session& session) {
    const Options& options = *watch.options;
    const std::string base = base_of(options.url);
    const int entries = co_await session.look_up(context, base);
    if (entries == 0)
        throw CheckError(ErrorClass::assertion, "the entry is not shown to this user");
    const bool nobody = options.user.empty() && options.url.user.empty();
    std::string detail = nobody ? "answers; nobody logs in" : "lets this user in and answers";
    Outcome outcome =
        ok(std::move(detail))
            .with("tls", options.url.scheme == "ldaps" || options.starttls == "required");
    if (!options.source.empty()) co_await compare(options, context, session, *watch.lag, outcome);
    co_return outcome;
}

Run run(std::shared_ptr<const Options> options) {
    auto watch = std::make_shared<const Watch>(std::move(options), std::make_shared<Lag>());
    return [watch](net::Context& context) {
        return run_and_leave<open, look, Watch>(*watch, context);
    };
}

constexpr std::string_view proves = R"(
    The directory accepts this user and finds the entry that the URL names; an entry that
    an access list hides counts as missing, as it does for applications. Servers accept an
    empty password, and clients that do not log in. So the check refuses an empty
    password, and without a user it proves no log-in. With `starttls: required`, nothing
    is sent in the clear, and a server that does not offer TLS is failed. Only the entry's
    name is asked for, and nothing is written. With `source`, the server's `contextCSN` is
    compared with that of the server that it replicates: a server that lacks a change of
    its source is behind for as long as it lacks that change. Without `source`, the check
    does not prove that a replica has all data of its provider.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, run, verify>(
    "ldap", "Logs in to an LDAP directory and looks an entry up.",
    {.proves = proves,
     .schemes = {"ldap", "ldaps"},
     .urls = {"ldap://host/dc=example,dc=org", "ldaps://host/dc=example,dc=org"},
     .category = Category::datastore});

}  // namespace vitals::checks::ldap
