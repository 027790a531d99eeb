#include "mysql.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "checks/access_fields.hpp"
#include "checks/expected_value.hpp"
#include "checks/run_on_mysql.hpp"
#include "text/amount.hpp"
#include "text/prose.hpp"

namespace vitals::checks::mysql {

namespace {

using namespace backends::mysql;

Verified verify(const Options& options) {
    if (!options.expect.empty() && options.query.empty())
        return std::unexpected("expect without a query");
    return verify_access(options.url, options.user, options.tls);
}

constexpr Field fields[] = {
    mysql_url_field<Options>(),
    user_field<Options>(),
    password_field<Options>(),
    field<&Options::query>("query", "The statement to run instead of SELECT 1.",
                           {.example = "SELECT count(*) < 1000 FROM queue"}),
    expected_value_field<Options>("1"),
    field<&Options::writable>("writable",
                              "Failed on a server that is read-only, such as a replica."),
    field<&Options::connections_above>(
        "connections_above",
        "Degraded with more of the server's connections (max_connections) in use.",
        {.example = "90%"}),
    field<&Options::nodes>("nodes", "Degraded with fewer nodes in the Galera cluster.",
                           {.unit = "nodes", .least = 0, .most = 1000}),
    auth_every_field<Options>(),
    mysql_tls_field<Options>(),
};

// Yes, in one of the many forms of servers and versions.
bool is_on(const std::optional<std::string>& value) {
    return value && *value != "OFF" && *value != "0" && !value->empty();
}

// One run's view of the server.
class Probe {
  public:
    Probe(const Options& options, net::Context& context, Session& session)
        : options_(options), context_(context), session_(session) {}

    net::awaitable<Outcome> judge() {
        co_await ask();
        co_await look_at_variables();
        const bool clustered = is_on(variables_.listed("wsrep_on"));
        if (clustered) co_await look_at_cluster();
        if (options_.nodes > 0 && !clustered)
            throw CheckError(ErrorClass::assertion, "is no node of a Galera cluster");
        if (options_.connections_above) co_await count_connections();
        // No lock, setting or temporary table of a configured query stays in the session.
        const bool may_leave_something = may_keep(options_, context_) && !options_.query.empty();
        if (may_leave_something) co_await session_.discard();
        if (outcome_.detail.empty()) {
            outcome_.detail = options_.expect.empty() ? "answers" : "answers as expected";
            if (options_.writable) outcome_.detail += ", not read-only";
        }
        co_return outcome_.with("tls", session_.encrypted());
    }

  private:
    void degrade(const std::string& why) {
        outcome_.status = Status::degraded;
        outcome_.detail += (outcome_.detail.empty() ? "" : "; ") + why;
    }

    net::awaitable<void> ask() {
        const bool foreign = !options_.query.empty();
        context_.enter("query");
        if (foreign) co_await session_.limit_statements(context_);
        const std::string sql = foreign ? options_.query : "SELECT 1";
        const Answer answer = co_await session_.demand(sql);
        if (foreign)
            require_expected(options_.expect, answer.value());
        else
            require_one(answer.value());
    }

    // A node of a Galera cluster without a quorum answers SELECT 1. One statement asks everything:
    // a variable that the server does not have gives no row, and no right is needed. Servers that
    // are only similar to MySQL may not know the statement.
    net::awaitable<void> look_at_variables() {
        context_.enter(options_.writable ? "writable" : "variables");
        variables_ = co_await session_.ask(
            "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('read_only', 'super_read_only', "
            "'innodb_read_only', 'transaction_read_only', 'tx_read_only', 'wsrep_on', "
            "'max_connections')");
        if (variables_.error && !is_unknown_to_server(*variables_.error))
            throw meaning_of(*variables_.error);
        if (options_.writable) insist_on_writing();
    }

    void insist_on_writing() const {
        if (!variables_.listed("read_only"))
            throw CheckError(ErrorClass::assertion, "does not tell whether it is read-only");
        constexpr std::string_view of_server[] = {"read_only", "super_read_only",
                                                  "innodb_read_only"};
        for (const std::string_view name : of_server) {
            if (!is_on(variables_.listed(name))) continue;
            throw CheckError(ErrorClass::assertion, fmt::format("refuses writes: {} is on", name));
        }
        const bool by_default = is_on(variables_.listed("transaction_read_only")) ||
                                is_on(variables_.listed("tx_read_only"));
        if (by_default)
            throw CheckError(ErrorClass::assertion, "refuses writes: read-only by default");
    }

