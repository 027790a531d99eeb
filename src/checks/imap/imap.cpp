#include "imap.hpp"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "checks/access_fields.hpp"
#include "checks/mail_session.hpp"
#include "checks/user_and_password.hpp"
#include "net/endpoint_of.hpp"
#include "text/prose.hpp"
#include "text/quote.hpp"
#include "wire/imap.hpp"

namespace vitals::checks::imap {

namespace {

using wire::imap::Response;
using Session = MailSession<&wire::imap::take_response>;

constexpr std::uint16_t usual_port = 143;
constexpr std::uint16_t usual_tls_port = 993;
constexpr int most_responses = 1000;  // to one command

Verified verify_url(const text::Url& url) {
    return verify_mail_url(url, {"imap", "imaps"});
}

Verified verify_mailbox(const std::string& mailbox) {
    if (mailbox.empty() || !wire::imap::quoted(mailbox))
        return std::unexpected("is no name of a mailbox in ASCII");
    return {};
}

constexpr Field fields[] = {
    url_field<Options, verify_url>(
        "The server: imap://host, usually port 143, or imaps://host with TLS from the start (993).",
        "imaps://mail.example.org"),
    field<&Options::user>("user",
                          "The user to log in as; it may stand in the URL instead. Without a user, "
                          "the check does not log in."),
    password_field<Options>(),
    field<&Options::mailbox, verify_mailbox>("mailbox",
                                             "The mailbox that is opened after the log-in."),
    field<&Options::starttls>("starttls",
                              "With imap://: the server must change to TLS first, or the check "
                              "never uses TLS and sends a password in the clear.",
                              {.choices = "required|never"}),
    certificate_days_field<Options>(),
    tls_field<Options>(),
};

// A dialogue of commands with their own tags.
class Dialogue {
  public:
    explicit Dialogue(Session& session) : session_(session) {}

    net::awaitable<void> greet() {
        const Response hello = co_await session_.read("banner");
        if (hello.status == "BYE") throw turned_away(hello);
        if (hello.tag != "*" || (hello.status != "OK" && hello.status != "PREAUTH"))
            throw CheckError(ErrorClass::protocol, "not an IMAP response",
                             "got " + text::quoted(hello.text));
        preauthenticated_ = hello.status == "PREAUTH";
        take_capabilities(hello);
    }

    // The response with its tag. Responses before it may contain capabilities, or facts of a
    // mailbox.
    net::awaitable<Response> command(std::string phase, std::string words) {
        const std::string tag = next_tag();
        Response response = co_await session_.command(std::move(phase), tag + ' ' + words);
        for (int count = 0; response.tag != tag; ++count) {
            if (response.status == "BYE") throw turned_away(response);
            if (response.tag == "+") co_return response;
            if (response.tag != "*" || count == most_responses)
                throw CheckError(ErrorClass::protocol, "answers something else than was asked",
                                 "got " + text::quoted(response.text));
            take_capabilities(response);
            if (const auto figure = wire::imap::figure_of(response, "MESSAGES")) messages_ = figure;
            response = co_await session_.next();
        }
        take_capabilities(response);
        co_return response;
    }

    net::awaitable<void> ask_capabilities() {
        capabilities_ = {};
        const Response response = co_await command("capability", "CAPABILITY");
        if (response.status != "OK" || !capabilities_.lists_capabilities())
            throw CheckError(ErrorClass::protocol, "does not say what it can",
                             "got " + text::quoted(response.text));
    }

    // Says goodbye, and waits for that of the server.
    net::awaitable<void> log_out() {
        const std::string tag = next_tag();
        Response response = co_await session_.command("logout", tag + " LOGOUT");
        for (int count = 0; response.status != "BYE" && response.tag != tag; ++count) {
            if (count == most_responses) co_return;
            response = co_await session_.next();
        }
    }

    Session& session() { return session_; }
    bool preauthenticated() const { return preauthenticated_; }
    bool lists(std::string_view capability) const { return capabilities_.lists(capability); }
    bool knows_capabilities() const { return capabilities_.lists_capabilities(); }
    std::optional<std::uint64_t> messages() const { return messages_; }

  private:
    static CheckError turned_away(const Response& response) {
        return {ErrorClass::assertion, "turned away: the server says BYE",
                "got " + text::quoted(response.code + ' ' + response.text)};
    }
    std::string next_tag() { return fmt::format("v{}", ++number_); }
    void take_capabilities(const Response& response) {
        if (response.lists_capabilities()) capabilities_ = response;
    }

