#include "replication.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <utility>

#include "checks/access_fields.hpp"
#include "checks/run_on_mysql.hpp"
#include "checks/run_on_postgres.hpp"
#include "lag.hpp"
#include "model/property.hpp"
#include "mysql.hpp"
#include "slots.hpp"
#include "text/amount.hpp"
#include "text/glob.hpp"
#include "text/prose.hpp"

namespace vitals::checks::replication {

namespace {

using namespace backends::postgres;

constexpr int first_with_wal = 100000;  // 10: xlog became wal, location became lsn
// A standby tries to reach its primary again every five seconds (wal_retrieve_retry_interval).
constexpr std::int64_t settling_seconds = 10;
constexpr std::chrono::milliseconds longest_look(1000);
constexpr std::chrono::milliseconds between_looks(50);

bool is_on_mysql(const text::Url& url) {
    return backends::mysql::is_scheme(url.scheme) || url.scheme == "unix";
}

Verified verify_url(const text::Url& url) {
    return is_on_mysql(url) ? backends::mysql::verify_url(url)
                            : backends::postgres::verify_url(url);
}

Verified verify_source(const text::Url& url) {
    return url.empty() ? Verified() : backends::mysql::verify_url(url);
}

Verified verify_bound(const std::vector<std::string>& value) {
    for (const std::string& bound : value) {
        if (!parse_size(bound) && !parse_duration(bound))
            return std::unexpected("is neither a size nor a duration; expected 16MiB, 30s or both");
    }
    return {};
}

Verified verify_globs(const std::vector<std::string>& value) {
    for (const std::string& glob : value) {
        if (auto problem = text::glob_problem(glob); !problem.empty()) return verified(problem);
    }
    return {};
}

Verified verify_options_of_mysql(const Options& options) {
    for (const auto* bounds : {&options.degraded_above, &options.failed_above})
        if (std::ranges::any_of(*bounds, [](const auto& bound) { return !parse_duration(bound); }))
            return std::unexpected("a bound of lag is a duration here: MySQL tells no bytes");
    if (!options.ignore_slots.empty()) return std::unexpected("ignore_slots is for PostgreSQL");
    if (options.fresh_within) return std::unexpected("fresh_within is for PostgreSQL; see source");
    return backends::mysql::verify_access(options.url, options.user, options.tls);
}

Verified verify(const Options& options) {
    if (is_on_mysql(options.url)) return verify_options_of_mysql(options);
    if (!options.source.empty()) return std::unexpected("source is for MySQL; see fresh_within");
    return verify_access_to_postgres(options);
}

constexpr Field fields[] = {
    checks::url_field<Options, verify_url>("The address of PostgreSQL, as in the kind `postgres`, "
                                           "or of MySQL or MariaDB, as in the kind `mysql`.",
                                           "postgresql://app@127.0.0.1:5432/app"),
    user_field<Options>(),
    checks::password_field<Options>(),
    field<&Options::role>("role",
                          "The role that the server must have; `auto` accepts the role that it "
                          "reports. A replica of MySQL is a standby.",
                          {.choices = "auto|primary|standby"}),
    field<&Options::degraded_above, verify_bound>(
        "degraded_above", "Degraded when a standby lags by more: a size, a duration, or both.",
        {.example = "[16MiB, 30s]"}),
    field<&Options::failed_above, verify_bound>(
        "failed_above", "Failed when a standby lags by more: a size, a duration, or both.",
        {.example = "[1GiB, 10m]"}),
    field<&Options::ignore_slots, verify_globs>(
        "ignore_slots",
        "Replication slots that are not judged, such as that of a log archiver: names or globs.",
        {.example = "[barman]"}),
    field<&Options::fresh_within>(
        "fresh_within",
        "Degraded when a standby's newest commit is older; for servers with constant writes. Only "
        "this finds a standby that receives from a server that has lost its primary.",
        {.example = "2m", .least = 1000}),
    field<&Options::source, verify_source>(
        "source",
        "The server that a replica of MySQL copies; the check asks it for its position. Only this "
        "finds a source that hangs, which a replica does not notice for a minute. A URL without a "
        "user uses the same user.",
        {.example = "mysql://10.0.0.1"}),
    auth_every_field<Options>(),
    checks::tls_field<Options>(
        "CA, client certificate and server name. With any of these, or with ?sslmode=verify-full "
        "(PostgreSQL) or mysqls://, the server is verified."),
};

// The columns of one row, by position.
class Facts {
  public:
    explicit Facts(const Row& row) : row_(row) {}

