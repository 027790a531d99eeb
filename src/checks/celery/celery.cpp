#include "celery.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <random>

#include "backends/celery/names.hpp"
#include "checks/reuse.hpp"
#include "model/count_range.hpp"
#include "tally.hpp"
#include "text/url.hpp"
#include "transport.hpp"

namespace vitals::checks::celery {

namespace {

bool by_redis(const text::Url& url) {
    return url.scheme == "redis" || url.scheme == "rediss";
}

std::string verify_url(const void* value) {
    const auto& text = *static_cast<const std::string*>(value);
    if (auto problem = text::url_problem(text, {"amqp", "amqps", "redis", "rediss"});
        !problem.empty()) {
        return problem;
    }
    const text::Url url = *text::parse_url(text);
    if (!url.query.empty()) return "has a query; put options into keys of their own";
    if (!by_redis(url)) return {};
    const std::string database = url.path.size() > 1 ? url.path.substr(1) : "0";
    const bool number =
        database.size() <= 5 && database.find_first_not_of("0123456789") == database.npos;
    return number ? std::string() : "names no database; expected redis://host:port/0";
}

std::string verify_workers(const void* value) {
    const auto range = parse_count_range(*static_cast<const std::string*>(value));
    if (!range) return "is no count; expected one such as `>=1`, `2` or `1..4`";
    return range->least == 0 ? "must ask for at least one worker" : std::string();
}

std::string verify_exchange(const void* value) {
    const auto& name = *static_cast<const std::string*>(value);
    return name.empty() || name.size() > 200 ? "has 1 to 200 bytes" : std::string();
}

std::string verify_prefix(const void* value) {
    const auto& prefix = *static_cast<const std::string*>(value);
    return prefix.size() > 200 ? "has more than 200 bytes" : std::string();
}

std::string verify_fanout(const void* value) {
    return backends::celery::fanout_prefix_problem(*static_cast<const std::string*>(value));
}

std::string verify_separator(const void* value) {
    const auto& separator = *static_cast<const std::string*>(value);
    return separator.size() > 16 ? "has more than 16 bytes" : std::string();
}

std::string verify_destination(const void* value) {
    auto names = *static_cast<const std::vector<std::string>*>(value);
    for (const std::string& name : names)
        if (name.find('@') == name.npos) return name + " is no node; expected name@host";
    std::sort(names.begin(), names.end());
    const bool twice = std::adjacent_find(names.begin(), names.end()) != names.end();
    return twice ? "names a node twice" : std::string();
}

std::string verify(const void* erased) {
    const auto& options = *static_cast<const Options*>(erased);
    const auto url = text::parse_url(options.url);
    if (!url) return {};  // said by the field
    if (options.part == "queue" && options.queue.empty()) return "part queue needs a queue";
    if (options.part != "queue" && !options.queue.empty()) return "queue needs part: queue";
    if (!url->user.empty() && !options.user.empty()) return "user stands in the URL and apart";
    if (!url->password.empty() && options.password.configured())
        return "password stands both in the URL and apart from it";
    if (options.tls.certificate.empty() && !options.tls.key.empty())
        return "tls: a key without a certificate";
    return {};
}

constexpr Field fields[] = {
    field<&Options::url>(
        "url",
        "The application's broker: amqp://host:port/vhost, amqps://, "
        "redis://host:port/database or rediss://.",
        {.required = true, .example = "redis://127.0.0.1:6379/0", .verify = verify_url}),
    field<&Options::user>("user", "Who to log in as; or in the URL."),
    field<&Options::password>("password", "With which password; or in the URL."),
    field<&Options::part>(
        "part",
        "What is asked: whether workers answer a ping, whether one consumes a queue, or whether "
        "heartbeats come (for workers without remote control).",
        {.choices = "ping|queue|heartbeat"}),
    field<&Options::queue>("queue", "The queue that must be consumed, with part: queue.",
                           {.example = "high_priority"}),
    field<&Options::destination>(
        "destination", "The workers that must answer, by node name; without it any will do.",
        {.example = "[celery@web1, celery@web2]", .verify = verify_destination}),
    field<&Options::workers>("workers", "How many workers must answer, without destination.",
                             {.example = "2", .verify = verify_workers}),
    field<&Options::control_exchange>("control_exchange", "The application's control_exchange.",
                                      {.verify = verify_exchange}),
    field<&Options::event_exchange>("event_exchange", "The application's event_exchange.",
                                    {.verify = verify_exchange}),
    field<&Options::global_keyprefix>(
        "global_keyprefix", "On Redis: the application's global_keyprefix, before every key.",
        {.example = "shop:", .verify = verify_prefix}),
    field<&Options::fanout_prefix>(
        "fanout_prefix",
        "On Redis: the application's fanout_prefix; `false` where it is switched off.",
        {.verify = verify_fanout}),
    field<&Options::sep>("sep", "On Redis: the application's sep, between the parts of a binding.",
                         {.verify = verify_separator}),
    auth_every_field<Options>(),
    field<&Options::tls>("tls", "Whom to trust, and who to be.", {.members = net::tls_fields}),
};

// A UUID, as Celery's own tickets are.
std::string random_id() {
    std::random_device source;
    const auto word = [&] { return static_cast<std::uint32_t>(source()); };
    return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:08x}{:04x}", word(), word() & 0xffff,
                       word() & 0xfff, (word() & 0x3fff) | 0x8000, word(), word() & 0xffff);
}

