#include "smtp.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "checks/access_fields.hpp"
#include "checks/mail_session.hpp"
#include "net/endpoint_of.hpp"
#include "text/prose.hpp"
#include "text/quote.hpp"
#include "text/url.hpp"
#include "wire/smtp.hpp"

namespace vitals::checks::smtp {

namespace {

constexpr std::uint16_t usual_port = 25;
constexpr std::uint16_t usual_tls_port = 465;

Verified verify_url(const text::Url& url) {
    if (auto problem = text::url_problem(url.text, {"smtp", "smtps"}); !problem.empty())
        return std::unexpected(problem);
    if (!url.user.empty() || !url.password.empty())
        return std::unexpected("holds a user; this check does not log in");
    if (url.path.size() > 1 || !url.query.empty())
        return std::unexpected("has a path; expected smtp://host:port");
    return {};
}

// Characters that may follow EHLO: RFC 5321, section 4.1.1.1, and none that would end the line.
Verified verify_hello(const std::string& name) {
    const bool good =
        !name.empty() && name.size() <= 255 &&
        std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 0x7f; });
    return verified(good ? std::string() : "is no name of a host");
}

Verified verify(const Options& options) {
    const bool tls = options.url.scheme == "smtps";
    if (tls && options.starttls == "required")
        return std::unexpected("smtps is TLS from the start: no starttls");
    if (options.certificate_days > 0 && !tls && options.starttls != "required") {
        return std::unexpected("certificate_days needs smtps or starttls: required");
    }
    return {};
}

constexpr Field fields[] = {
    url_field<Options, verify_url>("The address of the server: smtp://host:port (usually 25 or "
                                   "587) or smtps://host:port (465).",
                                   "smtp://mail.example.org:587"),
    field<&Options::hello, verify_hello>("hello", "The name that the check gives in EHLO."),
    field<&Options::starttls>(
        "starttls", "Whether to use STARTTLS: always, when the server offers it, or never.",
        {.choices = "required|offered|never"}),
    certificate_days_field<Options>(),
    tls_field<Options>(),
};

using Session = MailSession<&wire::smtp::take_reply>;

// Another code than the expected one is a refusal.
void require(const wire::smtp::Reply& reply, std::string_view phase, int expected) {
    if (reply.code == expected) return;
    std::string said;
    for (const std::string& line : reply.lines) said += line + '\n';
    if (reply.code == 421) {
        throw CheckError(ErrorClass::assertion, "service not available (421)",
                         "got " + text::quoted(said));
    }
    throw CheckError(ErrorClass::assertion,
                     fmt::format("{} answered with {}, expected {}", phase, reply.code, expected),
                     "got " + text::quoted(said));
}

net::awaitable<wire::smtp::Reply> command(Session& session, std::string phase, std::string line,
                                          int expected) {
    const std::string name = phase;
    wire::smtp::Reply reply = co_await session.command(std::move(phase), std::move(line));
    require(reply, name, expected);
    co_return reply;
}

// The answer to EHLO. A server that does not know it (RFC 5321, section 3.2) is greeted with HELO
// and has no extensions.
net::awaitable<wire::smtp::Reply> greet(Session& session, std::string name) {
    wire::smtp::Reply reply = co_await session.command("ehlo", "EHLO " + name);
    if (reply.code != 500 && reply.code != 502 && reply.code != 504) {
        require(reply, "ehlo", 250);
        co_return reply;
    }
    co_await command(session, "helo", "HELO " + name, 250);
    reply.lines.resize(1);  // the greeting itself
    co_return reply;
}

net::awaitable<Outcome> run(const Options& options, net::Context& context) {
    const text::Url url = options.url;
    const bool tls = url.scheme == "smtps";
    const net::Endpoint endpoint = net::endpoint_of(url, tls ? usual_tls_port : usual_port);
    auto connection = co_await net::dial(context, endpoint);
    Session session(context, std::move(connection));
    if (tls) co_await session.start_tls(options.tls, url.host);
    const wire::smtp::Reply banner = co_await session.read("banner");
    require(banner, "banner", 220);
    const auto greeting = co_await greet(session, options.hello);
    const bool offered = greeting.offers("STARTTLS");
    if (!tls && options.starttls == "required" && !offered) {
        throw CheckError(ErrorClass::assertion, "STARTTLS is not offered");
    }
    if (!tls && options.starttls != "never" && offered) {
        co_await command(session, "starttls", "STARTTLS", 220);
        co_await session.start_tls(options.tls, url.host);
        co_await greet(session, options.hello);
    }
    co_await command(session, "noop", "NOOP", 250);
    // Its answer is not waited for: a client that came this far can send mail.
    co_await session.say("QUIT");
    const bool secure = session.connection().certificate().has_value();
    Outcome outcome = ok(secure ? "ready, with TLS" : "ready, without TLS");
    co_return judge_certificate(options.certificate_days, session.connection(),
                                context.clock().system(), std::move(outcome));
}

constexpr std::string_view proves = R"(
    The mail server greets, understands EHLO (or HELO, where it does not know EHLO),
    changes to TLS with a good certificate, and answers inside. The check uses TLS if the
    server offers it; with `starttls: required` the server must offer it. The check sends
    no mail and does not log in, so it does not prove that the server would accept, store
    or deliver a message.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, run, verify>(
    "smtp", "Greets a mail server: banner, EHLO or HELO, STARTTLS, NOOP, QUIT.",
    {.proves = proves,
     .schemes = {"smtp", "smtps"},
     .urls = {"smtp://host:25", "smtp://host:587", "smtps://host"}});

}  // namespace vitals::checks::smtp