    std::string text(std::size_t column) const {
        return has(column) ? *row_[column] : std::string();
    }
    bool has(std::size_t column) const { return column < row_.size() && row_[column].has_value(); }
    bool is_true(std::size_t column) const { return text(column) == "t"; }
    std::optional<double> number(std::size_t column) const {
        if (!has(column)) return std::nullopt;
        const std::string& digits = *row_[column];
        double value = 0;
        const char* const last = digits.data() + digits.size();
        const auto [end, error] = std::from_chars(digits.data(), last, value);
        return error == std::errc() && end == last ? std::optional(value) : std::nullopt;
    }
    std::optional<std::int64_t> whole(std::size_t column) const {
        const auto value = number(column);
        return value ? std::optional(static_cast<std::int64_t>(*value)) : std::nullopt;
    }

  private:
    const Row& row_;
};

Row only_row(Answer answer) {
    if (answer.rows.size() != 1)
        throw CheckError(ErrorClass::protocol, "not a PostgreSQL answer", "one row expected");
    return std::move(answer.rows.front());
}

Outcome judge_standalone(const Facts& facts, const Slots& slots) {
    const std::size_t fed = slots.logical();
    Outcome outcome = ok(fed == 0 ? "standalone: nothing is set up for replication"
                                  : fmt::format("standalone: no standby, {} in use",
                                                text::counted(fed, "logical slot")));
    if (const auto lost = slots.lost())
        outcome = degraded(*lost);
    else if (const auto idle = slots.idle())
        outcome = degraded(*idle);
    outcome.with(property::role, std::string("standalone"))
        .with(property::current_location, facts.text(0));
    return outcome;
}

Outcome judge_primary(const Options& options, const Facts& facts, const Slots& slots) {
    const std::int64_t standbys = facts.whole(1).value_or(0);
    const std::int64_t seen = facts.whole(2).value_or(0);
    const bool set_up = standbys > 0 || facts.is_true(6) || slots.any_physical();
    if (!set_up && options.role != "primary") return judge_standalone(facts, slots);
    Outcome outcome =
        ok(fmt::format("primary, {} streaming",
                       text::counted(static_cast<std::size_t>(standbys), "standby", "standbys")));
    if (const auto lost = slots.lost()) {
        outcome = degraded(*lost);
    } else if (standbys == 0) {
        outcome = degraded("no standby is streaming");
    } else if (seen < standbys) {
        outcome = degraded("user may not see how far the standbys are: grant it pg_monitor");
    } else if (const auto idle = slots.idle()) {
        outcome = degraded(*idle);
    }
    outcome.with(property::role, std::string("primary")).with(property::replication, standbys > 0);
    if (facts.has(3)) outcome.with(property::standby_address, facts.text(3));
    if (standbys > 1 && facts.has(7)) outcome.with("standby_addresses", facts.text(7));
    outcome.with(property::current_location, facts.text(0)).with("standbys", standbys);
    judge_lag(options, Lag{facts.whole(4), facts.number(5)}, "standby", outcome);
    return outcome;
}

Outcome judge_standby(const Options& options, const Facts& facts, const Slots& slots) {
    const bool receiving = facts.is_true(1);
    Lag lag{facts.whole(2), facts.number(3)};
    const std::chrono::duration<double> age(facts.number(7).value_or(0));
    Outcome outcome = ok("standby, receiving");
    if (!receiving && facts.whole(4).value_or(settling_seconds) < settling_seconds) {
        outcome = ok("standby, just started");
    } else if (!receiving) {
        outcome = degraded("standby receives nothing from its primary");
    } else if (facts.is_true(5)) {
        outcome = degraded("standby receives, but its replay is paused");
    } else if (options.fresh_within && age > *options.fresh_within) {
        outcome = degraded("standby receives, but nothing new is committed: is there a primary?");
    } else if (const auto lost = slots.lost()) {
        outcome = degraded(*lost);
    }
    // Without news from the primary, a complete replay says nothing.
    if (!receiving) lag.seconds.reset();
    if (!receiving && lag.bytes == 0) lag.bytes.reset();
    outcome.with(property::role, std::string("standby")).with(property::replication, receiving);
    outcome.with(property::receive_location, facts.text(0));
    judge_lag(options, lag, "standby", outcome);
    return outcome;
}

// A standby's lag in seconds is the age of the last commit that it has replayed, while something is
// left to replay: in a bulk load something always is, and nothing commits. So the check looks
// again: either the rest is replayed within moments, and then nothing lags, or it is not.
net::awaitable<void> look_again(net::Context& context, Session& session, Row& row) {
    const Facts facts(row);
    const bool lags = facts.is_true(1) && !facts.is_true(5) && facts.number(3).value_or(0) >= 1;
    if (!lags || !facts.has(6)) co_return;
    context.enter("replay");
    const std::string sql = replayed_statement(session.version());
    const Steady began = context.clock().steady();
    const auto patience = std::min(longest_look, context.left() / 4);
    while (context.clock().steady() - began < patience) {
        co_await context.sleep(between_looks);
        std::vector<std::string> parameters{facts.text(6)};
        const Answer answer = co_await session.demand(sql, std::move(parameters));
        if (answer.value() != "t") continue;
        const std::chrono::duration<double> took = context.clock().steady() - began;
        row[3] = fmt::format("{:.3f}", took.count());
        co_return;
    }
}

net::awaitable<Outcome> look(const Options& options, net::Context& context, Session& session) {
    context.enter("role");
    co_await session.begin();
    // Otherwise the user might find functions of another schema first.
    co_await session.demand("SET LOCAL search_path = pg_catalog");
    const Answer recovery = co_await session.demand("SELECT pg_is_in_recovery()");
    const bool standby = recovery.value() == "t";
    const std::string role = standby ? "standby" : "primary";
    context.enter("positions");
    const std::string listing = slots_statement(session.version(), standby);
    const Answer listed = co_await session.demand(listing);
    const Slots slots = read_slots(listed, options.ignore_slots);
    const std::string sql =
        standby ? standby_statement(session.version()) : primary_statement(session.version());
    std::vector<std::string> parameters;
    if (!standby) parameters.push_back(fmt::format("{{{}}}", fmt::join(slots.ignored_users, ",")));
    Answer answer = co_await session.demand(sql, std::move(parameters));
    Row row = only_row(std::move(answer));
    if (standby) co_await look_again(context, session, row);
    if (may_keep(options, context)) co_await session.demand("COMMIT");
    Outcome outcome = standby ? judge_standby(options, Facts(row), slots)
                              : judge_primary(options, Facts(row), slots);
    if (options.role != "auto" && options.role != role) {
        outcome.status = Status::failed;
        outcome.error_class = ErrorClass::assertion;
        outcome.detail = fmt::format("is a {}, expected a {}", role, options.role);
    }
    co_return outcome;
}

net::awaitable<Outcome> run(const Options& options, net::Context& context) {
    Outcome outcome;
    if (is_on_mysql(options.url)) {
        outcome = co_await run_on_mysql<look_at_mysql, Options>(options, context);
    } else {
        outcome = co_await run_on_postgres<look, Options>(options, context);
    }
    co_return outcome;
}

Verified from_url_of_either(Options& options, std::string_view url) {
    options.url = url.substr(url.find('+') + 1);
    return verify_url(options.url);
}

constexpr std::string_view proves = R"(
    The role of the server (primary, standby, or standalone when nothing in it is set up
    for standbys), its position in the log, whether a standby streams, and the lag in
    bytes and seconds. Degraded: a primary that has lost its standby, a standby that
    receives nothing or whose replay is paused, and a replication slot that nobody uses or
    whose log is gone. Lag is judged by its own bounds. The lag in seconds is 0 on an idle
    server, and unknown on a standby that receives nothing. An ordinary user does not see
    how far standbys are: grant pg_monitor. A standby cannot tell whether the server that
    it receives from has a primary: check that server too, or set `fresh_within`. The
    check does not compare the data of primary and standby. MySQL and MariaDB report their
    lag only in seconds, without a configured delay. A replica that cannot apply what it
    receives, or has given up its source, is failed; one that has no connection is
    degraded. For up to a minute a replica cannot tell a source that hangs from an idle
    one: name the source in `source`. The user needs the right SLAVE MONITOR (MariaDB) or
    REPLICATION CLIENT (MySQL).)"_prose;

}  // namespace

