#include "session.hpp"

#include <fmt/format.h>

#include "model/meaning.hpp"
#include "net/scram_proof.hpp"
#include "text/quote.hpp"
#include "wire/scram_client.hpp"

namespace vitals::backends::kafka {

namespace {

namespace scram = wire::scram;
using namespace wire::kafka;

constexpr std::int16_t handshake_version = 1, authenticate_version = 0;

// The detail continues what was asked for.
constexpr Meaning<std::int16_t> meanings[] = {
    {error::unknown_topic, ErrorClass::assertion, "does not exist"},
    {error::leader_not_available, ErrorClass::assertion, "has no leader"},
    {6, ErrorClass::assertion, "has moved to another broker just now"},
    {7, ErrorClass::timeout, "was not done in the time that the broker has for it"},
    {error::coordinator_loading, ErrorClass::assertion, "is being loaded by its broker"},
    {error::coordinator_not_available, ErrorClass::assertion, "has no broker that keeps it"},
    {error::not_coordinator, ErrorClass::assertion, "has moved to another broker just now"},
    {error::topic_refused, ErrorClass::auth, "may not be looked at by this user"},
    {error::group_refused, ErrorClass::auth, "may not be looked at by this user"},
    {error::cluster_refused, ErrorClass::auth, "may not be looked at by this user"},
    {error::illegal_state, ErrorClass::auth, "needs a log-in first"},
    {69, ErrorClass::assertion, "does not exist"},
};

}  // namespace

CheckError meaning_of(std::int16_t code, std::string_view what) {
    const std::string theirs = fmt::format("got error {}", code);
    if (const auto* const meaning = meaning_with(meanings, code))
        return {meaning->error_class, fmt::format("{} {}", what, meaning->detail), theirs};
    return {ErrorClass::assertion, fmt::format("{} is answered with error {}", what, code), theirs};
}

net::awaitable<std::unique_ptr<Session>> Session::open(net::Context& context, Access access) {
    auto connection = co_await net::dial(context, access.endpoint, access.tls);
    std::unique_ptr<Session> session(new Session(std::move(connection), std::move(access)));
    co_await session->learn_versions(context);
    if (!session->access_.user.empty()) co_await session->log_in(context);
    co_return session;
}

bool Session::ended_without_a_word(const CheckError& error) const {
    return conversation_.machine().unread().empty() &&
           (error.detail == "closed without an answer" || error.detail == "connection reset");
}

net::awaitable<std::string> Session::exchange(Key key, std::int16_t version, std::string body) {
    conversation_.machine().send(request(key, version, ++number_, body));
    Answer answer = co_await conversation_.next();
    if (answer.number != number_)
        throw CheckError(ErrorClass::protocol, "answers another request",
                         fmt::format("got {}, expected {}", answer.number, number_));
    co_return std::move(answer.body);
}

net::awaitable<std::string> Session::ask(Key key, std::int16_t version, std::string body) {
    if (!speaks(key, version))
        throw CheckError(ErrorClass::protocol, "does not speak a version that is known here",
                         fmt::format("request {}, version {}", static_cast<int>(key), version));
    std::optional<CheckError> failure;
    try {
        std::string answer = co_await exchange(key, version, std::move(body));
        co_return answer;
    } catch (const CheckError& error) {
        failure = error;
    }
    // A broker that requires a log-in answers ApiVersions, and closes at anything else.
    if (access_.user.empty() && ended_without_a_word(*failure))
        throw CheckError(ErrorClass::auth, "closed at the first request: perhaps it wants a log-in",
                         failure->error);
    throw CheckError(*failure);
}

net::awaitable<void> Session::learn_versions(net::Context& context) {
    context.enter("versions");
    std::string body;
    try {
        body = co_await exchange(Key::api_versions, 0, "");
    } catch (const CheckError& error) {
        // A broker that expects TLS takes a request for a broken handshake.
        if (access_.tls || !ended_without_a_word(error)) throw;
        throw CheckError(error.error_class, error.detail + ": perhaps it wants TLS", error.error);
    }
    versions_ = good(read_versions(body));
    if (versions_.error != error::none) throw meaning_of(versions_.error, "what it speaks");
}

net::awaitable<void> Session::log_in(net::Context& context) {
    context.enter("auth");
    if (!speaks(Key::sasl_handshake, handshake_version) ||
        !speaks(Key::sasl_authenticate, authenticate_version))
        throw CheckError(ErrorClass::auth, "takes no log-in here: its listener knows no users");
    const std::string body =
        co_await exchange(Key::sasl_handshake, handshake_version, handshake(access_.mechanism));
    const Mechanisms offered = good(read_handshake(body));
    if (offered.error == error::unknown_mechanism)
        throw CheckError(
            ErrorClass::auth, fmt::format("does not offer {}: see `mechanism`", access_.mechanism),
            "offered: " + text::quoted(fmt::format("{}", fmt::join(offered.names, ", "))));
    if (offered.error == error::illegal_state)
        throw CheckError(ErrorClass::auth, "takes no log-in here: its listener knows no users");
    if (offered.error != error::none) throw meaning_of(offered.error, "the log-in");
    if (access_.mechanism == "PLAIN") {
        std::string token = '\0' + access_.user + '\0' + access_.password;
        co_await go_on(std::move(token));
    } else {
        co_await log_in_by_scram(context);
    }
}

net::awaitable<std::string> Session::go_on(std::string token) {
    const std::string body =
        co_await exchange(Key::sasl_authenticate, authenticate_version, authenticate(token));
    Authenticated answer = good(read_authenticate(body));
    if (answer.error == error::log_in_failed)
        throw CheckError(ErrorClass::auth, "wrong user or password",
                         "got " + text::quoted(answer.text));
    if (answer.error != error::none) throw meaning_of(answer.error, "the log-in");
    co_return std::move(answer.token);
}

net::awaitable<void> Session::log_in_by_scram(net::Context& context) {
    const scram::Hash hash =
        access_.mechanism == "SCRAM-SHA-256" ? scram::Hash::sha_256 : scram::Hash::sha_512;
    auto client = std::make_shared<scram::Client>(hash, access_.user, access_.password,
                                                  scram::random_nonce());
    std::string challenge = co_await go_on(client->first_message());
    std::string proof = co_await net::scram_proof(context, client, std::move(challenge));
    const std::string verdict = co_await go_on(std::move(proof));
    if (!client->accepts(verdict))
        throw CheckError(ErrorClass::auth, "does not know the password itself: another server?");
}

}  // namespace vitals::backends::kafka