template <class Session>
net::awaitable<std::unique_ptr<Session>> open(const Component& component, net::Context& context) {
    auto session = co_await Session::open(component, context);
    co_return session;
}

template <class Session>
net::awaitable<Outcome> judge(const Component& component, net::Context& context, Session& session) {
    // Time is kept back to say who is missing, and to tidy up.
    const auto reserve = std::min(context.left() / 5, std::chrono::milliseconds(300));
    const Question question{component, random_id(), context.deadline() - reserve};
    Tally tally(component);
    co_await session.ask(question, context, tally);
    Outcome outcome = tally.outcome();
    if (outcome.status != Status::ok) outcome.failed_phase = "workers";
    co_return outcome;
}

net::awaitable<Outcome> run(const Component& component, net::Context& context) {
    if (component.password.configured() && !component.password.available())
        co_return unknown("the password is not at hand yet");
    const std::string& user = component.user.empty() ? component.broker.user : component.user;
    const std::string both =
        user + '\0' +
        (component.password.configured() ? component.password.reveal() : component.broker.password);
    Outcome outcome;
    if (by_redis(component.broker))
        outcome = co_await run_reusing<open<ByRedis>, judge<ByRedis>>(component, context, both);
    else
        outcome = co_await run_reusing<open<ByAmqp>, judge<ByAmqp>>(component, context, both);
    co_return outcome;
}

Run bind(std::shared_ptr<const void> options) {
    auto component = std::make_shared<Component>(*static_cast<const Options*>(options.get()));
    component->broker = text::parse_url(component->url).value();
    component->inbox = random_id();
    // Who listens hears what is said from then on: nothing of before may count.
    if (component->part == "heartbeat") component->auth_every = {};
    return [component](net::Context& context) { return run(*component, context); };
}

std::string from_url(void* options, std::string_view url) {
    constexpr std::string_view prefix = "celery+";
    const std::string text(url.substr(url.starts_with(prefix) ? prefix.size() : 0));
    static_cast<Options*>(options)->url = text;
    return verify_url(&text);
}

}  // namespace

const Kind kind{
    .description = describe<Options>(
        "celery", "Asks Celery's workers whether they are there and what they consume.", fields,
        verify),
    .proves =
        "That workers receive a message through the broker and answer it (`ping`), that one of "
        "them consumes the queue (`queue`), or that their heartbeats come (`heartbeat`). With "
        "nobody to ask, the broker says so at once. A worker with worker_enable_remote_control off "
        "answers nothing: use `heartbeat` for it, with a timeout longer than the pause between "
        "heartbeats (2 seconds); also where task_serializer or accept_content is not JSON. A "
        "worker "
        "whose pool is `solo` neither answers nor sends heartbeats while it runs a task: only "
        "`heartbeat` with a timeout longer than its longest task, or `failures`, spares it a false "
        "alarm. Whether tasks succeed is not proved. On Redis replies come to a list and one "
        "member "
        "of a set, both of which expire.",
    .schemes = {"celery+amqp", "celery+amqps", "celery+redis", "celery+rediss"},
    .urls = {"celery+amqp://user:password@host/vhost", "celery+redis://:password@host:6379/0"},
    .from_url = from_url,
    .bind = bind,
};

}  // namespace vitals::checks::celery
