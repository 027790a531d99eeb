#include "pop3.hpp"

#include <memory>
#include <utility>

#include "checks/access_fields.hpp"
#include "checks/mail_session.hpp"
#include "checks/user_and_password.hpp"
#include "net/endpoint_of.hpp"
#include "text/prose.hpp"
#include "text/quote.hpp"
#include "wire/pop3.hpp"

namespace vitals::checks::pop3 {

namespace {

using wire::pop3::Reply;
using Session = MailSession<&wire::pop3::take_line>;

constexpr std::uint16_t usual_port = 110;
constexpr std::uint16_t usual_tls_port = 995;
constexpr int most_capabilities = 100;

Verified verify_url(const text::Url& url) {
    return verify_mail_url(url, {"pop3", "pop3s"});
}

// A line end in it would begin another command.
bool fits_a_line(const std::string& text) {
    return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos;
}

Verified verify(const Options& options) {
    if (Verified both = verify_user_and_password(options); !both) return both;
    if (!fits_a_line(user_of(options))) return std::unexpected("user holds the end of a line");
    return {};
}

constexpr Field fields[] = {
    url_field<Options, verify_url>(
        "The server: pop3://host, usually port 110, or pop3s://host with TLS from the start (995).",
        "pop3s://mail.example.org"),
    field<&Options::user>(
        "user",
        "The user to log in as; it may stand in the URL instead. Without a user, the check does "
        "not log in. Some servers lock the mailbox meanwhile, so use a separate one."),
    password_field<Options>(),
    field<&Options::starttls>("starttls",
                              "With pop3://: the server must change to TLS first, or the check "
                              "never uses TLS and sends a password in the clear.",
                              {.choices = "required|never"}),
    certificate_days_field<Options>(),
    tls_field<Options>(),
};

Reply reply_of(const std::string& line) {
    auto reply = wire::pop3::read_reply(line);
    if (!reply) throw CheckError(ErrorClass::protocol, reply.error(), "got " + text::quoted(line));
    return *std::move(reply);
}

net::awaitable<Reply> command(Session& session, std::string phase, std::string line) {
    const std::string answer = co_await session.command(std::move(phase), std::move(line));
    co_return reply_of(answer);
}

std::string said(const Reply& reply) {
    return "got " + text::quoted(reply.code + ' ' + reply.text);
}

net::awaitable<void> change_to_tls(const Options& options, Session& session) {
    const Reply listed = co_await command(session, "capability", "CAPA");
    bool offered = false;
    for (int count = 0; listed.good; ++count) {
        const std::string line = co_await session.next();
        if (line == ".") break;
        offered = offered || line == "STLS";
        if (count == most_capabilities)
            throw CheckError(ErrorClass::protocol, "a list of capabilities that does not end");
    }
    // Somebody between client and server may have removed it.
    if (!offered) throw CheckError(ErrorClass::tls, "STLS is not offered");
    const Reply reply = co_await command(session, "starttls", "STLS");
    if (!reply.good) throw CheckError(ErrorClass::tls, "STLS is refused", said(reply));
    const text::Url url = options.url;
    co_await session.start_tls(options.tls, url.host);
}

CheckError refusal(const Reply& reply) {
    if (reply.code == "SYS/TEMP" || reply.code == "SYS/PERM")
        return {ErrorClass::assertion, "log-ins are not possible now", said(reply)};
    if (reply.code == "LOGIN-DELAY")
        return {ErrorClass::local, "the server wants this user to log in less often", said(reply)};
    // A person uses this mailbox, as it is meant.
    if (reply.code == "IN-USE")
        return {ErrorClass::local, "mailbox is in use by somebody else", said(reply)};
    if (reply.text.contains("Maximum number of connections"))
        return {ErrorClass::assertion, "too many connections of this user", said(reply)};
    return {ErrorClass::auth, reply.code == "AUTH" ? "wrong user or password" : "log-in refused",
            said(reply)};
}

net::awaitable<Outcome> run_session(const Options& options, net::Context& context) {
    const bool tls = options.url.scheme == "pop3s";
    const auto endpoint = net::endpoint_of(options.url, tls ? usual_tls_port : usual_port);
    auto connection = co_await net::dial(context, endpoint);
    Session session(context, std::move(connection));
    if (tls) co_await session.start_tls(options.tls, endpoint.host);
    const std::string line = co_await session.read("banner");
    const Reply hello = reply_of(line);
    if (!hello.good) throw CheckError(ErrorClass::assertion, "turned away", said(hello));
    if (!tls && options.starttls == "required") co_await change_to_tls(options, session);
    const std::string user = user_of(options);
    const std::string password = password_of(options);
    if (!fits_a_line(password))
        throw CheckError(ErrorClass::local, "password holds the end of a line", {}, "auth");
    if (!user.empty()) {
        const Reply asked = co_await command(session, "auth", "USER " + user);
        if (!asked.good) throw refusal(asked);
        const Reply answered = co_await command(session, "auth", "PASS " + password);
        if (!answered.good) throw refusal(answered);
        // Opens the mailbox if the log-in has not.
        const Reply counted = co_await command(session, "mailbox", "STAT");
        if (!counted.good)
            throw CheckError(ErrorClass::assertion, "mailbox cannot be opened", said(counted));
    }
    // Without this, the server would report a broken connection. Nothing is marked for deletion.
    const Reply goodbye = co_await command(session, "quit", "QUIT");
    Outcome outcome = ok(user.empty() ? "ready" : "logged in, mailbox opened");
    co_return judge_certificate(options.certificate_days, session.connection(),
                                context.clock().system(), std::move(outcome));
}

constexpr std::string_view proves = R"(
    The server greets, changes to TLS with a good certificate, lets this user in, and
    opens its mailbox. Without a user it greets, which it also does when nobody can log
    in. Nothing is read or deleted. Some servers lock the mailbox meanwhile, so use a
    separate one for vitals; while another client has it locked, the result is unknown.
    The check proves nothing about other users' mailboxes, or about whether mail arrives.
    It sends a password only over verified TLS, unless `starttls: never` allows more. Mail
    servers answer a wrong password late, after two seconds and more, and slow down all
    clients of that address: use a timeout of 10 s. After two refused log-ins vitals tries
    the same password only every five minutes.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, run_unless_refused<run_session, Options>, verify>(
    "pop3", "A mail server lets a user in by POP3.",
    {.proves = proves,
     .schemes = {"pop3", "pop3s"},
     .urls = {"pop3s://user:password@host", "pop3://host"}});

}  // namespace vitals::checks::pop3
