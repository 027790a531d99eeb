#include "session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <iterator>
#include <utility>

#include "model/meaning.hpp"
#include "text/quote.hpp"
#include "text/whole_number.hpp"
#include "wire/mysql_password.hpp"

namespace vitals::backends::mysql {

namespace {

using namespace wire::mysql;

constexpr std::string_view native = "mysql_native_password";
constexpr std::string_view caching_sha2 = "caching_sha2_password";
constexpr std::string_view ed25519 = "client_ed25519";
constexpr std::string_view by_socket[] = {"auth_socket", "unix_socket"};

// What follows a proof of caching_sha2_password.
constexpr std::string_view proof_is_enough{"\x01\x03", 2};
constexpr std::string_view full_proof_needed{"\x01\x04", 2};

// Seen on MariaDB 10.11, except 1129, 3118, 3159 and those from 3024 on.
// https://mariadb.com/kb/en/mariadb-error-code-reference/
constexpr Meaning<int> meanings[] = {
    {1040, ErrorClass::assertion, "no connections left"},
    {1044, ErrorClass::auth, "user may not use the database"},
    {1045, ErrorClass::auth, "wrong user or password"},
    {1047, ErrorClass::assertion, "node is not part of a working cluster"},
    {1049, ErrorClass::assertion, "database does not exist"},
    {1053, ErrorClass::assertion, "shuts down"},
    {1129, ErrorClass::assertion, "blocks this host: too many broken connections from it"},
    {1130, ErrorClass::auth, "refuses all clients from this host"},
    {1142, ErrorClass::auth, "user may not do that with a table"},
    {1143, ErrorClass::auth, "user may not do that with a column"},
    {1146, ErrorClass::assertion, "table does not exist"},
    {1203, ErrorClass::assertion, "no connections left for this user"},
    {1205, ErrorClass::assertion, "a lock was not available in time"},
    {1226, ErrorClass::assertion, "the user's own limit is used up"},
    {1227, ErrorClass::auth, "user may not see that"},
    {1290, ErrorClass::assertion, "refuses writes: read-only"},
    {1370, ErrorClass::auth, "user may not call a routine that is needed"},
    {1524, ErrorClass::auth, "the server has not loaded the account's authentication plugin"},
    {1698, ErrorClass::auth, "wrong user, or the user may not connect from here"},
    {1792, ErrorClass::assertion, "refuses writes: read-only by default"},
    {1820, ErrorClass::auth, "password expired"},
    {1836, ErrorClass::assertion, "refuses writes: read-only"},
    {1862, ErrorClass::auth, "password expired"},
    {1969, ErrorClass::timeout, "the query took longer than the run has"},
    {3024, ErrorClass::timeout, "the query took longer than the run has"},
    {3118, ErrorClass::auth, "account is locked"},
    {3159, ErrorClass::auth, "demands TLS"},
    {4151, ErrorClass::auth, "account is locked"},
};

}  // namespace

CheckError meaning_of(const Error& error) {
    const std::string theirs =
        fmt::format("got {} {} {}", error.code, error.state, text::quoted(error.text));
    // Reported either before the greeting or after the log-in.
    constexpr int no_connections_left = 1040;
    const std::string phase = error.code == no_connections_left ? "auth" : "";
    if (const auto* const meaning = meaning_with(meanings, error.code))
        return {meaning->error_class, std::string(meaning->detail), theirs, phase};
    return {ErrorClass::assertion, fmt::format("answered with error {}", error.code), theirs};
}

std::optional<std::int64_t> number_of(const std::optional<std::string>& column) {
    return column ? text::whole_number<std::int64_t>(*column) : std::nullopt;
}

bool is_unknown_to_server(const Error& error) {
    constexpr int bad_syntax = 1064, unknown_variable = 1193, unsupported = 1235, unknown = 1105;
    return error.code == bad_syntax || error.code == unknown_variable ||
           error.code == unsupported || error.code == unknown;
}

std::optional<std::string> Answer::value() const {
    if (rows.empty() || rows.front().empty()) return std::nullopt;
    return rows.front().front();
}

std::optional<std::string> Answer::value(std::size_t row, std::string_view column) const {
    const auto found = std::ranges::find(columns, column);
    if (found == columns.end() || row >= rows.size()) return std::nullopt;
    return rows[row][static_cast<std::size_t>(found - columns.begin())];
}

std::optional<std::string> Answer::listed(std::string_view name) const {
    for (const auto& row : rows)
        if (row.size() == 2 && row[0] == name) return row[1];
    return std::nullopt;
}

net::awaitable<std::unique_ptr<Session>> Session::open(net::Context& context, Access access) {
    auto connection = co_await net::dial(context, access.endpoint);
    std::unique_ptr<Session> session(new Session(std::move(connection), std::move(access)));
    co_await session->greet(context);
    co_await session->log_in(context);
    co_return session;
}

net::awaitable<std::string> Session::next() {
    Packet packet = co_await conversation_.next();
    if (packet.sequence != sequence_) {
        usable_ = false;
        throw CheckError(ErrorClass::protocol, "packets out of order",
                         fmt::format("got number {}, expected {}", packet.sequence, sequence_));
    }
    ++sequence_;
    co_return std::move(packet.payload);
}

void Session::send(std::string_view payload) {
    conversation_.machine().send(packet(sequence_++, payload));
}

net::awaitable<void> Session::greet(net::Context& context) {
    context.enter("greeting");
    const std::string payload = co_await next();
    if (const auto error = read_error(payload)) throw meaning_of(*error);
    auto greeting = read_greeting(payload);
    if (!greeting)
        throw CheckError(ErrorClass::protocol, greeting.error(), "got " + text::quoted(payload));
    greeting_ = std::move(*greeting);
}

net::awaitable<void> Session::start_tls(net::Context& context, std::uint32_t capabilities) {
    context.enter("tls");
    if ((greeting_.capabilities & wire::mysql::tls) == 0)
        throw CheckError(ErrorClass::tls, "TLS is not offered");
    // Bytes that came in the clear must not be used after the handshake.
    if (const std::string& early = conversation_.machine().unread(); !early.empty())
        throw CheckError(ErrorClass::protocol, "spoke before the handshake",
                         "got " + text::quoted(early));
    send(tls_request(capabilities));
    co_await conversation_.flush();
    co_await conversation_.connection().start_tls(*access_.tls, access_.endpoint.host);
}

net::awaitable<void> Session::log_in(net::Context& context) {
    Login login;
    login.capabilities = long_password | protocol_41 | transactions | secure_connection;
    login.capabilities |= greeting_.capabilities & plugin_auth;
    if (!access_.database.empty()) login.capabilities |= connect_with_database;
    if (access_.tls) {
        login.capabilities |= wire::mysql::tls;
        co_await start_tls(context, login.capabilities);
    }
    context.enter("auth");
    login.user = access_.user;
    login.database = access_.database;
    // The greeting names the server's own preference; later it asks for what the account needs.
    const bool sha2 = greeting_.plugin == caching_sha2;
    login.plugin = std::string(sha2 ? caching_sha2 : native);
    login.proof = co_await proof(context, login.plugin, greeting_.salt);
    send(wire::mysql::log_in(login));
    co_await prove(context, std::move(login.plugin));
}

net::awaitable<std::string> Session::proof(net::Context& context, std::string plugin,
                                           std::string salt) const {
    if (plugin == native) co_return native_proof(access_.password, salt);
    if (plugin == caching_sha2) co_return caching_sha2_proof(access_.password, salt);
    if (plugin == ed25519) {  // takes some milliseconds
        const std::function<std::string()> sign = [password = access_.password, salt] {
            return ed25519_proof(password, salt);
        };
        auto made = co_await context.blocking(sign);
        co_return made;
    }
    if (std::ranges::find(by_socket, plugin) != std::end(by_socket)) co_return std::string();
    throw CheckError(ErrorClass::auth, "vitals does not know the account's authentication plugin",
                     "got " + text::quoted(plugin));
}

CheckError Session::refusal(const Error& error) const {
    constexpr int access_denied = 1045;  // says the same to a client that must use TLS and does not
    CheckError refused = meaning_of(error);
    if (error.code == access_denied && !private_way())
        refused.detail += ", or the account demands TLS";
    return refused;
}

// What follows the first proof, until the server accepts or refuses the client.
net::awaitable<void> Session::prove(net::Context& context, std::string plugin) {
    bool switched = false;
    for (;;) {
        const std::string payload = co_await next();
        if (is_ok(payload)) co_return;
        if (const auto error = read_error(payload)) throw refusal(*error);
        if (const auto asked = read_auth_switch(payload); asked && !switched) {
            switched = true;
            if (asked->plugin.empty())
                throw CheckError(ErrorClass::auth, "the account's password is kept as before 4.1");
            plugin = asked->plugin;
            const std::string made = co_await proof(context, plugin, asked->data);
            send(made);
            continue;
        }
        if (plugin == caching_sha2 && payload == proof_is_enough) continue;
        if (plugin == caching_sha2 && payload == full_proof_needed) {
            co_await prove_in_full(plugin);
            continue;
        }
        throw CheckError(ErrorClass::protocol, "not an answer to a log-in",
                         "got " + text::quoted(payload));
    }
}

// Only the server may read the password, and a key that the server sends in the clear does not
// prove its identity.
net::awaitable<void> Session::prove_in_full(std::string plugin) {
    if (!private_way())
        throw CheckError(ErrorClass::auth, "the account needs TLS: caching_sha2_password",
                         "asked for the whole password by " + plugin);
    send(access_.password + '\0');
    co_return;
}

net::awaitable<Answer> Session::ask(std::string sql) {
    sequence_ = 0;
    send(query(sql));
    Result result;
    usable_ = false;
    for (bool over = false; !over;) {
        const std::string payload = co_await next();
        const auto taken = result.take(payload);
        if (!taken)
            throw CheckError(ErrorClass::protocol, taken.error(), "got " + text::quoted(payload));
        over = *taken;
    }
    usable_ = true;
    Answer answer;
    answer.columns = result.columns();
    answer.rows = result.rows();
    answer.error = result.error();
    co_return answer;
}

net::awaitable<Answer> Session::demand(std::string sql) {
    Answer answer = co_await ask(std::move(sql));
    if (answer.error) throw meaning_of(*answer.error);
    co_return answer;
}

net::awaitable<void> Session::limit_statements(net::Context& context) {
    const auto left = std::max<std::int64_t>(1, context.left().count());
    const std::string of_mariadb =
        fmt::format("SET SESSION max_statement_time = {}.{:03}", left / 1000, left % 1000);
    const std::string of_mysql = fmt::format("SET SESSION max_execution_time = {}", left);
    const std::string& first = is_mariadb() ? of_mariadb : of_mysql;
    const Answer answer = co_await ask(first);
    if (!answer.error) co_return;
    if (!is_unknown_to_server(*answer.error)) throw meaning_of(*answer.error);
    // A proxy may greet in the name of another server.
    const std::string& second = is_mariadb() ? of_mysql : of_mariadb;
    const Answer other = co_await ask(second);
    if (other.error && !is_unknown_to_server(*other.error)) throw meaning_of(*other.error);
}

net::awaitable<void> Session::discard() {
    sequence_ = 0;
    send(reset_connection);
    usable_ = false;
    const std::string payload = co_await next();
    usable_ = is_ok(payload);
}

net::awaitable<void> Session::close(net::Context&) {
    sequence_ = 0;
    send(quit);
    co_await conversation_.flush();
}

}  // namespace vitals::backends::mysql