// One row: 0 position, 1 standbys connected, 2 of these, whose figures may be seen, 3 the address
// of the first that streams, 4 and 5 the largest lag in bytes and seconds, 6 whether commits wait
// for standbys, 7 the addresses of all. These are not standbys: a base backup, a log archiver (it
// reports what it has written, and replays nothing), a logical subscriber, and the processes $1. A
// new standby has not reported anything yet.
std::string primary_statement(int version) {
    const bool wal = version >= first_with_wal;
    const std::string position = wal ? "pg_current_wal_lsn()" : "pg_current_xlog_location()";
    const std::string diff = wal ? "pg_wal_lsn_diff" : "pg_xlog_location_diff";
    const std::string replayed = wal ? "replay_lsn" : "replay_location";
    const std::string written = wal ? "write_lsn" : "write_location";
    const std::string seconds =
        wal ? fmt::format(
                  "max(CASE WHEN {}({}, replay_lsn) > 0 THEN extract(epoch FROM replay_lag) "
                  "ELSE 0 END)",
                  diff, position)
            : "NULL::float8";
    return fmt::format(
        "SELECT {0}::text, count(r.pid), count(r.state), "
        "coalesce(min(host(r.client_addr)) FILTER (WHERE r.state = 'streaming'), "
        "min(host(r.client_addr))), "
        "max(greatest({1}({0}, r.{2}), 0)), {3}, "
        "current_setting('synchronous_standby_names') <> '', "
        "string_agg(DISTINCT host(r.client_addr), ' ') "
        "FROM pg_stat_replication r WHERE (r.state IS NULL "
        "OR (r.state IN ('streaming', 'catchup') AND (r.{2} IS NOT NULL "
        "OR (r.{4} IS NULL AND r.backend_start > clock_timestamp() - interval '10 s' "
        "AND r.application_name NOT IN ('pg_basebackup', 'pg_receivewal'))))) "
        "AND NOT r.pid = ANY ($1::int[]) "
        "AND NOT EXISTS (SELECT 1 FROM pg_replication_slots s WHERE s.active_pid = r.pid "
        "AND s.slot_type = 'logical')",
        position, diff, replayed, seconds, written);
}

