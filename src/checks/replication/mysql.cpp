#include "mysql.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <utility>

#include "lag.hpp"
#include "model/property.hpp"
#include "text/amount.hpp"
#include "text/quote.hpp"

namespace vitals::checks::replication {

namespace {

using backends::mysql::Answer;
using backends::mysql::number_of;
using backends::mysql::Session;

constexpr int access_denied = 1227;
constexpr std::size_t longest_position = 16 * 1024;
constexpr std::chrono::milliseconds longest_wait(1000);

// The first column that the server has of these.
std::optional<std::string> any_of(const Answer& answer, std::size_t row,
                                  std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names)
        if (auto value = answer.value(row, name)) return value;
    return std::nullopt;
}

std::string with_code(std::string text, std::int64_t code) {
    return code == 0 ? text : fmt::format("{} (error {})", text, code);
}

// The statement has another name in each version; a server refuses names that it does not know.
net::awaitable<Answer> ask_for_channels(Session& session) {
    std::vector<std::string> statements{"SHOW REPLICA STATUS", "SHOW SLAVE STATUS"};
    if (session.is_mariadb())  // all sources, not only the one without a name
        statements.insert(statements.begin(),
                          {"SHOW ALL REPLICAS STATUS", "SHOW ALL SLAVES STATUS"});
    Answer answer;
    for (const std::string& statement : statements) {
        answer = co_await session.ask(statement);
        if (!answer.error || !backends::mysql::is_unknown_to_server(*answer.error)) break;
    }
    if (answer.error && answer.error->code == access_denied)
        throw CheckError(ErrorClass::auth,
                         "user may not see the replication: grant it SLAVE MONITOR (MariaDB) or "
                         "REPLICATION CLIENT (MySQL)",
                         "got " + text::quoted(answer.error->text));
    if (answer.error) throw backends::mysql::meaning_of(*answer.error);
    co_return answer;
}

// How many servers copy this one; nothing when it does not report that.
net::awaitable<std::optional<std::int64_t>> count_replicas(Session& session) {
    const Answer status = co_await session.ask("SHOW GLOBAL STATUS LIKE 'Slaves_connected'");
    auto count = number_of(status.listed("Slaves_connected"));
    if (count) co_return count;
    const Answer list = co_await session.ask(
        "SELECT count(*) FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'");
    count = number_of(list.value());
    if (count == 0) count.reset();  // a user who may not see others sees none
    co_return count;
}

net::awaitable<Outcome> judge_primary(const Options& options, net::Context& context,
                                      Session& session) {
    context.enter("replicas");
    const auto replicas = co_await count_replicas(session);
    Outcome outcome = ok("copies nobody; its replicas are not shown to this user");
    std::string role = "primary";
    if (replicas && *replicas > 0) {
        outcome = ok(fmt::format("primary, {} connected",
                                 text::counted(static_cast<std::size_t>(*replicas), "replica")));
    } else if (replicas && options.role == "primary") {
        outcome = degraded("no replica is connected");
    } else if (replicas) {
        outcome = ok("standalone: no replica is connected");
        role = "standalone";
    }
    outcome.with(property::role, role).with(property::replication, replicas.value_or(0) > 0);
    if (replicas) outcome.with("standbys", *replicas);
    co_return outcome;
}

// A position is used in a statement: it may hold only the characters of positions.
std::string checked_position(const std::optional<std::string>& said) {
    std::string position = said.value_or("");
    std::erase_if(position, [](char c) { return c == '\n' || c == ' '; });
    const bool good = std::ranges::all_of(position, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '-' || c == ':' || c == ',' || c == '_';
    });
    if (!good || position.size() > longest_position)
        throw CheckError(ErrorClass::protocol, "not a position", "got " + text::quoted(position));
    if (position.empty())
        throw CheckError(ErrorClass::assertion, "keeps no GTIDs: it cannot be compared");
    return position;
}

net::awaitable<std::string> ask_source(const Options& options, net::Context& context) {
    // Its own phases: the run has one phase, whatever hangs there.
    net::Context own(context.environment(), context.clock(), context.component(), context.kind(),
                     context.deadline());
    backends::mysql::Access access =
        backends::mysql::access_of(options.source, "", Secret(), options.tls);
    if (access.user.empty()) {
        const auto ours =
            backends::mysql::access_of(options.url, options.user, options.password, options.tls);
        access.user = ours.user;
        access.password = ours.password;
    }
    const std::unique_ptr<Session> source = co_await Session::open(own, std::move(access));
    const std::string sql =
        source->is_mariadb() ? "SELECT @@GLOBAL.gtid_binlog_pos" : "SELECT @@GLOBAL.gtid_executed";
    const Answer answer = co_await source->demand(sql);
    co_await source->close(own);
    co_return checked_position(answer.value());
}

// Whether all that the source had committed when it was asked arrives here within a moment.
net::awaitable<bool> has_caught_up(const Options& options, net::Context& context,
                                   Session& session) {
    context.enter("source");
    std::string position;
    try {
        position = co_await ask_source(options, context);
    } catch (const CheckError& error) {
        throw CheckError(error.error_class, "its source: " + error.detail, error.error);
    }
    const auto wait = std::min<std::chrono::milliseconds>(longest_wait, context.left() / 4);
    const double seconds = std::chrono::duration<double>(wait).count();
    const std::string sql =
        session.is_mariadb()
            ? fmt::format("SELECT MASTER_GTID_WAIT('{}', {:.3f})", position, seconds)
            : fmt::format("SELECT WAIT_FOR_EXECUTED_GTID_SET('{}', {:.3f})", position, seconds);
    const Answer answer = co_await session.demand(sql);
    co_return answer.value() == "0";
}

