#include "celery.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <random>

#include "backends/celery/names.hpp"
#include "checks/access_fields.hpp"
#include "checks/reuse.hpp"
#include "checks/sentinel_fields.hpp"
#include "model/count_range.hpp"
#include "model/refusals.hpp"
#include "net/within.hpp"
#include "tally.hpp"
#include "text/prose.hpp"
#include "text/url.hpp"
#include "transport.hpp"

namespace vitals::checks::celery {

namespace {

using backends::celery::by_redis;
using backends::celery::by_sentinel;

Verified verify_url(const text::Url& url) {
    return verified(backends::celery::brokers_problem(url));
}

Verified verify_workers(const std::string& value) {
    const auto range = parse_count_range(value);
    if (!range) return std::unexpected("is no count; expected one such as `>=1`, `2` or `1..4`");
    return verified(range->least == 0 ? "must ask for at least one worker" : std::string());
}

Verified verify_exchange(const std::string& name) {
    return verified(name.empty() || name.size() > 200 ? "has 1 to 200 bytes" : std::string());
}

Verified verify_prefix(const std::string& prefix) {
    return verified(prefix.size() > 200 ? "has more than 200 bytes" : std::string());
}

Verified verify_fanout(const std::string& value) {
    return verified(backends::celery::fanout_prefix_problem(value));
}

Verified verify_separator(const std::string& separator) {
    return verified(separator.size() > 16 ? "has more than 16 bytes" : std::string());
}

Verified verify_destination(const std::vector<std::string>& value) {
    auto names = value;
    for (const std::string& name : names)
        if (name.find('@') == name.npos) return verified(name + " is no node; expected name@host");
    std::sort(names.begin(), names.end());
    const bool twice = std::adjacent_find(names.begin(), names.end()) != names.end();
    return verified(twice ? "names a node twice" : std::string());
}

Verified verify(const Options& options) {
    if (options.part == "queue" && options.queue.empty())
        return std::unexpected("part queue needs a queue");
    if (options.part != "queue" && !options.queue.empty())
        return std::unexpected("queue needs part: queue");
    if (by_sentinel(options.url) && options.master.empty())
        return std::unexpected("sentinels need `master`, the name of the master that they watch");
    if (!by_sentinel(options.url) &&
        (!options.master.empty() || options.sentinel_password.configured() ||
         options.sentinel_tls != "as_url"))
        return std::unexpected(
            "master, sentinel_password and sentinel_tls go with sentinel:// in `url`");
    if (!options.sentinel_user.empty() && !options.sentinel_password.configured())
        return std::unexpected("sentinel_user goes with `sentinel_password`");
    return {};
}

constexpr Field fields[] = {
    url_field<Options, verify_url>(
        "The application's broker: amqp://host:port/vhost, amqps://, redis://host:port/database, "
        "rediss://, or sentinel://host:26379/database; sentinels:// if they and the master speak "
        "TLS. Several are separated by `;`, as in Celery: workers at any of the brokers count.",
        "redis://127.0.0.1:6379/0"),
    user_field<Options>(),
    password_field<Options>(),
    field<&Options::master>("master",
                            "With sentinel://: the name of the master that the sentinels watch "
                            "(master_name of the application).",
                            {.example = "shop"}),
    sentinel_user_field<Options>(),
    sentinel_password_field<Options>(),
    sentinel_tls_field<Options>(
        "Whether the sentinels speak TLS: `as_url`, like the master (sentinels://), or otherwise."),
    field<&Options::part>("part",
                          "What is checked: whether workers answer a ping, whether one consumes a "
                          "queue, or whether heartbeats come (for workers without remote control).",
                          {.choices = "ping|queue|heartbeat"}),
    field<&Options::queue>("queue", "The queue that must be consumed, with part: queue.",
                           {.example = "high_priority"}),
    field<&Options::destination, verify_destination>(
        "destination", "The workers that must answer, by node name; by default any worker.",
        {.example = "[celery@web1, celery@web2]"}),
    field<&Options::workers, verify_workers>(
        "workers", "How many workers must answer, without destination.", {.example = "2"}),
    field<&Options::control_exchange, verify_exchange>("control_exchange",
                                                       "The application's control_exchange."),
    field<&Options::event_exchange, verify_exchange>("event_exchange",
                                                     "The application's event_exchange."),
    field<&Options::global_keyprefix, verify_prefix>(
        "global_keyprefix", "On Redis: the application's global_keyprefix, which begins every key.",
        {.example = "shop:"}),
    field<&Options::fanout_prefix, verify_fanout>(
        "fanout_prefix",
        "On Redis: the application's fanout_prefix; `false` if it is switched off."),
    field<&Options::sep, verify_separator>(
        "sep", "On Redis: the application's sep, which separates the parts of a binding."),
    auth_every_field<Options>(),
    tls_field<Options>(),
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
    // Some time is reserved for saying who is missing, and for cleaning up.
    const auto reserve = std::min(context.left() / 5, std::chrono::milliseconds(300));
    const Steady end = std::min(component.until, context.deadline());
    const Question question{component, random_id(), end - reserve};
    Tally tally(component);
    co_await session.ask(question, context, tally);
    Outcome outcome = tally.outcome();
    if (outcome.status != Status::ok) outcome.failed_phase = "workers";
    co_return outcome;
}

net::awaitable<Outcome> ask_broker(const Component& component, net::Context& context) {
    const std::string& user = component.user.empty() ? component.url.user : component.user;
    const std::string both =
        user + '\0' +
        (component.password.configured() ? component.password.reveal() : component.url.password);
    Outcome outcome;
    if (by_redis(component.url) || by_sentinel(component.url))
        outcome = co_await run_reusing<open<ByRedis>, judge<ByRedis>>(component, context, both);
    else
        outcome = co_await run_reusing<open<ByAmqp>, judge<ByAmqp>>(component, context, both);
    co_return outcome;
}

net::awaitable<void> ask_broker_for(const Component& component, net::Context& context,
                                    Outcome& outcome) {
    outcome = co_await ask_broker(component, context);
}

// A worker is at the broker that it reached when it started: any broker with workers counts.
net::awaitable<Outcome> run_at_any(const std::vector<Component>& brokers, net::Context& context) {
    Refusals refusals;
    for (std::size_t index = 0; index < brokers.size(); ++index) {
        const auto left = static_cast<std::int64_t>(brokers.size() - index);
        Component broker = brokers[index];
        broker.until = context.clock().steady() + context.left() / left;
        const Steady until = left == 1 ? Steady::max() : broker.until;
        Outcome outcome;
        std::optional<CheckError> error;
        try {
            auto work = ask_broker_for(broker, context, outcome);
            const bool in_time = co_await net::within(context, until, std::move(work));
            if (!in_time) error.emplace(ErrorClass::timeout, "did not answer");
        } catch (const CheckError& caught) {
            error = caught;
        }
        if (error && error->error_class == ErrorClass::local) throw CheckError(*error);
        if (!error && outcome.status != Status::failed) co_return outcome;
        if (!error) error.emplace(outcome.error_class, outcome.detail, outcome.error, "workers");
        refusals.add(brokers[index].url.host, std::move(*error), context.phase());
    }
    throw refusals.summary("no workers at any of");
}

// One broker each; sentinels are several ways to one broker.
std::vector<Component> brokers_of(const Options& options) {
    Component component(options);
    component.inbox = random_id();
    // A listener hears only what is sent from then on: nothing earlier may count.
    if (component.part == "heartbeat") component.auth_every = {};
    const std::vector<std::string> urls = text::servers_of(options.url.text);
    if (by_sentinel(options.url) || urls.size() == 1) return {component};
    component.auth_every = {};  // one connection is kept between runs, to one broker
    std::vector<Component> brokers;
    for (const std::string& url : urls) brokers.emplace_back(component).url = url;
    return brokers;
}

Run bind(std::shared_ptr<const Options> options) {
    auto brokers = std::make_shared<const std::vector<Component>>(brokers_of(*options));
    if (brokers->size() == 1)
        return [brokers](net::Context& context) { return ask_broker(brokers->front(), context); };
    return [brokers](net::Context& context) { return run_at_any(*brokers, context); };
}

Verified from_url(Options& options, std::string_view url) {
    constexpr std::string_view prefix = "celery+";
    options.url = url.substr(url.starts_with(prefix) ? prefix.size() : 0);
    return verify_url(options.url);
}

constexpr std::string_view proves = R"(
    Workers receive a message through the broker and answer it (`ping`), one of them
    consumes the queue (`queue`), or their heartbeats come (`heartbeat`). When there is no
    worker, the broker says so at once. A worker with worker_enable_remote_control off
    does not answer, and neither does one whose task_serializer or accept_content is not
    JSON: use `heartbeat` for these, with a timeout longer than the pause between
    heartbeats (2 seconds). A worker whose pool is `solo` neither answers nor sends
    heartbeats while it runs a task. To avoid a false alarm there, use `heartbeat` with a
    timeout longer than the longest task, or `failures`. The check does not prove that
    tasks succeed. On Redis, replies come to a list and one member of a set; both expire.
    Of several brokers, the first where workers answer counts.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, bind, verify, from_url>(
    "celery", "Asks Celery's workers whether they are alive and what they consume.",
    {.proves = proves,
     .schemes = {"celery+amqp", "celery+amqps", "celery+redis", "celery+rediss"},
     .urls = {"celery+amqp://user:password@host/vhost", "celery+redis://:password@host:6379/0"}});

}  // namespace vitals::checks::celery