// One row: 0 position received, 1 whether it is receiving, 2 and 3 lag in bytes and seconds, 4 for
// how many seconds it runs, 5 whether replay is paused, 6 how far the primary is, 7 the age in
// seconds of the newest commit. After a restart the received position falls back to the start of
// its segment until new data comes: the replayed one is further then.
std::string standby_statement(int version) {
    const bool wal = version >= first_with_wal;
    const std::string received =
        wal ? "pg_last_wal_receive_lsn()" : "pg_last_xlog_receive_location()";
    const std::string replayed =
        wal ? "pg_last_wal_replay_lsn()" : "pg_last_xlog_replay_location()";
    const std::string diff = wal ? "pg_wal_lsn_diff" : "pg_xlog_location_diff";
    const std::string paused = wal ? "pg_is_wal_replay_paused()" : "pg_is_xlog_replay_paused()";
    // The position that the primary reported; it exists since 9.6, and only pg_monitor may see it.
    const bool receiver = version >= 90600;
    const std::string announced =
        receiver ? "(SELECT latest_end_lsn FROM pg_stat_wal_receiver)" : "NULL::pg_lsn";
    const std::string receiving =
        receiver ? "EXISTS (SELECT 1 FROM pg_stat_wal_receiver WHERE coalesce(status, "
                   "'streaming') = 'streaming')"
                 : fmt::format("{} IS NOT NULL", received);
    return fmt::format(
        "SELECT greatest({0}, {1})::text, {2}, "
        "greatest({3}(greatest({4}, {0}, {1}), {1}), 0), "
        "CASE WHEN greatest({4}, {0}, {1}) = {1} THEN 0 "
        "ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END, "
        "floor(extract(epoch FROM clock_timestamp() - pg_postmaster_start_time())), "
        "CASE WHEN pg_is_in_recovery() THEN {5} END, greatest({4}, {0}, {1})::text, "
        "extract(epoch FROM clock_timestamp() - coalesce(pg_last_xact_replay_timestamp(), "
        "pg_postmaster_start_time()))",
        received, replayed, receiving, diff, announced, paused);
}

// Whether the position $1 is replayed.
std::string replayed_statement(int version) {
    return version >= first_with_wal
               ? "SELECT pg_wal_lsn_diff(pg_last_wal_replay_lsn(), $1) >= 0"
               : "SELECT pg_xlog_location_diff(pg_last_xlog_replay_location(), $1) >= 0";
}

const Kind kind = make_kind<Options, fields, run, verify, from_url_of_either>(
    "replication", "Asks PostgreSQL, MySQL or MariaDB for its role, positions and lag.",
    {.proves = proves,
     .schemes = {"replication+postgresql", "replication+postgres", "replication+mysql",
                 "replication+mysqls", "replication+mariadb"},
     .urls = {"replication+postgresql://user:password@host/postgres",
              "replication+mysql://user:password@host"},
     .category = Category::datastore});

}  // namespace vitals::checks::replication
