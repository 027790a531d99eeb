#include "amqp.hpp"

#include <fmt/format.h>

#include <memory>

#include "backends/amqp/session.hpp"
#include "checks/access_fields.hpp"
#include "checks/reuse.hpp"
#include "model/count_range.hpp"
#include "text/amount.hpp"
#include "text/prose.hpp"
#include "text/quote.hpp"
#include "text/url.hpp"

namespace vitals::checks::amqp {

namespace {

using namespace backends::amqp;
using What = Event::What;

Verified verify_url(const text::Url& url) {
    if (auto problem = text::url_problem(url.text, {"amqp", "amqps"}); !problem.empty())
        return std::unexpected(problem);
    if (url.path.size() > 256)
        return std::unexpected("names a virtual host of more than 255 bytes");
    return verified(url.query.empty() ? std::string()
                                      : "has a query; expected amqp://host:port/vhost");
}

Verified verify_queues(const std::vector<std::pair<std::string, Queue>>& value) {
    for (const auto& [name, queue] : value) {
        if (name.empty() || name.size() > 255)
            return std::unexpected("a queue's name has 1 to 255 bytes");
        if (queue.degraded_above && queue.failed_above &&
            *queue.degraded_above >= *queue.failed_above) {
            return verified(name + ": degraded_above must be less than failed_above");
        }
    }
    return {};
}

Verified verify_consumers(const std::string& text) {
    return verified(text.empty() || parse_count_range(text)
                        ? std::string()
                        : "is no count; expected one such as `>=1`, `2` or `1..4`");
}

constexpr Field queue_fields[] = {
    field<&Queue::degraded_above>("degraded_above", "Degraded with more messages ready than that.",
                                  {.unit = "messages", .least = 0}),
    field<&Queue::failed_above>("failed_above", "Failed with more messages ready than that.",
                                {.unit = "messages", .least = 0}),
    field<&Queue::consumers, verify_consumers>(
        "consumers", "How many consumers the queue must have.", {.example = ">=1"}),
};

Verified verify(const Options& options) {
    if (options.log_in != "certificate") return {};
    if (options.url.scheme != "amqps" || options.tls.certificate.empty())
        return std::unexpected(
            "log_in: certificate needs amqps:// and the certificate under `tls`");
    if (!options.url.user.empty() || !options.user.empty() || options.password.configured())
        return std::unexpected(
            "log_in: certificate names the user; leave out `user` and `password`");
    return {};
}

constexpr Field fields[] = {
    url_field<Options, verify_url>(
        "The address of the broker: amqp://host:port/vhost (usually 5672) or amqps:// (5671). "
        "Without a path the virtual host is `/`.",
        "amqp://monitor@127.0.0.1/shop"),
    field<&Options::user>(
        "user", "The user to log in as; it may stand in the URL instead. Without either: guest."),
    password_field<Options>(),
    field<&Options::log_in>("log_in",
                            "What authenticates the user: the password, or the client certificate "
                            "under `tls` (EXTERNAL).",
                            {.choices = "password|certificate"}),
    field<&Options::queues, verify_queues>(
        "queues", "Queues that must exist, each with what must hold for it.",
        {.example = "{orders: {failed_above: 10000, consumers: \">=1\"}}",
         .members = queue_fields}),
    auth_every_field<Options>(),
    tls_field<Options>(),
};

net::awaitable<void> open_channel(net::Context& context, Session& session) {
    context.enter("channel");
    session.client().open_channel();
    co_await session.expect(What::channel_opened);
}

// The worst finding, in words; several findings are reported together.
struct Findings {
    Status status = Status::ok;
    ErrorClass error_class = ErrorClass::none;
    std::string phase;
    std::string detail;
    std::string error;

