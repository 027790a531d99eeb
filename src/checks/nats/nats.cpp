#include "nats.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <memory>
#include <random>
#include <utility>

#include "backends/nats/session.hpp"
#include "checks/access_fields.hpp"
#include "checks/take_leave.hpp"
#include "net/endpoint_of.hpp"
#include "text/amount.hpp"
#include "text/prose.hpp"
#include "text/quote.hpp"

namespace vitals::checks::nats {

namespace {

namespace json = boost::json;
using namespace backends::nats;

constexpr std::uint16_t usual_port = 4222;
constexpr std::size_t deepest = 32;
constexpr int nobody_listens = 503;
constexpr std::int64_t not_found = 404;
constexpr std::int64_t not_permitted = 403;

Verified verify_url(const text::Url& url) {
    if (auto problem = text::url_problem(url.text, {"nats", "nats+tls"}); !problem.empty())
        return std::unexpected(problem);
    if (url.path.size() > 1 || !url.query.empty())
        return std::unexpected("has a path; expected nats://host:port");
    return {};
}

// A stream's name is one word of a subject.
Verified verify_word(const std::string& name) {
    const bool good = name.size() <= 255 && std::ranges::all_of(name, [](char c) {
                          return c > ' ' && c != '.' && c != '*' && c != '>' && c != '/' &&
                                 c != '\\' && c != 0x7f;
                      });
    return verified(good ? std::string() : "is no name that JetStream takes");
}

Verified verify(const Options& options) {
    const bool user = !options.user.empty() || !options.url.user.empty();
    const bool password = options.password.configured() || !options.url.password.empty();
    if (password && !user) return std::unexpected("a password without a user");
    if (options.token.configured() && user)
        return std::unexpected("token and user: one of them logs in");
    if (options.credentials.configured() && (user || options.token.configured()))
        return std::unexpected("credentials with a user or a token: one of them logs in");
    if (!options.consumer.empty() && options.stream.empty())
        return std::unexpected("consumer without a stream");
    if (options.pending_above && options.consumer.empty())
        return std::unexpected("pending_above without a consumer");
    return {};
}

constexpr Field fields[] = {
    url_field<Options, verify_url>("The address of the server: nats://host:4222, or nats+tls:// if "
                                   "TLS is required; a server that demands TLS gets it anyway.",
                                   "nats://monitor@127.0.0.1:4222"),
    user_field<Options>(),
    password_field<Options>(),
    field<&Options::token>("token", "The token to log in with, instead of a user."),
    field<&Options::credentials>(
        "credentials",
        "The key to log in with: the seed of an nkey (SU...), or a whole credentials file as nsc "
        "writes it. The check signs the server's nonce and never sends the seed.",
        {.example = "{file: /etc/vitals/secrets/monitor.creds}"}),
    field<&Options::stream, verify_word>(
        "stream", "A JetStream stream that must exist and have a leader.", {.example = "orders"}),
    field<&Options::consumer, verify_word>("consumer", "A consumer of the stream that must exist.",
                                           {.example = "billing"}),
    field<&Options::pending_above>("pending_above",
                                   "Degraded when more messages wait for the consumer.",
                                   {.unit = "messages", .least = 0}),
    tls_field<Options>(),
};

Steady most_of(net::Context& context) {
    return context.deadline() -
           std::min<std::chrono::milliseconds>(context.left() / 5, std::chrono::milliseconds(300));
}

const json::object* child(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    return value == nullptr ? nullptr : value->if_object();
}

std::int64_t whole(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    if (value == nullptr) return 0;
    json::error_code ignored;
    return value->to_number<std::int64_t>(ignored);
}

std::string word(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string())
                                                  : std::string();
}

bool is_true(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_bool() && value->get_bool();
}

// One run's view of the server.
class Probe {
  public:
    Probe(const Options& options, net::Context& context, Session& session)
        : options_(options), context_(context), session_(session) {}

    net::awaitable<Outcome> judge() {
        co_await send_to_ourselves();
        if (session_.leaving()) degrade("shuts down soon: sends its clients away");
        if (!options_.stream.empty()) co_await look_at_stream();
        if (!options_.consumer.empty()) co_await look_at_consumer();
        if (outcome_.detail.empty()) outcome_.detail = "a message came back";
        co_return outcome_.with("tls", session_.encrypted());
    }

  private:
    void degrade(const std::string& why) {
        outcome_.status = Status::degraded;
        outcome_.detail += (outcome_.detail.empty() ? "" : "; ") + why;
    }

    net::awaitable<void> send_to_ourselves() {
        context_.enter("message");
        std::random_device random;
        const std::string payload = fmt::format("vitals {:08x}{:08x}", random(), random());
        const auto event = co_await session_.request("", payload, most_of(context_));
        if (!event)
            throw CheckError(ErrorClass::assertion, "accepted a message and did not deliver it");
        if (event->text != payload)
            throw CheckError(ErrorClass::assertion, "another message came than was sent",
                             "got " + text::quoted(event->text));
    }

