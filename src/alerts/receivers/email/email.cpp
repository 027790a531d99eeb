// email: a mail server that takes messages over SMTP (RFC 5321). One transaction for each
// recipient, so a bad address does not stop a good one.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "alerts/receivers/email/message.hpp"
#include "alerts/receivers/fields.hpp"
#include "alerts/receivers/transport.hpp"
#include "model/check_error.hpp"
#include "net/conversation.hpp"
#include "text/base64.hpp"
#include "text/prose.hpp"
#include "text/quote.hpp"
#include "wire/nagios.hpp"
#include "wire/replies.hpp"
#include "wire/smtp.hpp"

namespace vitals::alerts::receivers {

namespace email_receiver {

namespace {

using namespace std::chrono_literals;
using wire::smtp::Reply;

constexpr std::uint16_t usual_port = 25;
constexpr std::uint16_t usual_tls_port = 465;
constexpr auto step_time = 20s;         // for a reply
constexpr auto acceptance_time = 2min;  // for the one to the message
constexpr std::size_t why_bytes = 200;

struct Options {
    std::vector<std::string> to;
    std::string from;
    text::Url server = "smtp://127.0.0.1:25";
    Secret password;
    std::string starttls = "offered";  // required | offered | never
    net::TlsOptions tls;
};

Verified verify_addresses(const std::vector<std::string>& addresses) {
    for (const std::string& address : addresses)
        if (std::string problem = address_problem(address); !problem.empty())
            return std::unexpected(text::quoted(address) + ' ' + problem);
    return {};
}

Verified verify_address(const std::string& address) {
    return verified(address_problem(address));
}

Verified verify_mail_server(const text::Url& url) {
    if (auto problem = text::url_problem(url.text, {"smtp", "smtps"}); !problem.empty())
        return std::unexpected(problem);
    if (!url.password.empty()) return std::unexpected("holds a password; it stands in 'password'");
    if (url.path.size() > 1 || !url.query.empty())
        return std::unexpected("has a path; expected smtp://user@host:port");
    return {};
}

bool is_loopback(const std::string& host) {
    return host == "localhost" || host == "::1" || host.starts_with("127.");
}

Verified verify(const Options& options) {
    const bool user = !options.server.user.empty();
    const bool tls_at_once = options.server.scheme == "smtps";
    if (user != options.password.configured())
        return std::unexpected(user ? "server names a user, but there is no password"
                                    : "password without a user; write smtp://user@host:587");
    if (tls_at_once && options.starttls == "required")
        return std::unexpected("starttls: smtps is TLS from the start");
    if (user && options.starttls == "never" && !tls_at_once && !is_loopback(options.server.host))
        return std::unexpected(
            "starttls: never would send user and password in the clear to another machine");
    return {};
}

constexpr Field fields[] = {
    field<&Options::to, verify_addresses>("to", "The recipients; each gets a separate mail.",
                                          {.required = true, .example = "ops@example.org"}),
    field<&Options::from, verify_address>(
        "from", "The sender; by default vitals@ and the name of this host.",
        {.example = "vitals@example.org"}),
    field<&Options::server, verify_mail_server>(
        "server", "The mail server: smtp://user@host:port, or smtps for TLS from the start.",
        {.example = "smtp://vitals@mx.example.org:587"}),
    field<&Options::password>("password", "The password of the server's user."),
    field<&Options::starttls>(
        "starttls",
        "Whether to use STARTTLS: always, when the server offers it, or never. A user requires it.",
        {.choices = "required|offered|never"}),
    tls_field<Options>(),
};

// The server refuses a step.
struct Refused {
    Attempt attempt;
};

std::string said_by(const Reply& reply) {
    std::string said;
    for (const std::string& line : reply.lines) said += (said.empty() ? "" : " ") + line;
    return wire::printable(said, why_bytes);
}

// 4xx: later; 5xx: a bad address, a bad password, or a message that will never be accepted.
Refused refused(const Reply& reply, std::string_view step) {
    const std::string said = said_by(reply);
    return {{.fate = reply.code >= 500 ? Fate::rejected : Fate::refused,
             .why = fmt::format("{} answered with {}{}{}", step, reply.code,
                                said.empty() ? "" : ": ", said)}};
}

class Session {
  public:
    Session(net::Context& context, std::unique_ptr<net::Connection> connection)
        : context_(context),
          conversation_(std::move(connection), Machine(wire::smtp::take_reply)) {}

    // Throws Refused for another code than the expected one.
    net::awaitable<Reply> read(std::string step, int expected, Steady::duration patience) {
        context_.enter(step);
        const Steady until = context_.clock().steady() + patience;
        auto reply = co_await conversation_.next(until);
        if (!reply) throw CheckError(ErrorClass::timeout, "no answer in time");
        if (reply->code != expected) throw refused(*reply, step);
        co_return *std::move(reply);
    }

    // `line` may hold a secret; the name of the step does not.
    net::awaitable<Reply> command(std::string step, std::string line, int expected,
                                  Steady::duration patience = step_time) {
        context_.enter(step);
        conversation_.machine().send(line + "\r\n");
        co_await conversation_.flush();
        auto reply = co_await read(std::move(step), expected, patience);
        co_return reply;
    }

    // From here on the message may have arrived, whatever happens.
    net::awaitable<Reply> message(std::string bytes) {
        context_.enter(committed_phase);
        conversation_.machine().send(bytes);
        co_await conversation_.flush();
        auto reply = co_await read(std::string(committed_phase), 250, acceptance_time);
        co_return reply;
    }