std::string named(const Channel& channel) {
    return channel.name.empty() ? "replica" : fmt::format("replica of {}", channel.name);
}

net::awaitable<Outcome> judge_replica(const Options& options, net::Context& context,
                                      Session& session, const Answer& answer) {
    Outcome outcome = ok("replica, receiving and applying");
    Lag lag;
    bool delayed = false;
    std::string source;
    for (std::size_t row = 0; row < answer.rows.size(); ++row) {
        const Channel channel = read_channel(answer, row);
        Outcome found = judge_channel(channel);
        const bool worse = found.status != Status::ok && outcome.status != Status::failed &&
                           (outcome.status == Status::ok || found.status == Status::failed);
        if (worse) outcome = std::move(found);
        if (row == 0) source = channel.source;
        delayed = delayed || channel.delay > 0;
        if (!channel.seconds) continue;
        const double behind =
            static_cast<double>(std::max<std::int64_t>(0, *channel.seconds - channel.delay));
        lag.seconds = std::max(lag.seconds.value_or(0), behind);
    }
    const bool receives = outcome.status == Status::ok;
    if (!receives) lag.seconds.reset();  // of received events, not of missing ones
    if (receives && !options.source.empty()) {
        const bool caught_up = co_await has_caught_up(options, context, session);
        if (!caught_up && !delayed && lag.seconds.value_or(0) < 1)
            outcome = degraded("replica does not get what its source has committed");
    }
    outcome.with(property::role, std::string("standby")).with(property::replication, receives);
    if (!source.empty()) outcome.with("source", source);
    judge_lag(options, lag, "replica", outcome);
    co_return outcome;
}

}  // namespace

Channel read_channel(const Answer& answer, std::size_t row) {
    Channel channel;
    channel.name = any_of(answer, row, {"Connection_name", "Channel_Name"}).value_or("");
    channel.receiving =
        any_of(answer, row, {"Slave_IO_Running", "Replica_IO_Running"}).value_or("");
    channel.applying =
        any_of(answer, row, {"Slave_SQL_Running", "Replica_SQL_Running"}).value_or("");
    channel.seconds =
        number_of(any_of(answer, row, {"Seconds_Behind_Master", "Seconds_Behind_Source"}));
    channel.delay = number_of(answer.value(row, "SQL_Delay")).value_or(0);
    channel.receive_error = number_of(answer.value(row, "Last_IO_Errno")).value_or(0);
    channel.apply_error = number_of(answer.value(row, "Last_SQL_Errno")).value_or(0);
    channel.source = any_of(answer, row, {"Master_Host", "Source_Host"}).value_or("");
    for (const auto& name : {"Last_IO_Error", "Last_SQL_Error"}) {
        const auto said = answer.value(row, name);
        if (said && !said->empty()) channel.said += (channel.said.empty() ? "" : "; ") + *said;
    }
    return channel;
}

Outcome judge_channel(const Channel& channel) {
    const std::string who = named(channel);
    Outcome outcome = ok();
    if (channel.receiving.empty() || channel.applying.empty()) {
        outcome = failed("not a replica's status", ErrorClass::protocol);
    } else if (channel.applying != "Yes" && channel.apply_error != 0) {
        outcome = failed(with_code(who + " cannot apply what it receives", channel.apply_error));
    } else if (channel.receiving == "No" && channel.receive_error != 0) {
        outcome = failed(with_code(who + " has given up its source", channel.receive_error));
    } else if (channel.receiving == "No" && channel.applying != "Yes") {
        outcome = degraded(who + " is stopped");
    } else if (channel.applying != "Yes") {
        outcome = degraded(who + " receives, and its applying is stopped");
    } else if (channel.receiving == "No") {
        outcome = degraded(who + " receives nothing: its receiving is stopped");
    } else if (channel.receiving != "Yes") {
        outcome =
            degraded(with_code(who + " has no connection to its source", channel.receive_error));
    } else if (!channel.seconds) {
        outcome = degraded(who + " does not tell how far it is behind");
    }
    if (outcome.status == Status::failed) outcome.failed_phase = "replica";
    if (!channel.said.empty()) outcome.error = "got " + text::quoted(channel.said);
    return outcome;
}

net::awaitable<Outcome> look_at_mysql(const Options& options, net::Context& context,
                                      Session& session) {
    context.enter("replica");
    const Answer answer = co_await ask_for_channels(session);
    const bool replica = !answer.rows.empty();
    const std::string role = replica ? "standby" : "primary";
    if (options.role != "auto" && options.role != role)
        throw CheckError(ErrorClass::assertion,
                         fmt::format("is a {}, expected a {}", role, options.role));
    Outcome outcome;
    if (replica) {
        outcome = co_await judge_replica(options, context, session, answer);
    } else {
        outcome = co_await judge_primary(options, context, session);
    }
    co_return outcome;
}

}  // namespace vitals::checks::replication
