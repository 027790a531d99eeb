#include "redis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "backends/redis/sentinel.hpp"
#include "backends/redis/session.hpp"
#include "checks/access_fields.hpp"
#include "checks/random_text.hpp"
#include "checks/reuse.hpp"
#include "checks/sentinel_fields.hpp"
#include "text/prose.hpp"
#include "text/quote.hpp"
#include "text/url.hpp"
#include "text/whole_number.hpp"

namespace vitals::checks::redis {

namespace {

using backends::redis::Access;
using backends::redis::meaning_of;
using backends::redis::Session;
using backends::redis::Value;
using wire::resp::info_field;
using wire::resp::info_part;
using Type = Value::Type;
using Words = std::vector<std::string>;

// A key that is evicted at once (volatile-ttl takes the one that expires first) is not a failure
// yet.
constexpr int tries_against_eviction = 3;
// How many keys are tried until this node of a cluster keeps one. With a third of all slots,
// sixteen keys miss once in 650 runs.
constexpr int tries_for_a_slot = 16;

// The number of the database: the path, or `db` after the path of a unix socket. Nothing when it is
// not a number.
std::optional<std::int64_t> database_of(const text::Url& url) {
    std::string_view text = url.path;
    if (url.scheme == "unix") {
        const std::string* db = url.parameter("db");
        text = db == nullptr ? std::string_view() : std::string_view(*db);
    } else if (text.starts_with('/')) {
        text.remove_prefix(1);
    }
    if (text.empty()) return 0;
    const auto value = text::whole_number<std::int64_t>(text);
    return value && *value >= 0 && *value < 100'000 ? value : std::nullopt;
}

Verified verify_url(const text::Url& url) {
    if (auto problem = text::url_problem(url.text, {"redis", "rediss", "unix"},
                                         text::HostIs::optional, text::Servers::several);
        !problem.empty()) {
        return std::unexpected(problem);
    }
    if (url.scheme == "unix" && (!url.host.empty() || !url.path.starts_with('/')))
        return std::unexpected("names no path; expected unix:/path/to/socket");
    if (url.scheme != "unix" && url.host.empty()) return std::unexpected("names no host");
    for (const auto& [name, ignored] : url.query) {
        if (name != "db" || url.scheme != "unix")
            return std::unexpected(
                "has parameters; expected redis://host:port/database, or unix:/path?db=0");
    }
    if (!database_of(url))
        return std::unexpected("names no database by number; expected redis://host:port/0");
    return {};
}

Verified verify(const Options& options) {
    const text::Url& url = options.url;
    const bool password = !url.password.empty() || options.password.configured();
    if (!options.user.empty() && !password)
        return std::unexpected("a user without a password cannot log in");
    if (!url.user.empty() && !password)
        return std::unexpected(
            "url: a user without a password cannot log in; a password alone is written "
            "redis://:password@host");
    if (options.master.empty() && text::servers_of(url.text).size() > 1)
        return std::unexpected(
            "url: names several servers: give each of them a component of its own; several "
            "sentinels go with `master`");
    if (options.master.empty() && options.sentinel_password.configured())
        return std::unexpected("sentinel_password goes with `master`");
    if (options.master.empty() && options.sentinel_tls != "as_url")
        return std::unexpected("sentinel_tls goes with `master`");
    if (!options.sentinel_user.empty() && !options.sentinel_password.configured())
        return std::unexpected("sentinel_user goes with `sentinel_password`");
    if (options.mode == "sentinel" && options.role != "any")
        return std::unexpected("a sentinel is neither master nor replica: no role");
    if (!options.master.empty() && options.mode != "auto" && options.mode != "sentinel")
        return std::unexpected("master: is found through a sentinel; expected mode: sentinel");
    if (!options.master.empty() && options.role == "replica")
        return std::unexpected("master: contradicts role: replica");
    if (options.mode == "replica" && options.role == "master")
        return std::unexpected("mode: replica contradicts role: master");
    return {};
}

constexpr Field fields[] = {
    url_field<Options, verify_url>(
        "The address of Redis: redis://host:port/0, rediss:// with TLS, or unix:/path?db=0.",
        "redis://127.0.0.1:6379/0"),
    field<&Options::user>("user", "The user (ACL); it may stand in the URL instead."),
    password_field<Options>(),
    field<&Options::mode>(
        "mode",
        "What the server is; `auto` asks it (INFO), and expects that it can write. With "
        "`standalone`, for example for a proxy, the check only writes, reads back and deletes.",
        {.choices = "auto|standalone|replica|cluster|sentinel"}),
    field<&Options::role>("role", "The role that it must have; any other is failed.",
                          {.choices = "any|master|replica"}),
    field<&Options::master>(
        "master",
        "The name of a master that the sentinels at `url` watch; the check uses the server that "
        "they name. Several sentinels are asked in turn: redis://host1:26379,host2:26379/0.",
        {.example = "shop"}),
    sentinel_user_field<Options>(),
    sentinel_password_field<Options>(),
    sentinel_tls_field<Options>(
        "Whether the sentinels speak TLS: `as_url`, like the master (rediss://), or otherwise."),
    auth_every_field<Options>(),
    tls_field<Options>("For rediss://: CA, client certificate and server name."),
};

// One run's view of the server. INFO is asked only for what writing does not show.
class Probe {
  public:
    Probe(const Options& options, net::Context& context, Session& session)
        : options_(options), context_(context), session_(session) {}

