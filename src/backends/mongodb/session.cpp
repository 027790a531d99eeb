#include "session.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "model/meaning.hpp"
#include "net/scram_proof.hpp"
#include "text/quote.hpp"

namespace vitals::backends::mongodb {

namespace {

namespace scram = wire::scram;

constexpr std::string_view sha_256 = "SCRAM-SHA-256";
constexpr std::string_view sha_1 = "SCRAM-SHA-1";
constexpr std::int64_t command_not_found = 59;

// https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml
constexpr Meaning<std::int64_t> meanings[] = {
    {8000, ErrorClass::auth, "wrong user or password"},  // Atlas
    {11, ErrorClass::auth, "wrong user or password"},
    {13, ErrorClass::auth, "user may not run a command that is needed"},
    {18, ErrorClass::auth, "wrong user or password"},
    {26, ErrorClass::assertion, "collection does not exist"},
    {50, ErrorClass::timeout, "the server ran out of the time that it was given"},
    {91, ErrorClass::assertion, "shuts down"},
    {189, ErrorClass::assertion, "is no primary any more"},
    {202, ErrorClass::assertion, "too many requests: refuses more"},
    {334, ErrorClass::auth, "the way to log in is not offered"},
    {10107, ErrorClass::assertion, "is no primary"},
    {11600, ErrorClass::assertion, "shuts down"},
    {11602, ErrorClass::assertion, "changes its role just now"},
    {13435, ErrorClass::assertion, "is no primary, and may not be read from"},
    {13436, ErrorClass::assertion, "is neither primary nor secondary"},
};

std::string hex_md5(std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> made{};
    unsigned int size = 0;
    if (EVP_Digest(text.data(), text.size(), made.data(), &size, EVP_md5(), nullptr) != 1)
        throw CheckError(ErrorClass::local, "MD5 is not available here, which SCRAM-SHA-1 needs");
    std::string hex;
    for (unsigned int i = 0; i < size; ++i) hex += fmt::format("{:02x}", made[i]);
    return hex;
}

std::string payload_of(const Value& answer) {
    const Value* payload = answer.find("payload", Value::Type::binary);
    return payload != nullptr ? payload->text : answer.text_of("payload");
}

}  // namespace

CheckError meaning_of(const Value& answer) {
    const std::int64_t code = answer.whole("code").value_or(0);
    const std::string theirs = fmt::format("got {} {} {}", code, answer.text_of("codeName"),
                                           text::quoted(answer.text_of("errmsg")));
    if (const auto* const meaning = meaning_with(meanings, code))
        return {meaning->error_class, std::string(meaning->detail), theirs};
    return {ErrorClass::assertion, fmt::format("answered with error {}", code), theirs};
}

net::awaitable<std::unique_ptr<Session>> Session::open(net::Context& context, Access access) {
    auto connection = co_await net::dial(context, access.endpoint, access.tls);
    std::unique_ptr<Session> session(new Session(std::move(connection), std::move(access)));
    co_await session->greet(context);
    co_return session;
}

net::awaitable<Value> Session::ask(Writer command, std::string database) {
    command.add("$db", database);
    conversation_.machine().send(wire::mongodb::command(++number_, command));
    wire::mongodb::Message message = co_await conversation_.next();
    if (message.answers != number_)
        throw CheckError(ErrorClass::protocol, "answers another command");
    co_return std::move(message.document);
}

net::awaitable<Value> Session::demand(Writer command, std::string database) {
    Value answer = co_await ask(std::move(command), std::move(database));
    if (!answer.is_true("ok")) throw meaning_of(answer);
    co_return answer;
}

net::awaitable<void> Session::greet(net::Context& context) {
    context.enter("hello");
    Writer application;
    application.add("name", "vitals");
    Writer driver;
    driver.add("name", "vitals").add("version", "1");
    Writer system;
    system.add("type", "Linux");
    Writer client;
    client.add("application", application).add("driver", driver).add("os", system);
    const auto asked = [&](std::string_view command) {
        Writer made;
        made.add(command, 1).add("helloOk", true).add("client", client);
        if (!access_.user.empty())
            made.add("saslSupportedMechs", access_.source + "." + access_.user);
        return made;
    };
    Writer first = asked("hello");
    hello_ = co_await ask(std::move(first), "admin");
    const bool older_than_4_4 = !hello_.is_true("ok") && hello_.whole("code") == command_not_found;
    if (older_than_4_4) {
        Writer second = asked("isMaster");
        hello_ = co_await ask(std::move(second), "admin");
    }
    if (!hello_.is_true("ok")) throw meaning_of(hello_);
}

// A server that does not know the user names no mechanism; then the older one is tried.
bool Session::by_sha_256() const {
    if (!access_.mechanism.empty()) return access_.mechanism == sha_256;
    const Value* ways = hello_.find("saslSupportedMechs", Value::Type::array);
    return ways != nullptr && std::ranges::any_of(ways->items, [](const auto& way) {
               return way.value.text == sha_256;
           });
}

scram::Client Session::scram_client() const {
    std::string nonce = scram::random_nonce();
    if (by_sha_256())
        return {scram::Hash::sha_256, access_.user, access_.password, std::move(nonce)};
    std::string password = hex_md5(fmt::format("{}:mongo:{}", access_.user, access_.password));
    return {scram::Hash::sha_1, access_.user, std::move(password), std::move(nonce)};
}

net::awaitable<Value> Session::go_on(Value conversation, std::string payload) {
    Writer command;
    const auto id = static_cast<std::int32_t>(conversation.whole("conversationId").value_or(1));
    command.add("saslContinue", 1).add("conversationId", id).add_binary("payload", payload);
    Value answer = co_await demand(std::move(command), access_.source);
    co_return answer;
}

net::awaitable<void> Session::log_in(net::Context& context) {
    if (access_.user.empty()) co_return;
    context.enter("auth");
    auto client = std::make_shared<scram::Client>(scram_client());
    Writer start;
    Writer options;
    options.add("skipEmptyExchange", true);
    start.add("saslStart", 1)
        .add("mechanism", by_sha_256() ? sha_256 : sha_1)
        .add_binary("payload", client->first_message())
        .add("options", options);
    const Value challenge = co_await demand(std::move(start), access_.source);
    std::string proof = co_await net::scram_proof(context, client, payload_of(challenge));
    Value verdict = co_await go_on(challenge, std::move(proof));
    if (!client->accepts(payload_of(verdict)))
        throw CheckError(ErrorClass::auth, "does not know the password itself: another server?");
    for (int rounds = 0; !verdict.is_true("done") && rounds < 2; ++rounds)
        verdict = co_await go_on(challenge, std::string());
    if (!verdict.is_true("done"))
        throw CheckError(ErrorClass::protocol, "a log-in that does not end");
}

}  // namespace vitals::backends::mongodb