    // The answer of JetStream; `what` was asked for.
    net::awaitable<json::object> ask(std::string subject, std::string what) {
        const auto event = co_await session_.request(std::move(subject), "", most_of(context_));
        if (!event || event->status == nobody_listens)
            throw CheckError(ErrorClass::assertion, event ? "JetStream is not enabled for this user"
                                                          : "JetStream does not answer");
        json::error_code error;
        json::parse_options options;
        options.max_depth = deepest;
        json::value answer = json::parse(event->text, error, {}, options);
        if (error || !answer.is_object())
            throw CheckError(ErrorClass::protocol, "not an answer of JetStream",
                             "got " + text::quoted(event->text));
        if (const json::object* refused = child(answer.get_object(), "error")) {
            const std::int64_t code = whole(*refused, "code");
            const std::string theirs = "got " + text::quoted(word(*refused, "description"));
            if (code == not_found)
                throw CheckError(ErrorClass::assertion, what + " does not exist", theirs);
            if (code == not_permitted)
                throw CheckError(ErrorClass::auth, what + " may not be looked at", theirs);
            throw CheckError(ErrorClass::assertion,
                             fmt::format("JetStream answered with error {}", code), theirs);
        }
        co_return std::move(answer.get_object());
    }

    // Without a leader there is no service. A single server reports no cluster.
    void judge_cluster(const json::object& answer, const std::string& what) {
        const json::object* cluster = child(answer, "cluster");
        if (cluster == nullptr) return;
        const json::value* name = cluster->if_contains("name");
        const bool alone = name == nullptr && word(*cluster, "leader").empty();
        if (alone && cluster->if_contains("replicas") == nullptr) return;
        if (word(*cluster, "leader").empty())
            throw CheckError(ErrorClass::assertion, what + " has no leader: no quorum");
        const json::value* replicas = cluster->if_contains("replicas");
        if (replicas == nullptr || !replicas->is_array()) return;
        std::size_t behind = 0;
        for (const json::value& each : replicas->get_array()) {
            const json::object* replica = each.if_object();
            if (replica == nullptr) continue;
            if (is_true(*replica, "offline") || !is_true(*replica, "current")) ++behind;
        }
        if (behind > 0)
            degrade(fmt::format("{} of {} not up to date", text::counted(behind, "replica"), what));
    }

    net::awaitable<void> look_at_stream() {
        context_.enter("stream");
        const std::string subject = "$JS.API.STREAM.INFO." + options_.stream;
        const json::object answer = co_await ask(subject, "the stream");
        judge_cluster(answer, "the stream");
        if (const json::object* state = child(answer, "state"))
            outcome_.with("messages", whole(*state, "messages"));
    }

    net::awaitable<void> look_at_consumer() {
        context_.enter("consumer");
        const std::string subject =
            fmt::format("$JS.API.CONSUMER.INFO.{}.{}", options_.stream, options_.consumer);
        const json::object answer = co_await ask(subject, "the consumer");
        judge_cluster(answer, "the consumer");
        const std::int64_t pending = whole(answer, "num_pending");
        outcome_.with("pending", pending).with("unacknowledged", whole(answer, "num_ack_pending"));
        if (options_.pending_above && pending > *options_.pending_above)
            degrade(fmt::format("{} wait for the consumer",
                                text::counted(static_cast<std::size_t>(pending), "message")));
    }

    const Options& options_;
    net::Context& context_;
    Session& session_;
    Outcome outcome_ = ok();
};

net::awaitable<std::unique_ptr<Session>> open(const Options& options, net::Context& context) {
    Access access;
    const text::Url& url = options.url;
    access.endpoint = net::endpoint_of(url, usual_port);
    const net::TlsOptions& tls = options.tls;
    access.wants_tls = url.scheme == "nats+tls" || !tls.ca.empty() || !tls.certificate.empty() ||
                       !tls.server_name.empty() || !tls.verify;
    access.tls = tls;
    access.login.user = options.user.empty() ? url.user : options.user;
    access.login.password =
        options.password.configured() ? options.password.reveal() : url.password;
    if (options.token.configured()) access.login.token = options.token.reveal();
    if (options.credentials.configured()) {
        auto credentials = wire::nats::read_credentials(options.credentials.reveal());
        if (!credentials)
            throw CheckError(ErrorClass::local, "credentials: " + credentials.error());
        access.credentials = *std::move(credentials);
    }
    auto session = co_await Session::open(context, std::move(access));
    co_return session;
}

net::awaitable<Outcome> look(const Options& options, net::Context& context, Session& session) {
    Probe probe(options, context, session);
    Outcome outcome = co_await probe.judge();
    co_return outcome;
}

constexpr std::string_view proves = R"(
    The server accepts this user, and a message that it sends to itself comes back,
    because a server also answers PING to a user who may use no subject. With `stream`,
    JetStream knows the stream, the stream has a leader, and its replicas are up to date;
    with `consumer`, the consumer exists, and no more messages wait for it than
    `pending_above`. The check asks JetStream as an application does, because the server's
    health page is green even if JetStream is off. The user needs `_INBOX.>` and, for a
    stream, `$JS.API.STREAM.INFO.*` and `$JS.API.CONSUMER.INFO.*.*`. Nothing is left
    behind. The check does not prove that other servers of the cluster are reached, or
    that consumers do their work.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, run_and_leave<open, look, Options>, verify>(
    "nats", "Logs in to a NATS server, sends itself a message, looks at a stream.",
    {.proves = proves,
     .schemes = {"nats", "nats+tls"},
     .urls = {"nats://user:password@host:4222", "nats+tls://user:password@host"}});

}  // namespace vitals::checks::nats
