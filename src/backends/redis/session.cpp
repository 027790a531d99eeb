#include "session.hpp"

#include <utility>

#include "model/meaning.hpp"
#include "text/quote.hpp"

namespace vitals::backends::redis {

namespace {

// A whole code, or the beginning of the text if the code is ERR. Seen on Redis 7.0.15 except BUSY.
constexpr Meaning<std::string_view> meanings[] = {
    {"NOAUTH", ErrorClass::auth, "password required"},
    {"WRONGPASS", ErrorClass::auth, "wrong user or password"},
    {"ERR invalid password", ErrorClass::auth, "wrong user or password"},
    {"ERR wrong number of arguments for 'auth'", ErrorClass::auth,
     "server knows no users: leave out `user`"},
    {"NOPERM", ErrorClass::auth, "user may not run a command that is needed"},
    {"DENIED", ErrorClass::auth, "protected mode: refuses clients from other machines"},
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
    {"ERR unknown command", ErrorClass::protocol, "server does not know a command that is needed"},
};

constexpr const char* unknown_error = "answered with an error";

bool begins(std::string_view text, std::string_view words) {
    return text.starts_with(words) &&
           (text.size() == words.size() ||
            std::string_view(" ',:").find(text[words.size()]) != std::string_view::npos);
}

}  // namespace

CheckError meaning_of(const Value& error) {
    const std::string theirs = "got " + text::quoted(error.text);
    if (begins(error.text, "NOPERM") && error.text.find("channel") != std::string::npos)
        return CheckError(ErrorClass::auth, "user may not use the channel", theirs);
    for (const auto& meaning : meanings) {
        if (begins(error.text, meaning.code))
            return CheckError(meaning.error_class, std::string(meaning.detail), theirs);
    }
    return CheckError(ErrorClass::assertion, unknown_error, theirs);
}

net::awaitable<std::unique_ptr<Session>> Session::connect(net::Context& context, Access access,
                                                          std::size_t longest) {
    auto connection = co_await net::dial(context, access.endpoint, access.tls);
    std::unique_ptr<Session> session(
        new Session(std::move(connection), std::move(access), longest));
    co_return session;
}

net::awaitable<void> Session::log_in(net::Context& context) {
    if (access_.password.empty()) co_return;
    context.enter("auth");
    Words words{"AUTH"};
    if (!access_.user.empty()) words.push_back(access_.user);
    words.push_back(access_.password);
    const Value answer = co_await ask(std::move(words));
    if (!answer.is(Value::Type::error)) co_return;
    if (answer.text.find("without any password configured") != std::string::npos ||
        answer.text.find("no password is set") != std::string::npos) {
        password_unused_ = true;
        co_return;
    }
    CheckError error = meaning_of(answer);
    if (error.detail == unknown_error && answer.error_code() == "ERR") {
        error.error_class = ErrorClass::auth;
        error.detail = "log-in refused";
    }
    throw error;
}

void Session::refuse_unused_password() const {
    if (password_unused_)
        throw CheckError(ErrorClass::auth, "asks for no password though one is given");
}

net::awaitable<Value> Session::ask(Words words) {
    send(words);
    Value value = co_await next();
    co_return value;
}

net::awaitable<Value> Session::demand(Words words) {
    Value value = co_await ask(std::move(words));
    if (value.is(Value::Type::error)) throw meaning_of(value);
    co_return value;
}

net::awaitable<void> Session::select(std::int64_t database) {
    Words words{"SELECT", std::to_string(database)};
    co_await demand(std::move(words));
}

}  // namespace vitals::backends::redis