    void add(Status found, std::string text, ErrorClass why = ErrorClass::assertion,
             const std::string& theirs = {}) {
        if (!detail.empty()) detail += "; ";
        detail += text;
        if (!theirs.empty()) error += (error.empty() ? "got " : ", ") + text::quoted(theirs);
        if (found == Status::failed && status != Status::failed) error_class = why;
        if (status != Status::failed) status = found;
    }
};

void judge(const std::string& name, const Queue& queue, const Event& found, Findings& findings) {
    const std::int64_t messages = found.messages;
    const auto above = [&](const std::optional<std::int64_t>& bound) {
        return bound && messages > *bound;
    };
    if (above(queue.failed_above) || above(queue.degraded_above)) {
        findings.add(above(queue.failed_above) ? Status::failed : Status::degraded,
                     fmt::format("queue {} holds {}", name,
                                 text::counted(static_cast<std::size_t>(messages), "message")));
    }
    if (queue.consumers.empty()) return;
    if (parse_count_range(queue.consumers)->contains(found.consumers)) return;
    findings.add(Status::failed,
                 found.consumers == 0
                     ? fmt::format("queue {} has no consumer", name)
                     : fmt::format("queue {} has {}, expected {}", name,
                                   text::counted(found.consumers, "consumer"), queue.consumers));
}

void judge_refusal(const std::string& name, const Event& refusal, Findings& findings) {
    switch (refusal.code) {
        case backends::amqp::not_found:
            findings.add(Status::failed, fmt::format("queue {} does not exist", name),
                         ErrorClass::assertion, refusal.text);
            break;
        case backends::amqp::resource_locked:
            findings.add(Status::failed,
                         fmt::format("queue {} belongs to another connection alone", name),
                         ErrorClass::assertion, refusal.text);
            break;
        case backends::amqp::access_refused:
            findings.add(Status::failed, fmt::format("queue {} may not be looked at", name),
                         ErrorClass::auth, refusal.text);
            break;
        default:
            findings.add(Status::failed, fmt::format("queue {} refused ({})", name, refusal.code),
                         ErrorClass::protocol, refusal.text);
    }
}

net::awaitable<void> look_at(net::Context& context, Session& session, const std::string& name,
                             const Queue& queue, Findings& findings, Outcome& facts) {
    context.enter("queues");
    session.client().look_at_queue(name);
    auto event = co_await session.answer();
    while (event.what == What::blocked) event = co_await session.answer();
    if (event.what == What::channel_closed) {
        judge_refusal(name, event, findings);
        if (findings.phase.empty()) findings.phase = "queues";
        co_await open_channel(context, session);
        co_return;
    }
    if (event.what != What::declared) throw CheckError(ErrorClass::protocol, "unexpected answer");
    facts.with(name + ".messages", static_cast<std::int64_t>(event.messages));
    facts.with(name + ".consumers", static_cast<std::int64_t>(event.consumers));
    judge(name, queue, event, findings);
    if (findings.status == Status::failed && findings.phase.empty()) findings.phase = "queues";
}

// A broker that is short of memory or disk still answers but takes no messages, and tells only
// publishers. So the check sends one message to a queue that cannot exist, and the message must
// come back.
net::awaitable<void> publish(net::Context& context, Session& session, Findings& findings) {
    context.enter("publish");
    Client::Message message;
    message.key =
        fmt::format("vitals.probe.{:x}", context.clock().system().time_since_epoch().count());
    message.properties.content_type = "text/plain";
    message.body = "a probe of vitals, meant to go nowhere";
    session.client().publish(message);
    const auto event = co_await session.answer();
    if (event.what == What::blocked) {
        const bool memory = event.text.find("memory") != event.text.npos;
        const bool disk = event.text.find("disk") != event.text.npos;
        findings.add(Status::degraded,
                     memory ? "publishers are blocked: the broker is short of memory"
                     : disk ? "publishers are blocked: the broker is short of disk"
                            : "publishers are blocked",
                     ErrorClass::none, event.text);
    } else if (event.what == What::channel_closed && event.code == backends::amqp::access_refused) {
        findings.add(Status::ok, "may not publish, so a blocked broker is not seen",
                     ErrorClass::none, event.text);
    } else if (event.what != What::returned) {
        throw CheckError(ErrorClass::protocol, "unexpected answer to a message",
                         "got " + text::quoted(event.text));
    }
}

Access access_of(const Options& options) {
    Access access =
        backends::amqp::access_of(options.url, options.user, options.password, options.tls);
    access.login.by_certificate = options.log_in == "certificate";
    return access;
}

net::awaitable<std::unique_ptr<Session>> open(const Options& options, net::Context& context) {
    Access access = access_of(options);
    auto session = co_await Session::connect(context, std::move(access));
    co_await session->log_in(context);
    co_return session;
}

net::awaitable<Outcome> look(const Options& options, net::Context& context, Session& session) {
    if (!session.has_channel()) co_await open_channel(context, session);
    Findings findings;
    Outcome outcome;
    for (const auto& [name, queue] : options.queues)
        co_await look_at(context, session, name, queue, findings, outcome);
    co_await publish(context, session, findings);
    outcome.status = findings.status;
    outcome.error_class = findings.error_class;
    outcome.failed_phase = findings.phase;
    outcome.detail = std::move(findings.detail);
    outcome.error = std::move(findings.error);
    if (outcome.detail.empty()) outcome.detail = "takes messages";
    co_return outcome;
}

net::awaitable<Outcome> run(const Options& options, net::Context& context) {
    const wire::amqp::Login login = access_of(options).login;
    const std::string both = login.user + '\0' + login.password;
    Outcome outcome = co_await run_reusing<open, look>(options, context, both);
    co_return outcome;
}

constexpr std::string_view proves = R"(
    The broker accepts this user, opens the virtual host, and takes and routes a message
    (one to nobody, which comes back). Each named queue exists, with no more messages and
    no fewer consumers than wanted. A broker short of memory or disk stops taking messages
    but answers everything else. That is degraded, and seen only by a user who may write
    to the default exchange. Messages that a consumer has taken and not acknowledged are
    not counted. Nothing is left on the broker. The check does not prove that consumers do
    their work.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, run, verify>(
    "amqp", "Logs in to an AMQP 0-9-1 broker such as RabbitMQ and looks at queues.",
    {.proves = proves,
     .schemes = {"amqp", "amqps"},
     .urls = {"amqp://user:password@host/vhost", "amqps://user:password@host"}});

}  // namespace vitals::checks::amqp
