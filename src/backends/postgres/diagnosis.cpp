#include "diagnosis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "model/meaning.hpp"
#include "net/connection.hpp"
#include "session.hpp"
#include "text/quote.hpp"

namespace vitals::backends::postgres {

namespace {

constexpr std::string_view takes_no_sessions = "starting up, shutting down or recovering";

// libpq's message about a server that target_session_attrs excludes, and vitals' words.
constexpr std::pair<std::string_view, std::string_view> other_roles[] = {
    {"session is not read-only", "is not read-only"},
    {"session is read-only", "is read-only"},
    {"server is not in hot standby mode", "is no standby"},
    {"server is in hot standby mode", "is a standby"},
};

constexpr Meaning<std::string_view> meanings[] = {
    {"28P01", ErrorClass::auth, "wrong user or password"},
    {"28", ErrorClass::auth, "log-in refused by the server's rules"},
    {"42501", ErrorClass::auth, "user may not do what this check does"},
    {"3D000", ErrorClass::assertion, "database does not exist"},
    {"53300", ErrorClass::assertion, "no connection slots left"},
    {"53100", ErrorClass::assertion, "refuses writes: disk is full"},
    {"53200", ErrorClass::assertion, "server is out of memory"},
    {"57P03", ErrorClass::assertion, takes_no_sessions},
    {"57P01", ErrorClass::assertion, "shutting down"},
    {"57P02", ErrorClass::assertion, "server crashed"},
    {"57P05", ErrorClass::assertion, "server closed an idle session"},
    {"25P03", ErrorClass::assertion, "server ended a transaction that was idle for moments"},
    {"57014", ErrorClass::timeout, "statement took too long"},
    {"55P03", ErrorClass::timeout, "waited too long for a lock"},
    {"25006", ErrorClass::assertion, "refuses writes: read-only"},
    {"42P01", ErrorClass::assertion, "table does not exist"},
    {"58", ErrorClass::assertion, "server cannot use its files"},
    {"XX001", ErrorClass::assertion, "data is damaged"},
    {"XX002", ErrorClass::assertion, "an index is damaged"},
};

bool holds(std::string_view text, std::string_view words) {
    return text.find(words) != std::string_view::npos;
}

// Where the code begins in `FATAL:  28P01: password authentication failed ...`, in any language of
// the word before it.
std::optional<std::size_t> sqlstate_at(std::string_view message) {
    for (std::size_t at = message.find(":  "); at != std::string_view::npos;
         at = message.find(":  ", at + 1)) {
        const std::string_view code = message.substr(at + 3, 5);
        const bool looks = code.size() == 5 && std::all_of(code.begin(), code.end(), [](char c) {
                               return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
                           });
        if (looks && message.substr(at + 8, 2) == ": ") return at + 3;
    }
    return std::nullopt;
}

std::string theirs(std::string_view message) {
    return "got " + text::quoted(sentence_of(message), 500);
}

// Servers and poolers report a limit with various codes.
bool of_limit(std::string_view message) {
    return holds(message, "too many clients") || holds(message, "too many connections") ||
           holds(message, "no more connections allowed") ||
           holds(message, "connection limit exceeded") || holds(message, "connections reached") ||
           holds(message, "connection slots are reserved");
}

// pgbouncer's messages when the server behind it is gone.
bool of_pooler(std::string_view message) {
    return holds(message, "query_wait_timeout") || holds(message, "pgbouncer cannot connect") ||
           holds(message, "server login has been failing") ||
           holds(message, "server login failed") || holds(message, "server conn crashed") ||
           holds(message, "client_login_timeout");
}

}  // namespace

std::string_view sentence_of(std::string_view message) {
    // Removes what libpq adds: the address, severity and code, and on further lines advice, the
    // statement and lines of the server's source.
    constexpr std::string_view place = "connection to server ", outcome = " failed: ";
    if (const auto at = message.find(outcome);
        message.starts_with(place) && at != std::string_view::npos)
        message.remove_prefix(at + outcome.size());
    if (const auto code = sqlstate_at(message)) message.remove_prefix(*code + 7);
    return message.substr(0, message.find('\n'));
}

std::string sqlstate_in(std::string_view message) {
    const auto at = sqlstate_at(message);
    return at ? std::string(message.substr(*at, 5)) : std::string();
}

CheckError meaning_of(std::string_view sqlstate, std::string_view message) {
    if (sqlstate.starts_with("08") && of_pooler(message)) {
        return CheckError(ErrorClass::assertion, "pooler has no connection to the database",
                          theirs(message));
    }
    if (of_limit(message))
        return CheckError(ErrorClass::assertion, "no connection slots left", theirs(message));
    // pgbouncer reports an unknown database with a code of its own.
    if (sqlstate == "08P01" && holds(message, "no such database"))
        return CheckError(ErrorClass::assertion, "database does not exist", theirs(message));
    if (sqlstate == "08P01" && holds(message, "password authentication failed"))
        return CheckError(ErrorClass::auth, "wrong user or password", theirs(message));
    if (sqlstate == "08P01" && holds(message, "statement pooling mode"))
        return CheckError(ErrorClass::assertion,
                          "pooler in statement mode takes no transactions: ask past it",
                          theirs(message));
    for (const auto& meaning : meanings) {
        if (sqlstate.starts_with(meaning.code))
            return CheckError(meaning.error_class, std::string(meaning.detail), theirs(message));
    }
    return CheckError(ErrorClass::assertion,
                      fmt::format("answered with an error (SQLSTATE {})", sqlstate),
                      theirs(message));
}

CheckError stream_meaning(std::string_view message) {
    if (of_pooler(message)) {
        return CheckError(ErrorClass::assertion, "pooler has no connection to the database",
                          theirs(message));
    }
    if (holds(message, "closed the connection") || holds(message, "EOF detected"))
        return CheckError(ErrorClass::protocol, "closed without a complete answer",
                          theirs(message));
    if (holds(message, std::generic_category().message(ECONNRESET)))
        return CheckError(ErrorClass::protocol, "connection reset", theirs(message));
    return CheckError(ErrorClass::protocol, "not a PostgreSQL answer", theirs(message));
}

CheckError connect_meaning(const std::string& phase, std::string_view message,
                           const std::string& sslmode) {
    const auto made = [&](ErrorClass error_class, const char* detail) {
        return CheckError(error_class, detail, theirs(message));
    };
    if (holds(message, "no password supplied")) return made(ErrorClass::auth, "password required");
    for (const auto& [theirs, ours] : other_roles)
        if (holds(message, theirs)) return made(ErrorClass::assertion, ours.data());
    if (holds(message, "channel binding"))
        return made(ErrorClass::auth, "channel binding is required and not available");
    if (holds(message, "could not read certificate file") ||
        holds(message, "could not load private key") ||
        holds(message, "could not read root certificate") ||
        (holds(message, "certificate file") && holds(message, "does not exist")) ||
        holds(message, "private key file")) {
        return made(ErrorClass::local, "a TLS file of the configuration cannot be used");
    }
    if (holds(message, "does not match host name"))
        return made(ErrorClass::tls, "certificate is for another name");
    if (holds(message, "server does not support SSL"))
        return made(ErrorClass::tls, "server offers no TLS");
    // With TLS 1.3, the server refuses the client certificate after the handshake.
    if (holds(message, "SSL error") && holds(message, " alert "))
        return made(ErrorClass::tls, "handshake failed");
    if (holds(message, "certificate verify failed"))
        return made(ErrorClass::tls, "certificate not accepted");
    if (phase == "connect") {
        constexpr std::pair<int, const char*> errors[] = {
            {ECONNREFUSED, "connection refused"},
            {EHOSTUNREACH, "no route"},
            {ENETUNREACH, "no route"},
            {ETIMEDOUT, "connection timed out"},
            {ENOENT, "socket does not exist"},
            {EACCES, "not permitted to connect"},
            {ECONNRESET, "connection reset"},
        };
        for (const auto& [error, detail] : errors) {
            if (holds(message, std::generic_category().message(error)))
                return made(ErrorClass::connect, detail);
        }
        if (holds(message, std::generic_category().message(EMFILE)) ||
            holds(message, std::generic_category().message(ENFILE)))
            return made(ErrorClass::local, "no descriptors left");
        return made(ErrorClass::connect, "cannot connect");
    }
    if (holds(message, "SSL error") || holds(message, "SSL SYSCALL"))
        return phase == "tls" && sslmode != "prefer" ? made(ErrorClass::tls, "handshake failed")
                                                     : stream_meaning(message);
    if (holds(message, "SCRAM") || holds(message, "authentication method"))
        return made(ErrorClass::auth, "log-in failed");
    return stream_meaning(message);
}

bool gives_way(const CheckError& error) {
    switch (error.error_class) {
        case ErrorClass::resolve:
        case ErrorClass::connect:
        case ErrorClass::timeout:
            return true;
        default:
            return error.detail == takes_no_sessions ||
                   std::ranges::any_of(other_roles, [&error](const auto& role) {
                       return error.detail == role.second;
                   });
    }
}

net::awaitable<void> diagnose_certificate(net::Context& context, Access access,
                                          std::string address) {
    net::TlsOptions tls = access.tls;
    tls.verify = access.sslmode.starts_with("verify-");
    const net::Endpoint endpoint{address, access.place.port, {}};
    const auto connection = co_await net::dial(context, endpoint);
    context.enter("tls");
    // SSLRequest: https://www.postgresql.org/docs/15/protocol-message-formats.html
    constexpr std::string_view request("\0\0\0\x08\x04\xd2\x16\x2f", 8);
    co_await connection->write(request);
    std::array<char, 1> offered{};
    const std::size_t count = co_await connection->read_some(offered);
    if (count != 1 || offered[0] != 'S') co_return;
    co_await connection->start_tls(tls, access.place.host);
    co_await connection->settle_tls(context.clock().steady() + context.left() / 2);
}

}  // namespace vitals::backends::postgres
