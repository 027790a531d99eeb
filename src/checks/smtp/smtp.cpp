#include "smtp.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <utility>

#include "checks/access_fields.hpp"
#include "checks/days_left.hpp"
#include "net/conversation.hpp"
#include "text/prose.hpp"
#include "text/quote.hpp"
#include "text/url.hpp"
#include "wire/replies.hpp"
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

// What may stand behind EHLO: RFC 5321, section 4.1.1.1, and nothing that would end the line.
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
    url_field<Options, verify_url>(
        "Where to connect: smtp://host:port (usually 25 or 587) or smtps://host:port (465).",
        "smtp://mail.example.org:587"),
    field<&Options::hello, verify_hello>("hello", "The name to greet with."),
    field<&Options::starttls>(
        "starttls", "Whether to change to TLS: it must be possible, where it is offered, or never.",
        {.choices = "required|offered|never"}),
    field<&Options::certificate_days>(
        "certificate_days",
        "Degraded when the certificate that ends first has fewer days left; 0: not judged.",
        {.unit = "days", .least = 0, .most = 3650}),
    tls_field<Options>(),
};

// The client's side of one session.
class Session {
  public:
    Session(net::Context& context, std::unique_ptr<net::Connection> connection)
        : context_(context),
          conversation_(std::move(connection), Machine(wire::smtp::take_reply)) {}

    // The phase is named after the step; another code than the one expected is the server's "no".
    net::awaitable<wire::smtp::Reply> read(std::string phase, int expected) {
        context_.enter(phase);
        auto reply = co_await conversation_.next();
        require(reply, phase, expected);
        co_return reply;
    }

    net::awaitable<wire::smtp::Reply> command(std::string phase, std::string line, int expected) {
        context_.enter(phase);
        line += "\r\n";
        conversation_.machine().send(line);
        auto reply = co_await read(std::move(phase), expected);
        co_return reply;
    }

    // What the server says to EHLO; one that does not know it, RFC 5321, section 3.2, is greeted
    // with HELO and extends nothing.
    net::awaitable<wire::smtp::Reply> greet(const std::string& name) {
        context_.enter("ehlo");
        conversation_.machine().send("EHLO " + name + "\r\n");
        wire::smtp::Reply reply = co_await conversation_.next();
        if (reply.code != 500 && reply.code != 502 && reply.code != 504) {
            require(reply, "ehlo", 250);
            co_return reply;
        }
        std::string hello = "HELO " + name;
        co_await command("helo", std::move(hello), 250);
        reply.lines.clear();
        co_return reply;
    }

    net::awaitable<void> start_tls(const net::TlsOptions& options, std::string host) {
        context_.enter("tls");
        // What came in the clear before the handshake must not be taken for what comes after it.
        if (const std::string& early = conversation_.machine().unread(); !early.empty()) {
            throw CheckError(ErrorClass::protocol, "spoke before the handshake",
                             "got " + text::quoted(early));
        }
        co_await conversation_.connection().start_tls(options, std::move(host));
    }

    net::awaitable<void> say(std::string line) {
        conversation_.machine().send(line);
        co_await conversation_.flush();
    }
    const net::Connection& connection() const { return conversation_.connection(); }

  private:
    static void require(const wire::smtp::Reply& reply, const std::string& phase, int expected) {
        if (reply.code == expected) return;
        std::string said;
        for (const std::string& line : reply.lines) said += line + '\n';
        if (reply.code == 421) {
            throw CheckError(ErrorClass::assertion, "service not available (421)",
                             "got " + text::quoted(said));
        }
        throw CheckError(
            ErrorClass::assertion,
            fmt::format("{} answered with {}, expected {}", phase, reply.code, expected),
            "got " + text::quoted(said));
    }

    using Machine = wire::Replies<decltype(&wire::smtp::take_reply)>;
    net::Context& context_;
    net::Conversation<Machine> conversation_;
};

Outcome judge(const Options& options, const Session& session, System now) {
    const auto certificate = session.connection().certificate();
    Outcome outcome = ok(certificate ? "ready, with TLS" : "ready, without TLS");
    outcome.with("tls", certificate.has_value());
    if (!certificate) return outcome;
    const std::int64_t days = days_until(certificate->not_after_earliest, now);
    outcome.with("certificate_days_left", days);
    if (options.certificate_days > 0 && days < options.certificate_days) {
        outcome.status = days < 0 ? Status::failed : Status::degraded;
        outcome.error_class = days < 0 ? ErrorClass::tls : ErrorClass::none;
        outcome.detail = days_left_in_words(days);
        if (days < 0) outcome.failed_phase = "tls";
    }
    return outcome;
}

net::awaitable<Outcome> run(const Options& options, net::Context& context) {
    const text::Url url = options.url;
    const bool tls = url.scheme == "smtps";
    net::Endpoint endpoint;
    endpoint.host = url.host;
    endpoint.port = url.port.value_or(tls ? usual_tls_port : usual_port);
    auto connection = co_await net::dial(context, endpoint);
    Session session(context, std::move(connection));
    if (tls) co_await session.start_tls(options.tls, url.host);
    co_await session.read("banner", 220);
    const auto greeting = co_await session.greet(options.hello);
    const bool offered = greeting.offers("STARTTLS");
    if (!tls && options.starttls == "required" && !offered) {
        throw CheckError(ErrorClass::assertion, "STARTTLS is not offered");
    }
    if (!tls && options.starttls != "never" && offered) {
        co_await session.command("starttls", "STARTTLS", 220);
        co_await session.start_tls(options.tls, url.host);
        co_await session.greet(options.hello);
    }
    co_await session.command("noop", "NOOP", 250);
    // Its answer is not waited for: whoever has come so far can be sent mail.
    co_await session.say("QUIT\r\n");
    co_return judge(options, session, context.clock().system());
}

constexpr std::string_view proves = R"(
    The mail server greets, understands EHLO (or HELO, where it does not know EHLO), changes to
    TLS with a good certificate, and answers inside. TLS is used where the server offers it; with `starttls: required` it
    must. No mail is sent and nobody logs in: the check does not prove that a message
    would be accepted, stored or delivered.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, run, verify>(
    "smtp", "Greets a mail server: banner, EHLO or HELO, STARTTLS, NOOP, QUIT.",
    {.proves = proves,
     .schemes = {"smtp", "smtps"},
     .urls = {"smtp://host:25", "smtp://host:587", "smtps://host"}});

}  // namespace vitals::checks::smtp