    Session& session_;
    int number_ = 0;
    bool preauthenticated_ = false;
    Response capabilities_;
    std::optional<std::uint64_t> messages_;
};

net::awaitable<void> change_to_tls(const Options& options, Dialogue& dialogue) {
    if (!dialogue.knows_capabilities()) co_await dialogue.ask_capabilities();
    // Somebody between client and server may have removed it.
    if (!dialogue.lists("STARTTLS")) throw CheckError(ErrorClass::tls, "STARTTLS is not offered");
    const Response response = co_await dialogue.command("starttls", "STARTTLS");
    if (response.status != "OK")
        throw CheckError(ErrorClass::tls, "STARTTLS is refused",
                         "got " + text::quoted(response.text));
    const text::Url url = options.url;
    co_await dialogue.session().start_tls(options.tls, url.host);
    co_await dialogue.ask_capabilities();
}

CheckError refusal(const Response& response) {
    const auto made = [&](ErrorClass error_class, const char* detail) {
        return CheckError(error_class, detail,
                          "got " + text::quoted(response.code + ' ' + response.text));
    };
    const std::string& code = response.code;
    if (code == "LIMIT" || response.text.contains("Maximum number of connections"))
        return made(ErrorClass::assertion, "too many connections of this user");
    if (code == "UNAVAILABLE") return made(ErrorClass::assertion, "log-ins are not possible now");
    if (code == "INUSE") return made(ErrorClass::assertion, "mailbox is in use");
    if (code == "PRIVACYREQUIRED") return made(ErrorClass::auth, "log-in needs TLS");
    if (code == "AUTHENTICATIONFAILED") return made(ErrorClass::auth, "wrong user or password");
    if (code == "AUTHORIZATIONFAILED") return made(ErrorClass::auth, "not allowed");
    if (code == "EXPIRED") return made(ErrorClass::auth, "password has expired");
    return made(response.status == "BAD" ? ErrorClass::protocol : ErrorClass::auth,
                "log-in refused");
}

// Texts that may not be quoted are sent as literals, one after the other.
net::awaitable<Response> say_log_in(Dialogue& dialogue, std::string user, std::string password) {
    const auto quoted_user = wire::imap::quoted(user);
    const auto quoted_password = wire::imap::quoted(password);
    if (quoted_user && quoted_password) {
        Response response =
            co_await dialogue.command("auth", "LOGIN " + *quoted_user + ' ' + *quoted_password);
        co_return response;
    }
    Session& session = dialogue.session();
    Response response = co_await dialogue.command("auth", fmt::format("LOGIN {{{}}}", user.size()));
    if (response.tag != "+") co_return response;
    response = co_await session.command("auth", fmt::format("{} {{{}}}", user, password.size()));
    if (response.tag != "+") co_return response;
    response = co_await session.command("auth", password);
    for (int count = 0; response.tag == "*" && count < most_responses; ++count)
        response = co_await session.next();
    co_return response;
}

net::awaitable<void> log_in(const Options& options, Dialogue& dialogue) {
    if (dialogue.preauthenticated())
        throw CheckError(ErrorClass::auth, "lets everybody in without a log-in (PREAUTH)", {},
                         "auth");
    if (!dialogue.knows_capabilities()) co_await dialogue.ask_capabilities();
    if (dialogue.lists("LOGINDISABLED"))
        throw CheckError(ErrorClass::auth, "log-in needs TLS", "LOGINDISABLED", "auth");
    const Response response = co_await say_log_in(dialogue, user_of(options), password_of(options));
    if (response.status != "OK") throw refusal(response);
    const std::string words =
        "STATUS " + wire::imap::quoted(options.mailbox).value_or("INBOX") + " (MESSAGES)";
    const Response opened = co_await dialogue.command("mailbox", words);
    if (opened.status == "OK" && dialogue.messages()) co_return;
    throw CheckError(ErrorClass::assertion, "mailbox cannot be opened",
                     "got " + text::quoted(opened.code + ' ' + opened.text));
}

net::awaitable<Outcome> run_session(const Options& options, net::Context& context) {
    const bool tls = options.url.scheme == "imaps";
    const auto endpoint = net::endpoint_of(options.url, tls ? usual_tls_port : usual_port);
    auto connection = co_await net::dial(context, endpoint);
    Session session(context, std::move(connection));
    if (tls) co_await session.start_tls(options.tls, endpoint.host);
    Dialogue dialogue(session);
    co_await dialogue.greet();
    if (!tls && options.starttls == "required") co_await change_to_tls(options, dialogue);
    const bool logs_in = !user_of(options).empty();
    if (logs_in) {
        co_await log_in(options, dialogue);
    } else {
        const Response response = co_await dialogue.command("noop", "NOOP");
        if (response.status != "OK")
            throw CheckError(ErrorClass::assertion, "NOOP is refused",
                             "got " + text::quoted(response.text));
    }
    co_await dialogue.log_out();
    Outcome outcome = ok(logs_in ? "logged in, mailbox opened" : "ready");
    if (const auto messages = dialogue.messages())
        outcome.with("messages", static_cast<std::int64_t>(*messages));
    co_return judge_certificate(options.certificate_days, session.connection(),
                                context.clock().system(), std::move(outcome));
}

constexpr std::string_view proves = R"(
    The server greets, changes to TLS with a good certificate, lets this user in, and
    opens the mailbox, so its storage answers. Without a user it greets and answers, which
    it also does when nobody can log in. Nothing is read or changed; new mail stays new.
    The check proves nothing about other users' mailboxes, or about whether mail arrives.
    It sends a password only over verified TLS, unless `starttls: never` allows more. Mail
    servers answer a wrong password late, after two seconds and more, and slow down all
    clients of that address: use a timeout of 10 s. After two refused log-ins vitals tries
    the same password only every five minutes.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, run_unless_refused<run_session, Options>,
                            verify_user_and_password<Options>>(
    "imap", "A mail server lets a user in by IMAP and opens a mailbox.",
    {.proves = proves,
     .schemes = {"imap", "imaps"},
     .urls = {"imaps://user:password@host", "imap://host"}});

}  // namespace vitals::checks::imap
