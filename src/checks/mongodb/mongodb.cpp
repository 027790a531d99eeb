#include "mongodb.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include "backends/mongodb/session.hpp"
#include "checks/access_fields.hpp"
#include "checks/take_leave.hpp"
#include "model/refusals.hpp"
#include "net/endpoint_of.hpp"
#include "net/within.hpp"
#include "text/amount.hpp"
#include "text/prose.hpp"

namespace vitals::checks::mongodb {

namespace {

using backends::mongodb::Access;
using backends::mongodb::meaning_of;
using backends::mongodb::Session;
using backends::mongodb::Value;
using backends::mongodb::Writer;
using namespace std::chrono_literals;
using Type = Value::Type;

constexpr std::uint16_t usual_port = 27017;
constexpr std::int64_t not_permitted = 13;
constexpr std::size_t longest_name = 255;
// A set without writes writes something itself every ten seconds, and a primary that has lost the
// majority steps down after ten seconds.
constexpr std::chrono::milliseconds majority_may_lag = 15s;

struct Parameter {
    std::string_view name;
    std::initializer_list<std::string_view> values;  // empty: any
};
const Parameter parameters[] = {
    {"authSource", {}},
    {"replicaSet", {}},
    {"tls", {"true", "false"}},
    {"ssl", {"true", "false"}},
    {"directConnection", {"true", "false"}},
    {"authMechanism", {"SCRAM-SHA-256", "SCRAM-SHA-1", "DEFAULT"}},
};

Verified verify_url(const text::Url& url) {
    if (url.text.starts_with("mongodb+srv:"))
        return std::unexpected(
            "names a whole cluster by SRV records, which are not looked up here; write its hosts: "
            "mongodb://host1,host2/?replicaSet=...");
    if (auto problem = text::url_problem(url.text, {"mongodb"}, text::HostIs::required,
                                         text::Servers::several);
        !problem.empty())
        return std::unexpected(problem);
    for (const auto& [name, value] : url.query) {
        const auto* const known = std::ranges::find(parameters, name, &Parameter::name);
        if (known == std::end(parameters))
            return std::unexpected(
                "has a parameter that vitals does not know; expected authSource, replicaSet, tls, "
                "directConnection or authMechanism");
        const auto& values = known->values;
        if (values.size() > 0 && std::ranges::find(values, value) == values.end())
            return std::unexpected(fmt::format("has an unknown {}", name));
    }
    const bool good = url.path.size() <= longest_name && url.path.find('/', 1) == std::string::npos;
    return verified(good ? std::string() : "has a path that is no name of a database");
}

bool wants_tls(const Options& options) {
    const std::string* tls = options.url.parameter("tls");
    if (tls == nullptr) tls = options.url.parameter("ssl");
    const net::TlsOptions& more = options.tls;
    return (tls != nullptr && *tls == "true") || !more.ca.empty() || !more.certificate.empty() ||
           !more.server_name.empty() || !more.verify;
}

Verified verify_collection(const std::string& name) {
    const std::size_t dot = name.find('.');
    const bool good = dot != std::string::npos && dot > 0 && dot + 1 < name.size() &&
                      name.size() <= longest_name && !name.contains('\0');
    return verified(name.empty() || good ? std::string()
                                         : "is no collection; expected database.collection");
}

Verified verify(const Options& options) {
    const bool user = !options.user.empty() || !options.url.user.empty();
    const bool password = options.password.configured() || !options.url.password.empty();
    if (user != password) return std::unexpected("a log-in needs both user and password");
    const std::string* tls = options.url.parameter("tls");
    if (tls != nullptr && *tls == "false" && wants_tls(options))
        return std::unexpected("tls contradicts tls=false");
    if (options.degraded_above && options.failed_above &&
        *options.degraded_above >= *options.failed_above)
        return std::unexpected("degraded_above must be less than failed_above");
    return {};
}

constexpr Field fields[] = {
    url_field<Options, verify_url>(
        "The address of the server: mongodb://user@host:27017/?authSource=admin&tls=true. It takes "
        "several hosts, as applications do: the check uses the first host with the wanted `role`; "
        "with `any`, it looks for the primary.",
        "mongodb://127.0.0.1/?replicaSet=shop"),
    user_field<Options>(),
    password_field<Options>(),
    field<&Options::role>("role",
                          "Which role the server must have in its replica set. A server without a "
                          "set, and a router (mongos), count as primary.",
                          {.choices = "any|primary|secondary"}),
    field<&Options::collection, verify_collection>(
        "collection", "A collection from which one document is read; it may be empty.",
        {.example = "shop.orders"}),
    field<&Options::degraded_above>("degraded_above", "Degraded when a secondary lags by more.",
                                    {.example = "1m", .least = 10'000}),
    field<&Options::failed_above>("failed_above", "Failed when a secondary lags by more.",
                                  {.example = "10m", .least = 10'000}),
    tls_field<Options>("CA, client certificate and server name. With any of these, or with "
                       "?tls=true, nothing goes to the server in the clear."),
};

// One run's view of the server.
class Probe {
  public:
    Probe(const Options& options, net::Context& context, Session& session)
        : options_(options), context_(context), session_(session) {}

    net::awaitable<Outcome> judge() {
        co_await session_.log_in(context_);
        co_await see_who_we_are();
        judge_role();
        if (!options_.collection.empty()) co_await read();
        if (options_.degraded_above || options_.failed_above) co_await judge_lag();
        if (outcome_.detail.empty()) outcome_.detail = described();
        co_return outcome_.with("role", role_);
    }

  private:
    void add(Status found, const std::string& why) {
        if (found == Status::failed) {
            outcome_.error_class = ErrorClass::assertion;
            outcome_.failed_phase = context_.phase();
        }
        outcome_.status = found;
        outcome_.detail += (outcome_.detail.empty() ? "" : "; ") + why;
    }

    std::string described() const {
        const std::string how = user().empty() ? ", nobody logs in" : "";
        return "answers, " + role_ + how;
    }

    const std::string& user() const {
        return options_.user.empty() ? options_.url.user : options_.user;
    }

    // A server answers hello and ping to anybody: only its confirmation of the user proves the
    // log-in.
    net::awaitable<void> see_who_we_are() {
        context_.enter("status");
        Writer command;
        command.add("connectionStatus", 1);
        const Value answer = co_await session_.demand(std::move(command), "admin");
        const Value* info = answer.find("authInfo", Type::document);
        const Value* users =
            info == nullptr ? nullptr : info->find("authenticatedUsers", Type::array);
        const auto is_us = [this](const auto& each) {
            return each.value.text_of("user") == user();
        };
        const bool known =
            user().empty() || (users != nullptr && std::ranges::any_of(users->items, is_us));
        if (!known) throw CheckError(ErrorClass::auth, "does not take this user for logged in");
    }

    void judge_role() {
        const Value& hello = session_.hello();
        const std::string set = hello.text_of("setName");
        if (const std::string* wanted = options_.url.parameter("replicaSet");
            wanted && *wanted != set)
            throw CheckError(ErrorClass::assertion, "is in another replica set than expected",
                             "got " + text::quoted(set));
        if (hello.is_true("isreplicaset"))
            throw CheckError(ErrorClass::assertion, "its replica set is not initiated");
        const bool primary = hello.is_true("isWritablePrimary") || hello.is_true("ismaster");
        if (hello.text_of("msg") == "isdbgrid")
            role_ = "router";
        else if (primary)
            role_ = set.empty() ? "standalone" : "primary";
        else if (hello.is_true("secondary"))
            role_ = "secondary";
        else if (hello.is_true("arbiterOnly"))
            role_ = "arbiter";
        else
            throw CheckError(ErrorClass::assertion,
                             "is neither primary nor secondary: starting, or recovering");
        const std::string& wanted = options_.role;
        const bool as_wanted =
            wanted == "any" || wanted == role_ ||
            (wanted == "primary" && (role_ == "standalone" || role_ == "router"));
        if (!as_wanted)
            throw CheckError(ErrorClass::assertion,
                             fmt::format("is a {}, expected a {}", role_, wanted));
        if (role_ == "primary") judge_majority(hello);
    }

    // Writes that wait for a majority hang while there is none.
    void judge_majority(const Value& hello) {
        const Value* last = hello.find("lastWrite", Type::document);
        const Value* here = last == nullptr ? nullptr : last->find("lastWriteDate", Type::date);
        const Value* there =
            last == nullptr ? nullptr : last->find("majorityWriteDate", Type::date);
        if (here == nullptr || there == nullptr) return;
        const std::chrono::milliseconds lag(here->integer - there->integer);
        if (lag > majority_may_lag)
            add(Status::degraded, "the majority of its set is " + text::about_duration(lag) +
                                      " behind: writes are not acknowledged");
    }

    net::awaitable<void> read() {
        context_.enter("read");
        const std::size_t dot = options_.collection.find('.');
        Writer command;
        const auto most = std::max<std::int64_t>(1, context_.left().count() * 9 / 10);
        command.add("find", options_.collection.substr(dot + 1))
            .add("limit", 1)
            .add("singleBatch", true)
            .add("maxTimeMS", static_cast<std::int32_t>(std::min<std::int64_t>(most, 1'000'000)));
        if (role_ == "secondary") {
            Writer preference;
            preference.add("mode", "secondaryPreferred");
            command.add("$readPreference", preference);
        }
        co_await session_.demand(std::move(command), options_.collection.substr(0, dot));
    }

    // From the set's own view, which a user with the role clusterMonitor may see.
    net::awaitable<void> judge_lag() {
        if (role_ != "secondary") co_return;
        context_.enter("lag");
        Writer command;
        command.add("replSetGetStatus", 1);
        const Value answer = co_await session_.ask(std::move(command), "admin");
        if (!answer.is_true("ok") && answer.whole("code") == not_permitted)
            throw CheckError(ErrorClass::auth,
                             "user may not see the replica set: grant it the role clusterMonitor");
        if (!answer.is_true("ok")) throw meaning_of(answer);
        std::optional<std::int64_t> primary;
        std::optional<std::int64_t> ours;
        if (const Value* members = answer.find("members", Type::array)) {
            for (const auto& [name, member] : members->items) {
                const Value* when = member.find("optimeDate", Type::date);
                if (when == nullptr) continue;
                if (member.whole("state") == 1) primary = when->integer;
                if (member.is_true("self")) ours = when->integer;
            }
        }
        if (!primary || !ours) {
            add(Status::degraded, "knows no primary: how far it is behind is not known");
            co_return;
        }
        const std::chrono::milliseconds lag(std::max<std::int64_t>(0, *primary - *ours));
        outcome_.with("lag_seconds", std::chrono::duration<double>(lag).count());
        const bool failing = options_.failed_above && lag > *options_.failed_above;
        if (failing || (options_.degraded_above && lag > *options_.degraded_above))
            add(failing ? Status::failed : Status::degraded,
                "secondary lags by " + text::about_duration(lag));
    }

    const Options& options_;
    net::Context& context_;
    Session& session_;
    std::string role_;
    Outcome outcome_ = ok();
};

Access access_of(const Options& options, const text::Url& url) {
    Access access;
    access.endpoint = net::endpoint_of(url, usual_port);
    if (wants_tls(options)) access.tls = options.tls;
    access.user = options.user.empty() ? url.user : options.user;
    access.password = options.password.configured() ? options.password.reveal() : url.password;
    if (url.path.size() > 1) access.source = url.path.substr(1);
    if (const std::string* source = url.parameter("authSource")) access.source = *source;
    const std::string* mechanism = url.parameter("authMechanism");
    if (mechanism != nullptr && *mechanism != "DEFAULT") access.mechanism = *mechanism;
    return access;
}

// The role of a member by its own account, in the words of `role`; empty while it is neither.
std::string_view role_of(const Value& hello) {
    if (hello.is_true("isWritablePrimary") || hello.is_true("ismaster")) return "primary";
    return hello.is_true("secondary") ? "secondary" : "";
}

// The session with a member, and the findings on the way to it.
struct Member {
    std::unique_ptr<Session> session;
    std::size_t hosts = 0;  // that the URL names
    std::size_t away = 0;   // those that were skipped because they are unreachable
    std::string problems;   // theirs
};

net::awaitable<void> try_host(net::Context& context, Access access,
                              std::unique_ptr<Session>& opened) {
    opened = co_await Session::open(context, std::move(access));
}

// The first host that has the role; they are asked in turn.
net::awaitable<void> find(const Options& options, net::Context& context, Member& member) {
    const std::vector<std::string> hosts = text::servers_of(options.url.text);
    const std::string wanted = options.role == "any" ? "primary" : options.role;
    member.hosts = hosts.size();
    Refusals all;
    for (std::size_t index = 0; index < hosts.size(); ++index) {
        const auto left = static_cast<std::int64_t>(hosts.size() - index);
        // The last one ends with the run itself, which reports best where it hung.
        const Steady until =
            left == 1 ? Steady::max() : context.clock().steady() + context.left() / (left + 1);
        Access access = access_of(options, text::Url(hosts[index]));
        const std::string where = access.endpoint.text();
        std::optional<CheckError> error;
        try {
            auto work = try_host(context, std::move(access), member.session);
            const bool in_time = co_await net::within(context, until, std::move(work));
            if (!in_time) error.emplace(ErrorClass::timeout, "did not answer");
        } catch (const CheckError& caught) {
            error = caught;
        }
        if (error && (hosts.size() == 1 || error->error_class == ErrorClass::local))
            throw CheckError(*error);
        if (error) {
            ++member.away;
            member.problems +=
                fmt::format("{}{}: {}", member.problems.empty() ? "" : "; ", where, error->detail);
        } else {
            const std::string_view role = role_of(member.session->hello());
            if (hosts.size() == 1 || role == wanted) co_return;
            co_await retire(context, *member.session);
            error.emplace(ErrorClass::assertion, role.empty() ? "is neither primary nor secondary"
                                                              : fmt::format("is a {}", role));
        }
        all.add(where, std::move(*error), context.phase());
    }
    throw all.summary(fmt::format("no {} at any of", wanted));
}

net::awaitable<Outcome> look(const Options& options, net::Context& context, Session& session) {
    Probe probe(options, context, session);
    Outcome outcome = co_await probe.judge();
    co_return outcome;
}

net::awaitable<Outcome> run(const Options& options, net::Context& context) {
    Member member;
    co_await find(options, context, member);
    Outcome outcome =
        co_await judge_or_leave<look, Options, Session>(options, context, *member.session);
    co_await retire(context, *member.session);
    if (member.away > 0 && outcome.status != Status::failed) {
        outcome.status = Status::degraded;
        outcome.detail += fmt::format("; {} of {} cannot be reached", member.away,
                                      text::counted(member.hosts, "host"));
        outcome.error = member.problems;
    }
    co_return outcome;
}

constexpr std::string_view proves = R"(
    MongoDB accepts this user and confirms that afterwards, because it answers hello and
    ping to anybody. The server is a member of the replica set that the URL names, has the
    role that is wanted, and is neither starting nor recovering; a primary whose majority
    is more than fifteen seconds behind is degraded, because writes that wait for it hang.
    With `collection`, one document is read. A secondary's lag is judged with
    `degraded_above` and `failed_above`, and needs the role clusterMonitor. The check
    writes nothing: it does not see a full disk. Of several hosts the check uses the first
    one with the wanted role. If a host before it is unreachable, the result is degraded.
    Hosts after it are not asked, so add a component for each member to know its state.
    The password is used as it is written, without SASLprep.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, run, verify>(
    "mongodb", "Logs in to MongoDB, judges its role, reads a collection.",
    {.proves = proves,
     .schemes = {"mongodb", "mongodb+srv"},
     .urls = {"mongodb://user:password@host/?authSource=admin&tls=true",
              "mongodb://host1,host2/?replicaSet=shop"},
     .category = Category::datastore});

}  // namespace vitals::checks::mongodb
