#include "session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cctype>
#include <random>

#include "model/meaning.hpp"
#include "text/quote.hpp"

namespace vitals::backends::nats {

namespace {

namespace json = boost::json;
using namespace wire::nats;
using What = Event::What;

constexpr std::size_t deepest = 16;

// The beginnings, in lower case.
// https://docs.nats.io/reference/reference-protocols/nats-protocol#okerr
constexpr Meaning<std::string_view> meanings[] = {
    {"authorization violation", ErrorClass::auth, "wrong user, password, token or key"},
    {"authentication timeout", ErrorClass::auth, "log-in was not in time for the server"},
    {"authentication expired", ErrorClass::auth, "the user's credentials are expired"},
    {"user authentication expired", ErrorClass::auth, "the user's credentials are expired"},
    {"user authentication revoked", ErrorClass::auth, "the user's credentials are revoked"},
    {"account authentication expired", ErrorClass::auth, "the account's credentials are expired"},
    {"permissions violation", ErrorClass::auth, "user may not use a subject that is needed"},
    {"maximum connections exceeded", ErrorClass::assertion, "no connections left"},
    {"maximum account active connections", ErrorClass::assertion, "no connections left"},
    {"maximum subscriptions exceeded", ErrorClass::assertion, "no subscriptions left"},
    {"maximum payload violation", ErrorClass::assertion, "message too large for it"},
    {"stale connection", ErrorClass::assertion, "gave this connection up"},
    {"slow consumer", ErrorClass::assertion, "gave this connection up"},
    {"secure connection - tls required", ErrorClass::tls, "demands TLS"},
};

std::string random_text() {
    std::random_device random;
    return fmt::format("{:08x}{:08x}", random(), random());
}

bool flag(const json::object& info, std::string_view name) {
    const json::value* value = info.if_contains(name);
    return value != nullptr && value->is_bool() && value->get_bool();
}

}  // namespace

CheckError meaning_of(std::string_view error) {
    std::string plain(error);
    std::erase(plain, '\'');
    std::ranges::transform(plain, plain.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    for (const auto& meaning : meanings)
        if (plain.starts_with(meaning.code))
            return {meaning.error_class, std::string(meaning.detail), "got " + text::quoted(error)};
    return {ErrorClass::assertion, "answered with an error", "got " + text::quoted(error)};
}

net::awaitable<std::unique_ptr<Session>> Session::open(net::Context& context, Access access) {
    auto connection = co_await net::dial(context, access.endpoint);
    std::string inbox = "_INBOX.vitals-" + random_text();
    std::unique_ptr<Session> session(
        new Session(std::move(connection), std::move(access), std::move(inbox)));
    co_await session->greet(context);
    co_return session;
}

void Session::take_info(const std::string& text) {
    json::error_code error;
    json::parse_options options;
    options.max_depth = deepest;
    const json::value document = json::parse(text, error, {}, options);
    if (error || !document.is_object())
        throw CheckError(ErrorClass::protocol, "not a greeting of NATS",
                         "got " + text::quoted(text));
    const json::object& info = document.get_object();
    tls_required_ = flag(info, "tls_required");
    tls_offered_ = tls_required_ || flag(info, "tls_available");
    leaving_ = flag(info, "ldm");
    const json::value* nonce = info.if_contains("nonce");
    if (nonce != nullptr && nonce->is_string()) nonce_ = std::string(nonce->get_string());
}

net::awaitable<std::optional<Event>> Session::next(Steady until) {
    for (;;) {
        auto event = co_await conversation_.next(until);
        if (!event) co_return event;
        switch (event->what) {
            case What::error:
                throw meaning_of(event->text);
            case What::ping:
                conversation_.machine().send(pong);
                break;
            case What::info:  // of a cluster that changes
                take_info(event->text);
                break;
            case What::ok:
                break;
            default:
                co_return event;
        }
    }
}

net::awaitable<void> Session::greet(net::Context& context) {
    context.enter("greeting");
    const Event greeting = co_await conversation_.next();
    if (greeting.what == What::error) throw meaning_of(greeting.text);
    if (greeting.what != What::info)
        throw CheckError(ErrorClass::protocol, "not a greeting of NATS",
                         "got " + text::quoted(greeting.text));
    take_info(greeting.text);
    if (access_.wants_tls || tls_required_) {
        context.enter("tls");
        if (!tls_offered_) throw CheckError(ErrorClass::tls, "TLS is not offered");
        // Bytes that came in the clear must not be used after the handshake.
        if (const std::string& early = conversation_.machine().unread(); !early.empty())
            throw CheckError(ErrorClass::protocol, "spoke before the handshake",
                             "got " + text::quoted(early));
        co_await conversation_.connection().start_tls(access_.tls, access_.endpoint.host);
        encrypted_ = true;
    }
    context.enter("auth");
    access_.login.encrypted = encrypted_;
    if (access_.credentials) {
        // A server without keys asks for no signature, and would accept anybody.
        if (nonce_.empty()) throw CheckError(ErrorClass::auth, "takes no keys: it sends no nonce");
        const wire::nats::Credentials& ours = *access_.credentials;
        access_.login.jwt = ours.jwt;
        access_.login.key = wire::nats::public_key(ours.seed);
        access_.login.signature = wire::nats::signature(ours.seed, nonce_);
    }
    conversation_.machine().send(connect(access_.login));
    try {
        co_await flush();
    } catch (const CheckError& error) {
        // Above its limit of connections, it greets and closes silently.
        if (error.detail != "closed without an answer") throw;
        throw CheckError(ErrorClass::assertion, "closed at the log-in: perhaps no connections left",
                         error.error);
    }
}

net::awaitable<void> Session::flush() {
    conversation_.machine().send(wire::nats::ping);
    for (;;) {
        const auto event = co_await next(Steady::max());
        if (event->what == What::pong) co_return;
    }
}

net::awaitable<std::optional<Event>> Session::request(std::string subject, std::string payload,
                                                      Steady until) {
    const std::uint64_t id = ++subscriptions_;
    const std::string reply = fmt::format("{}.{}", inbox_, id);
    Machine& machine = conversation_.machine();
    machine.send(subscribe(reply, id));
    const bool to_ourselves = subject.empty();
    machine.send(
        publish(to_ourselves ? reply : subject, to_ourselves ? std::string() : reply, payload));
    machine.send(wire::nats::ping);
    bool accepted = false;
    std::optional<Event> answer;
    while (!accepted || !answer) {
        const Steady patience = accepted ? until : Steady::max();
        auto event = co_await next(patience);
        if (!event) break;
        if (event->what == What::pong)
            accepted = true;
        else if (event->id == id)
            answer = std::move(event);
    }
    machine.send(unsubscribe(id));
    co_await conversation_.flush();
    co_return answer;
}

}  // namespace vitals::backends::nats
