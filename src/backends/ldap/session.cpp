#include "session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "model/meaning.hpp"
#include "text/quote.hpp"

namespace vitals::backends::ldap {

namespace {

using namespace wire::ldap;

// RFC 4511, appendix A.
constexpr Meaning<std::int32_t> meanings[] = {
    {3, ErrorClass::timeout, "the server ran out of the time that it was given"},
    {4, ErrorClass::assertion, "shows more entries than there can be"},
    {7, ErrorClass::auth, "does not take passwords this way"},
    {8, ErrorClass::auth, "wants a stronger way to log in, mostly TLS"},
    {10, ErrorClass::assertion, "refers to another server"},
    {13, ErrorClass::auth, "wants TLS before passwords"},
    {32, ErrorClass::assertion, "the base does not exist, or is hidden from this user"},
    {34, ErrorClass::local, "not a name (DN) that the server can read: see url and user"},
    {48, ErrorClass::auth, "this user may not log in this way"},
    {49, ErrorClass::auth, "wrong user or password"},
    {50, ErrorClass::auth, "user may not search there"},
    {51, ErrorClass::assertion, "busy"},
    {52, ErrorClass::assertion, "not available"},
    {53, ErrorClass::assertion, "refuses to do that"},
};

constexpr std::int32_t success = 0;
constexpr std::int32_t referral = 10;

}  // namespace

CheckError meaning_of(const Result& result) {
    const std::string theirs = fmt::format("got {} {}", result.code, text::quoted(result.text));
    if (const auto* const meaning = meaning_with(meanings, result.code))
        return {meaning->error_class, std::string(meaning->detail), theirs};
    return {ErrorClass::assertion, fmt::format("answered with result {}", result.code), theirs};
}

net::awaitable<std::unique_ptr<Session>> Session::open(net::Context& context, Access access) {
    std::optional<net::TlsOptions> at_once;
    if (access.secrecy == Secrecy::at_once) at_once = access.tls;
    auto connection = co_await net::dial(context, access.endpoint, at_once);
    std::unique_ptr<Session> session(new Session(std::move(connection), std::move(access)));
    if (session->access_.secrecy == Secrecy::start_tls) co_await session->start_tls(context);
    co_await session->log_in(context);
    co_return session;
}

net::awaitable<Message> Session::next() {
    Message message = co_await conversation_.next();
    if (message.id == 0) {  // a notice of disconnection
        const auto notice = read_result(message);
        if (notice && notice->code != success) throw meaning_of(*notice);
    }
    if (message.id != id_)
        throw CheckError(ErrorClass::protocol, "answers another request",
                         fmt::format("got number {}, expected {}", message.id, id_));
    co_return message;
}

net::awaitable<Result> Session::result(Operation operation) {
    const Message message = co_await next();
    const auto read = read_result(message);
    if (message.operation != operation || !read)
        throw CheckError(ErrorClass::protocol, "unexpected answer",
                         "got " + text::quoted(message.body));
    co_return *read;
}

net::awaitable<void> Session::start_tls(net::Context& context) {
    context.enter("starttls");
    conversation_.machine().send(wire::ldap::start_tls(++id_));
    const Result agreed = co_await result(Operation::extended_done);
    if (agreed.code != success)
        throw CheckError(ErrorClass::tls, "TLS is not offered",
                         fmt::format("got {} {}", agreed.code, text::quoted(agreed.text)));
    context.enter("tls");
    // Bytes that came in the clear must not be used after the handshake.
    if (const std::string& early = conversation_.machine().unread(); !early.empty())
        throw CheckError(ErrorClass::protocol, "spoke before the handshake",
                         "got " + text::quoted(early));
    co_await conversation_.connection().start_tls(access_.tls, access_.endpoint.host);
}

net::awaitable<void> Session::log_in(net::Context& context) {
    if (access_.name.empty()) co_return;
    context.enter("auth");
    // Servers treat a name without a password as anonymous, and accept it: RFC 4513, section 5.1.2.
    if (access_.password.empty())
        throw CheckError(ErrorClass::auth, "an empty password logs nobody in");
    conversation_.machine().send(bind(++id_, access_.name, access_.password));
    const Result answer = co_await result(Operation::bound);
    if (answer.code != success) throw meaning_of(answer);
}

void Session::ask(net::Context& context, std::string_view name, std::string_view attribute) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(context.left()).count();
    const auto most = static_cast<std::int32_t>(std::clamp<std::int64_t>(seconds, 1, 3600));
    conversation_.machine().send(wire::ldap::look_up(++id_, name, most, attribute));
}

net::awaitable<std::optional<Message>> Session::next_entry() {
    Message message = co_await next();
    if (message.operation == Operation::entry) co_return message;
    if (message.operation == Operation::reference) throw meaning_of({referral, ""});
    const auto done = read_result(message);
    if (message.operation != Operation::searched || !done)
        throw CheckError(ErrorClass::protocol, "unexpected answer",
                         "got " + text::quoted(message.body));
    if (done->code != success) throw meaning_of(*done);
    co_return std::nullopt;
}

net::awaitable<int> Session::look_up(net::Context& context, std::string name) {
    context.enter("search");
    ask(context, name, no_attribute);
    for (int entries = 0;; ++entries) {
        const auto entry = co_await next_entry();
        if (!entry) co_return entries;
    }
}

net::awaitable<std::vector<std::string>> Session::read(net::Context& context, std::string name,
                                                       std::string attribute) {
    context.enter("search");
    ask(context, name, attribute);
    std::vector<std::string> all;
    for (;;) {
        const auto entry = co_await next_entry();
        if (!entry) co_return all;
        const auto values = read_values(*entry, attribute);
        if (!values)
            throw CheckError(ErrorClass::protocol, "not an entry",
                             "got " + text::quoted(entry->body));
        all.insert(all.end(), values->begin(), values->end());
    }
}

net::awaitable<void> Session::close(net::Context&) {
    conversation_.machine().send(unbind(++id_));
    co_await conversation_.flush();
}

}  // namespace vitals::backends::ldap
