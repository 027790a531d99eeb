#include "session.hpp"

#include <array>
#include <utility>

#include "wire/quote.hpp"

namespace vitals::checks::redis {

namespace {

struct Meaning {
    std::string_view begins;  // a whole code, or more of the text where the code is ERR
    ErrorClass error_class;
    std::string_view detail;
};

// Seen on Redis 7.0.15 but for BUSY.
constexpr Meaning meanings[] = {
    {"NOAUTH", ErrorClass::auth, "password required"},
    {"WRONGPASS", ErrorClass::auth, "wrong user or password"},
    {"ERR invalid password", ErrorClass::auth, "wrong user or password"},
    {"ERR wrong number of arguments for 'auth'", ErrorClass::auth,
     "server knows no users: leave `user` away"},
    {"NOPERM", ErrorClass::auth, "user may not run a command of this check"},
    {"DENIED", ErrorClass::auth, "protected mode: refuses who comes from elsewhere"},
    {"READONLY", ErrorClass::assertion, "refuses writes: read-only replica"},
    {"OOM", ErrorClass::assertion, "refuses writes: memory is full"},
    {"MISCONF", ErrorClass::assertion, "refuses writes: it cannot save to disk"},
    {"NOREPLICAS", ErrorClass::assertion, "refuses writes: not enough replicas"},
    {"MASTERDOWN", ErrorClass::assertion, "replica has lost its master and serves nothing"},
    {"LOADING", ErrorClass::assertion, "still loading its data"},
    {"CLUSTERDOWN", ErrorClass::assertion, "cluster is down"},
    {"BUSY", ErrorClass::assertion, "busy with a script"},
    {"NOQUORUM", ErrorClass::assertion, "sentinels have no quorum"},
    {"ERR max number of clients", ErrorClass::assertion, "too many connections"},
    {"ERR DB index is out of range", ErrorClass::assertion, "database does not exist"},
    {"ERR SELECT is not allowed in cluster mode", ErrorClass::assertion,
     "a cluster has no database but 0"},
    {"ERR unknown command", ErrorClass::protocol, "server does not know a command of this check"},
};

bool begins(std::string_view text, std::string_view words) {
    return text.starts_with(words) &&
           (text.size() == words.size() ||
            std::string_view(" ',:").find(text[words.size()]) != std::string_view::npos);
}

}  // namespace

CheckError meaning_of(const Value& error) {
    const std::string theirs = "got " + wire::quoted(error.text);
    for (const Meaning& meaning : meanings) {
        if (begins(error.text, meaning.begins))
            return CheckError(meaning.error_class, std::string(meaning.detail), theirs);
    }
    return CheckError(ErrorClass::assertion, "answered with an error", theirs);
}

Session::Session(std::unique_ptr<net::Connection> connection)
    : connection_(std::move(connection)) {}

net::awaitable<Value> Session::ask(std::vector<std::string> words) {
    const std::string bytes = wire::resp::command(words);
    co_await connection_->write(bytes);
    for (;;) {
        auto value = wire::resp::take_value(buffer_);
        if (!value)
            throw CheckError(ErrorClass::protocol, value.error(), "got " + wire::quoted(buffer_));
        if (*value) co_return std::move(**value);
        std::array<char, 4096> piece;
        const std::size_t count = co_await connection_->read_some(piece);
        if (count == 0) {
            throw CheckError(ErrorClass::protocol, "closed without a complete answer",
                             "got " + wire::quoted(buffer_));
        }
        buffer_.append(piece.data(), count);
    }
}

net::awaitable<Value> Session::demand(std::vector<std::string> words) {
    Value value = co_await ask(std::move(words));
    if (value.is(Value::Type::error)) throw meaning_of(value);
    co_return value;
}

}  // namespace vitals::checks::redis