    net::awaitable<void> start_tls(const net::TlsOptions& options, std::string host) {
        context_.enter("tls");
        // Bytes that came in the clear before the handshake must not be used after it.
        if (const std::string& early = conversation_.machine().unread(); !early.empty())
            throw CheckError(ErrorClass::protocol, "spoke before the handshake");
        co_await conversation_.connection().start_tls(options, std::move(host));
    }

    net::awaitable<void> leave() {
        conversation_.machine().send("QUIT\r\n");
        co_await conversation_.flush();
    }

  private:
    using Machine = wire::Replies<decltype(&wire::smtp::take_reply)>;
    net::Context& context_;
    net::Conversation<Machine> conversation_;
};

// Whether EHLO's reply offers this way to log in.
bool offers_login(const Reply& greeting, std::string_view mechanism) {
    for (const std::string& line : greeting.lines) {
        if (!line.starts_with("AUTH ") && !line.starts_with("auth ")) continue;
        for (std::string_view rest = std::string_view(line).substr(5); !rest.empty();) {
            const std::size_t end = std::min(rest.find(' '), rest.size());
            if (rest.substr(0, end) == mechanism) return true;
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
    return false;
}

net::awaitable<void> log_in(Session& session, const Reply& greeting, const Options& options) {
    constexpr int more = 334, welcome = 235;
    const std::string& user = options.server.user;
    const std::string password = options.password.reveal();
    if (offers_login(greeting, "PLAIN")) {
        const std::string both = std::string(1, '\0') + user + '\0' + password;
        co_await session.command("AUTH", "AUTH PLAIN " + text::base64(both), welcome);
        co_return;
    }
    if (!offers_login(greeting, "LOGIN"))
        throw Refused{{.fate = Fate::rejected, .why = "offers no AUTH PLAIN or LOGIN"}};
    co_await session.command("AUTH", "AUTH LOGIN", more);
    co_await session.command("AUTH", text::base64(user), more);
    co_await session.command("AUTH", text::base64(password), welcome);
}

// Greets, changes to TLS and logs in, as the options say; returns the reply to the last EHLO.
net::awaitable<Reply> begin(Session& session, const Options& options, std::string_view host) {
    const bool tls_at_once = options.server.scheme == "smtps";
    const bool user = !options.server.user.empty();
    if (tls_at_once) co_await session.start_tls(options.tls, options.server.host);
    co_await session.read("banner", 220, step_time);
    const std::string hello = "EHLO " + greeting_name(host);
    Reply greeting = co_await session.command("EHLO", hello, 250);
    if (!tls_at_once && options.starttls != "never") {
        const bool offered = greeting.offers("STARTTLS");
        if (!offered && (user || options.starttls == "required"))
            throw Refused{{.fate = Fate::rejected, .why = "STARTTLS is not offered"}};
        if (offered) {
            co_await session.command("STARTTLS", "STARTTLS", 220);
            co_await session.start_tls(options.tls, options.server.host);
            greeting = co_await session.command("EHLO", hello, 250);
        }
    }
    if (user) co_await log_in(session, greeting, options);
    co_return greeting;
}

net::awaitable<void> deliver(const Envelope& envelope, const Options& options,
                             net::Context& context) {
    const std::string from =
        options.from.empty() ? "vitals@" + usual_domain(envelope.alert.host) : options.from;
    const std::string data = dot_stuffed(compose(envelope, from));
    net::Endpoint endpoint;
    endpoint.host = options.server.host;
    const bool tls_at_once = options.server.scheme == "smtps";
    endpoint.port = options.server.port.value_or(tls_at_once ? usual_tls_port : usual_port);
    auto connection = co_await net::dial(context, endpoint);
    Session session(context, std::move(connection));
    const Reply greeting = co_await begin(session, options, envelope.alert.host);
    const std::string size = greeting.offers("SIZE") ? fmt::format(" SIZE={}", data.size()) : "";
    co_await session.command("MAIL", fmt::format("MAIL FROM:<{}>{}", from, size), 250);
    co_await session.command("RCPT", fmt::format("RCPT TO:<{}>", envelope.to), 250);
    co_await session.command("DATA", "DATA", 354);
    co_await session.message(data);
    try {
        co_await session.leave();
    } catch (const CheckError&) {
        // The server has the message.
    }
}

net::awaitable<Attempt> tell(const Envelope& envelope, const Options& options,
                             net::Context& context) {
    try {
        co_await deliver(envelope, options, context);
        Attempt taken;
        taken.fate = Fate::delivered;
        co_return taken;
    } catch (const Refused& refused) {
        co_return refused.attempt;
    }
}

std::vector<std::string> addresses(const ObjectRef& options) {
    return options.as<Options>().to;
}

constexpr std::string_view about = R"(
    Text and HTML, 7-bit, one mail for each recipient. Each recipient has a separate
    queue, so a bad address does not hold up a good one. A user requires TLS. All mails of
    an incident are one thread. After a 4xx vitals tries again; a 5xx is refused for good.
    A copy has the same Message-ID.)"_prose;

constexpr Transport transport = make_transport<Options, tell>();
constexpr Receiver rest{.addresses = addresses, .transport = &transport};

}  // namespace

}  // namespace email_receiver

extern constinit const Receiver email =
    make_receiver<email_receiver::Options, email_receiver::fields, nullptr, email_receiver::verify>(
        "email", "Sends mail through a mail server.",
        {.about = email_receiver::about, .deadline = std::chrono::seconds(180)},
        email_receiver::rest);

}  // namespace vitals::alerts::receivers