    net::awaitable<void> look_at_cluster() {
        context_.enter("cluster");
        const Answer state = co_await session_.demand(
            "SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_ready', 'wsrep_cluster_status', "
            "'wsrep_local_state', 'wsrep_local_state_comment', 'wsrep_cluster_size')");
        const std::string status = state.listed("wsrep_cluster_status").value_or("");
        // No row: the variable is on, and no provider is loaded.
        if (status.empty()) co_return;
        const std::string comment = state.listed("wsrep_local_state_comment").value_or("");
        const std::string theirs = "got " + text::quoted(status + ", " + comment);
        const auto local = number_of(state.listed("wsrep_local_state"));
        constexpr std::int64_t joining = 1, donor = 2, synced = 4;
        const bool ready = is_on(state.listed("wsrep_ready"));
        if (local == joining && !ready)
            throw CheckError(ErrorClass::assertion,
                             "node joins its cluster, and takes no statements yet", theirs);
        if (status != "Primary")
            throw CheckError(ErrorClass::assertion, "node has no quorum: its cluster is split",
                             theirs);
        if (!ready) throw CheckError(ErrorClass::assertion, "node takes no statements yet", theirs);
        if (local == donor)
            degrade("node is a donor for another one");
        else if (local != synced)
            degrade("node is not synced with its cluster");
        const auto size = number_of(state.listed("wsrep_cluster_size")).value_or(0);
        outcome_.with("cluster_nodes", size);
        if (size < options_.nodes)
            degrade(fmt::format(
                "{} in the cluster, expected {}",
                text::counted(static_cast<std::size_t>(std::max<std::int64_t>(size, 0)), "node"),
                options_.nodes));
    }

    net::awaitable<void> count_connections() {
        context_.enter("connections");
        const Answer answer =
            co_await session_.demand("SHOW GLOBAL STATUS LIKE 'Threads_connected'");
        const auto used = number_of(answer.listed("Threads_connected"));
        const auto most = number_of(variables_.listed("max_connections"));
        if (!used || !most || *most <= 0)
            throw CheckError(ErrorClass::assertion, "does not tell how many connections it has");
        outcome_.with("connections", *used).with("max_connections", *most);
        const double share = 100.0 * static_cast<double>(*used) / static_cast<double>(*most);
        if (share > options_.connections_above->value)
            degrade(fmt::format("{} of its connections are in use", text::about_percent(share)));
    }

    const Options& options_;
    net::Context& context_;
    Session& session_;
    Answer variables_;
    Outcome outcome_ = ok();
};

net::awaitable<Outcome> look(const Options& options, net::Context& context, Session& session) {
    Probe probe(options, context, session);
    Outcome outcome = co_await probe.judge();
    co_return outcome;
}

constexpr std::string_view proves = R"(
    MySQL or MariaDB accepts this user, has a connection left for it, and answers SELECT
    1. With `query`, the first value of the result is compared with `expect`; the server
    ends the query at the deadline. A node of a Galera cluster answers SELECT 1 also
    without a quorum, so it is asked for its state, and is failed when its cluster is
    split. With `writable: true` the server is also not read-only. The check judges the
    server's variables, because a user with all rights may write to a read-only server.
    The check writes nothing, so it sees neither a full disk nor locked tables. A server
    keeps one connection for administrators: use the user of the application, or the check
    is ok when the application gets no connection. Behind a proxy, the query reaches a
    server, and the log-in ends at the proxy.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, run_on_mysql<look, Options>, verify>(
    "mysql", "Logs in to MySQL or MariaDB and runs a query.",
    {.proves = proves,
     .schemes = {"mysql", "mysqls", "mariadb"},
     .urls = {"mysql://user:password@host/database", "mysqls://user:password@host/database"},
     .category = Category::datastore});

}  // namespace vitals::checks::mysql