    net::awaitable<Outcome> judge();

  private:
    net::awaitable<std::string> find_mode();
    net::awaitable<std::string> info(std::string section);
    net::awaitable<void> see_role();
    net::awaitable<Outcome> as_replica();
    net::awaitable<Outcome> as_cluster();
    net::awaitable<Outcome> as_sentinel();
    net::awaitable<void> see_quorum(std::string master);
    net::awaitable<Outcome> write_and_read();
    net::awaitable<bool> set(std::string key, std::string value);

    const Options& options_;
    net::Context& context_;
    Session& session_;
    std::string role_;         // master | replica; empty when the server does not report it
    std::string replication_;  // what INFO said
};

// Hosted servers disable commands, and proxies (Envoy, twemproxy) know few.
bool is_unseen(const Value& answer) {
    return answer.error_code() == "NOPERM" || answer.text.starts_with("ERR unknown command") ||
           answer.text.starts_with("invalid request") ||
           answer.text.starts_with("ERR unsupported command");
}

// The answer to INFO. It is empty when it is not allowed, which is not a failure: writing will
// tell.
net::awaitable<std::string> Probe::info(std::string section) {
    context_.enter("info");
    Words words{"INFO", section};
    Value answer = co_await session_.ask(std::move(words));
    if (answer.is(Type::error) && is_unseen(answer)) co_return std::string();
    if (answer.is(Type::error)) throw meaning_of(answer);
    if (!answer.is(Type::bulk)) {
        throw CheckError(ErrorClass::protocol, "not an answer to INFO",
                         "got " + text::quoted(answer.text));
    }
    co_return std::move(answer.text);
}

net::awaitable<std::string> Probe::find_mode() {
    if (!options_.master.empty()) co_return "standalone";
    if (options_.mode != "auto") co_return options_.mode;
    const std::string server = co_await info("server");
    co_return std::string(info_field(server, "redis_mode").value_or("standalone"));
}

net::awaitable<void> Probe::see_role() {
    std::string expected = options_.role;
    if (options_.mode == "replica") expected = "replica";
    if (!options_.master.empty()) expected = "master";
    // A proxy may even close the connection at INFO.
    if (options_.mode == "standalone" && expected == "any") co_return;
    replication_ = co_await info("replication");
    const auto said = info_field(replication_, "role");
    if (said) role_ = *said == "slave" ? "replica" : std::string(*said);
    if (expected == "any" || role_ == expected) co_return;
    if (role_.empty()) {
        throw CheckError(ErrorClass::auth, "server does not show its role to this user",
                         "INFO replication gave no role");
    }
    throw CheckError(ErrorClass::assertion, fmt::format("is a {}, expected a {}", role_, expected));
}

net::awaitable<Outcome> Probe::as_replica() {
    if (info_field(replication_, "master_link_status").value_or("down") != "up") {
        const bool copying = info_field(replication_, "master_sync_in_progress") == "1";
        const auto since = info_field(replication_, "master_link_down_since_seconds");
        throw CheckError(
            ErrorClass::assertion,
            copying ? "no link to its master: copying all of its data" : "no link to its master",
            fmt::format("down since {} s", since.value_or("?")));
    }
    context_.enter("read");
    // There is no such key: this answer proves that it serves reads.
    const std::string key = "vitals:" + random_text();
    Words words{"GET", key};
    const Value answer = co_await session_.ask(std::move(words));
    if (answer.is(Type::error) && answer.error_code() != "MOVED") throw meaning_of(answer);
    co_return ok("replica, linked to its master").with("role", role_);
}

// False: another node of the cluster keeps this key.
net::awaitable<bool> Probe::set(std::string key, std::string value) {
    context_.enter("write");
    const std::int64_t seconds = std::max<std::int64_t>(
        30, 2 * std::chrono::ceil<std::chrono::seconds>(context_.left()).count());
    const std::string expiry = std::to_string(seconds);
    Words words{"SET", key, value, "NX", "EX", expiry};
    const Value answer = co_await session_.ask(std::move(words));
    if (answer.error_code() == "MOVED") co_return false;
    if (answer.is(Type::error)) throw meaning_of(answer);
    if (!answer.is(Type::simple) || answer.text != "OK") {
        throw CheckError(ErrorClass::assertion, "SET was not answered with OK",
                         "got " + text::quoted(answer.text));
    }
    co_return true;
}

net::awaitable<Outcome> Probe::write_and_read() {
    const std::string value = random_text();
    int evicted = 0;
    for (int tried = 0; tried < tries_for_a_slot; ++tried) {
        const std::string key = "vitals:" + random_text();
        const bool kept_here = co_await set(key, value);
        if (!kept_here) continue;
        context_.enter("read");
        Words get{"GET", key};
        const Value got = co_await session_.demand(std::move(get));
        if (got.is(Type::nil) && ++evicted < tries_against_eviction) continue;
        if (got.is(Type::nil))
            throw CheckError(ErrorClass::assertion, "what was written is gone at once");
        if (!got.is(Type::bulk) || got.text != value) {
            throw CheckError(ErrorClass::assertion, "read something else than was written",
                             "got " + text::quoted(got.text));
        }
        context_.enter("delete");
        Words del{"DEL", key};
        co_await session_.demand(std::move(del));
        Outcome outcome = ok("written, read back and deleted");
        if (!role_.empty()) outcome.with("role", role_);
        co_return outcome;
    }
    Outcome outcome = ok("answers; the keys tried are kept by other nodes");
    if (!role_.empty()) outcome.with("role", role_);
    co_return outcome;
}

net::awaitable<Outcome> Probe::as_cluster() {
    context_.enter("info");
    Words words{"CLUSTER", "INFO"};
    const Value answer = co_await session_.ask(std::move(words));
    const bool unseen = answer.is(Type::error) && is_unseen(answer);
    if (answer.text.starts_with("ERR This instance has cluster support disabled"))
        throw CheckError(ErrorClass::assertion, "is no node of a cluster");
    if (answer.is(Type::error) && !unseen) throw meaning_of(answer);
    const auto state = info_field(answer.text, "cluster_state");
    if (!unseen && state != "ok")
        throw CheckError(ErrorClass::assertion, "cluster is down",
                         "got " + text::quoted(answer.text));
    const auto count = [&](std::string_view name) {
        return text::whole_number<std::int64_t>(info_field(answer.text, name).value_or("0"))
            .value_or(0);
    };
    const bool replica = role_ == "replica";
    Outcome outcome;
    if (replica) {
        outcome = co_await as_replica();
    } else {
        outcome = co_await write_and_read();
    }
    if (unseen) co_return outcome;
    outcome.with("cluster_nodes", count("cluster_known_nodes"));
    const std::int64_t failing = count("cluster_slots_pfail") + count("cluster_slots_fail");
    if (failing > 0) {
        outcome.status = Status::degraded;
        outcome.detail = fmt::format("{} slots of the cluster are in doubt", failing);
    }
    co_return outcome;
}

net::awaitable<void> Probe::see_quorum(std::string master) {
    Words words{"SENTINEL", "CKQUORUM", std::move(master)};
    co_await session_.demand(std::move(words));
}

net::awaitable<Outcome> Probe::as_sentinel() {
    const std::string text = co_await info("sentinel");
    if (text.find("sentinel_masters:") == std::string::npos)
        throw CheckError(ErrorClass::assertion, "is no sentinel", "got " + text::quoted(text));
    std::int64_t masters = 0;
    for (;; ++masters) {
        const auto line = info_field(text, fmt::format("master{}", masters));
        if (!line) break;
        const std::string name(info_part(*line, "name").value_or(""));
        const auto status = info_part(*line, "status");
        if (status != "ok")
            throw CheckError(ErrorClass::assertion, "a master is down", std::string(*line));
        context_.enter("quorum");
        co_await see_quorum(name);
    }
    if (masters == 0) throw CheckError(ErrorClass::assertion, "sentinel watches no master");
    co_return ok("sentinel: masters are up, with a quorum").with("masters", masters);
}

net::awaitable<Outcome> Probe::judge() {
    const std::string mode = co_await find_mode();
    Outcome outcome;
    if (mode == "sentinel") {
        outcome = co_await as_sentinel();
    } else {
        co_await see_role();
        const bool reads_only =
            options_.mode == "replica" || (options_.role == "replica" && mode != "cluster");
        if (mode == "cluster") {
            outcome = co_await as_cluster();
        } else if (reads_only) {
            outcome = co_await as_replica();
        } else {
            outcome = co_await write_and_read();
        }
    }
    outcome.with("mode", mode);
    // Clients do without the password, so it works for them; but somebody believes that it is
    // protected.
    if (session_.password_unused() && outcome.status == Status::ok) {
        outcome.status = Status::degraded;
        outcome.detail =
            "works, but asks for no password though one is given: set requirepass, or leave out "
            "the password";
    }
    co_return outcome;
}

Access access_of(const Options& options) {
    return backends::redis::access_of(options.url, options.user, options.password, options.tls);
}

// Each sentinel in the URL; they may have their own user and password.
std::vector<Access> sentinels_of(const Options& options) {
    std::vector<Access> sentinels;
    for (const std::string& url : text::servers_of(options.url.text)) {
        Access access =
            backends::redis::access_of(text::Url(url), options.user, options.password, options.tls);
        if (options.sentinel_password.configured()) {
            access.user = options.sentinel_user;
            access.password = options.sentinel_password.reveal();
        }
        if (options.sentinel_tls == "on") access.tls = options.tls;
        if (options.sentinel_tls == "off") access.tls.reset();
        sentinels.push_back(std::move(access));
    }
    return sentinels;
}

net::awaitable<std::unique_ptr<Session>> open(const Options& options, net::Context& context) {
    Access access = access_of(options);
    if (!options.master.empty()) {
        std::vector<Access> sentinels = sentinels_of(options);
        access.endpoint =
            co_await backends::redis::find_master(context, std::move(sentinels), options.master);
    }
    auto session = co_await Session::connect(context, std::move(access));
    co_await session->log_in(context);
    const std::int64_t database = database_of(options.url).value_or(0);
    if (database != 0) {
        context.enter("select");
        co_await session->select(database);
    }
    co_return session;
}

net::awaitable<Outcome> judge(const Options& options, net::Context& context, Session& session) {
    Probe probe(options, context, session);
    Outcome outcome = co_await probe.judge();
    co_return outcome;
}

net::awaitable<Outcome> run(const Options& options, net::Context& context) {
    const Access access = access_of(options);
    const std::string both = access.user + '\0' + access.password;
    Outcome outcome = co_await run_reusing<open, judge>(options, context, both);
    co_return outcome;
}

constexpr std::string_view proves = R"(
    Redis accepts this user and stores data: a key `vitals:...` is set with an expiry,
    read back, compared and deleted. A server that answers PING but refuses writes
    (read-only replica, memory full, cannot save, not enough replicas) is failed, and the
    detail names the reason. A replica (`mode: replica`) is asked for its link to the
    master and for a read. A node of a cluster is also asked for the state of the cluster;
    a key that lives on another node (MOVED) is normal. A sentinel is asked for its
    masters and their quorum. With `master`, it is asked for the address of that master,
    which is then checked. A password that the server does not ask for is degraded. The
    check cannot tell whether the application's own keys are right, or whether data
    survives a restart.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, run, verify>(
    "redis", "Logs in, writes a key that expires, reads it back, deletes it.",
    {.proves = proves,
     .schemes = {"redis", "rediss"},
     .urls = {"redis://:password@host:6379/0", "rediss://user:password@host"},
     .category = Category::datastore});

}  // namespace vitals::checks::redis
