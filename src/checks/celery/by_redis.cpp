// Through Redis, as kombu does it: a message is published to a channel that all workers subscribe
// to. A worker that answers looks for the queues that are bound to the exchange in the message (the
// members of a set) and pushes its reply to each (a list).
//
// A worker may do so long after the run, and pushing to a removed list creates it again, for ever.
// So binding and list exist with an expiry before the message is sent. The binding ends with the
// run. The list ends only when every worker has answered; otherwise it outlives the last worker
// that may have seen the binding. Set and exchange belong to vitals, because those of Celery's
// clients must not expire. There are only a few names, because workers remember every exchange that
// they answered through. The names are used in turns, so that a set that always has new members
// expires nevertheless.
#include <fmt/format.h>

#include <algorithm>

#include "backends/celery/names.hpp"
#include "backends/redis/sentinel.hpp"
#include "transport.hpp"

namespace vitals::checks::celery {

namespace {

using namespace std::chrono_literals;
using backends::redis::Access;
using backends::redis::meaning_of;
using backends::redis::Session;
using backends::redis::Value;
using Type = Value::Type;
using Words = std::vector<std::string>;

constexpr auto turn = 10min;          // a set of bindings is used for this long,
constexpr int turns = 6;              // and again after this many others.
constexpr auto binding_life = 20min;  // of a set, after its last use
constexpr auto inbox_outlives = 40min;
constexpr std::uint16_t usual_sentinel_port = 26379;
constexpr const char* keeps = "vitals";  // an element that keeps the list, and so its expiry

// The exchange of the present replies.
std::string reply_exchange(Clock& clock) {
    const auto now = clock.system().time_since_epoch() / turn;
    return fmt::format("reply.vitals.{}.pidbox", now % turns);
}

// The names of one application and of vitals' queues in it.
class Names {
  public:
    explicit Names(const Component& component)
        : options_(component),
          names_{.global_keyprefix = component.global_keyprefix,
                 .fanout_prefix = component.fanout_prefix,
                 .database = backends::celery::database_of(component.url.path)},
          inbox_(component.inbox + ".reply.vitals.pidbox"),
          separator_(component.sep.empty() ? "\x06\x16" : component.sep) {}

    std::string bindings(const std::string& exchange) const {
        return options_.global_keyprefix + "_kombu.binding." + exchange;
    }
    // A member of the bindings names a list, without its prefix.
    std::string binding() const { return options_.inbox + separator_ + separator_ + inbox_; }
    std::string inbox() const { return options_.global_keyprefix + inbox_; }
    // With sentinels, old versions of kombu leave `{db}` in the prefix as it is, later ones do not:
    // a worker listens to one of the two.
    Words requests() const {
        const std::string exchange = options_.control_exchange + ".pidbox";
        Words channels{names_.channel(exchange)};
        if (by_sentinel_) channels.push_back(unreplaced().channel(exchange));
        return channels;
    }
    Words events() const {
        Words channels = names_.event_channels(options_.event_exchange);
        if (!by_sentinel_) return channels;
        for (std::string& channel : unreplaced().event_channels(options_.event_exchange))
            channels.push_back(std::move(channel));
        return channels;
    }

  private:
    backends::celery::Names unreplaced() const {
        backends::celery::Names names = names_;
        names.database = "{db}";
        return names;
    }

    const Component& options_;
    const bool by_sentinel_ = backends::celery::by_sentinel(options_.url);
    backends::celery::Names names_;
    std::string inbox_;
    std::string separator_;
};

// True: it answers the question of this run.
bool take_reply(const std::string& text, const Question& question, Tally& tally) {
    const auto opened = wire::celery::read_envelope(text);
    if (opened && opened->ticket != question.ticket) return false;
    const auto replies =
        opened ? wire::celery::read_replies(opened->body) : std::unexpected(opened.error());
    if (!replies)
        tally.take_unread(opened ? opened->content_type : "", opened ? opened->body : text);
    else
        for (const auto& reply : *replies) tally.take(reply);
    return true;
}

std::string envelope_of(const Question& question, const std::string& exchange, double expires) {
    const Component& component = question.component;
    const std::string body =
        wire::celery::write_request({.method = component.part == "queue" ? "active_queues" : "ping",
                                     .destination = component.destination,
                                     .ticket = question.ticket,
                                     .reply_exchange = exchange,
                                     .reply_key = component.inbox});
    return wire::celery::write_envelope({.body = body,
                                         .exchange = component.control_exchange + ".pidbox",
                                         .delivery_tag = question.ticket,
                                         .expires = expires});
}

template <class Duration>
std::string seconds(Duration duration) {
    return std::to_string(std::chrono::ceil<std::chrono::seconds>(duration).count());
}

bool by_tls(const text::Url& sentinel) {
    return sentinel.scheme == "sentinels";
}

std::vector<Access> sentinels_of(const Component& component) {
    std::vector<Access> sentinels;
    for (const std::string& url : text::servers_of(component.url.text)) {
        Access access =
            backends::redis::access_of(text::Url(url), component.user, component.password, {});
        if (!text::Url(url).port) access.endpoint.port = usual_sentinel_port;
        if (component.sentinel_password.configured()) {
            access.user = component.sentinel_user;
            access.password = component.sentinel_password.reveal();
        }
        const bool as_master = component.sentinel_tls == "as_url" && by_tls(component.url);
        if (as_master || component.sentinel_tls == "on") access.tls = component.tls;
        sentinels.push_back(std::move(access));
    }
    return sentinels;
}

}  // namespace

net::awaitable<std::unique_ptr<ByRedis>> ByRedis::open(const Component& component,
                                                       net::Context& context) {
    Access access = backends::redis::access_of(component.url, component.user, component.password,
                                               component.tls);
    if (backends::celery::by_sentinel(component.url)) {
        std::vector<Access> sentinels = sentinels_of(component);
        if (by_tls(component.url)) access.tls = component.tls;
        access.endpoint =
            co_await backends::redis::find_master(context, std::move(sentinels), component.master);
    }
    auto session =
        co_await Session::connect(context, std::move(access), wire::celery::largest_text + 64);
    co_await session->log_in(context);
    if (context.phase() != "auth") context.enter("auth");
    session->refuse_unused_password();
    Words words{"PING"};
    co_await session->demand(std::move(words));
    words = {"SELECT", backends::celery::database_of(component.url.path)};
    co_await session->demand(std::move(words));
    std::unique_ptr<ByRedis> made(new ByRedis(std::move(session)));
    co_return made;
}

net::awaitable<void> ByRedis::all_or_nothing(std::vector<Words> commands) {
    session_->send({"MULTI"});
    for (const Words& words : commands) session_->send(words);
    session_->send({"EXEC"});
    Value done;
    for (std::size_t answers = commands.size() + 2; answers > 0; --answers) {
        done = co_await session_->next();
        if (done.is(Type::error)) throw meaning_of(done);
    }
    for (const Value& each : done.items)
        if (each.is(Type::error)) throw meaning_of(each);
}

// How many answered, in any way.
net::awaitable<std::int64_t> ByRedis::collect(const Question& question, std::string list,
                                              net::Context& context, Tally& tally) {
    // Asked repeatedly instead of waited for (BRPOP): Redis ends a wait only in whole seconds,
    // which may be too late for cleaning up.
    auto pause = 2ms;
    std::int64_t seen = 0;
    std::int64_t answered = 0;
    while (!tally.done() && context.clock().steady() < question.until) {
        // Replies are pushed on the left, and stay there: an empty list is removed by Redis.
        Words words{"LINDEX", list, std::to_string(-1 - seen)};
        const auto value = co_await session_->demand(std::move(words));
        if (value.is(Type::bulk)) {
            ++seen;
            if (value.text != keeps && take_reply(value.text, question, tally)) ++answered;
            continue;
        }
        co_await context.sleep(pause);
        pause = std::min(pause * 2, 50ms);
    }
    co_return answered;
}

net::awaitable<void> ByRedis::listen(const Question& question, Words channels, Tally& tally) {
    for (std::string& channel : channels) {
        const Words words{"PSUBSCRIBE", std::move(channel)};
        session_->send(words);
    }
    bool listens = false;
    while (!tally.done()) {
        const auto value = co_await session_->next(question.until);
        if (!value) co_return;
        // A user with access to the usual channels may have no access to the other one.
        if (value->is(Type::error) && !listens) throw meaning_of(*value);
        listens = true;
        if (!value->is(Type::array) || value->items.size() != 4) continue;
        const auto opened = wire::celery::read_envelope(value->items[3].text);
        const auto events =
            opened ? wire::celery::read_events(opened->body) : std::unexpected(opened.error());
        if (!events) continue;  // other programs may also publish there
        for (const auto& event : *events) tally.take(event);
    }
}

net::awaitable<void> ByRedis::ask(const Question& question, net::Context& context, Tally& tally) {
    const Names names(question.component);
    if (question.component.part == "heartbeat") {
        context.enter("workers");
        co_await listen(question, names.events(), tally);
        co_return;
    }
    context.enter("inbox");
    const std::string exchange = reply_exchange(context.clock());
    const std::string bindings = names.bindings(exchange);
    const std::string inbox = names.inbox();
    const auto life = std::max<std::chrono::milliseconds>(binding_life, context.left() + 1min);
    const std::string expiry = seconds(life + inbox_outlives);
    std::vector<Words> commands{{"SADD", bindings, names.binding()},
                                {"EXPIRE", bindings, seconds(life)},
                                {"DEL", inbox},
                                {"RPUSH", inbox, keeps},
                                {"EXPIRE", inbox, expiry}};
    co_await all_or_nothing(std::move(commands));
    context.enter("workers");
    const auto now = std::chrono::duration<double>(context.clock().system().time_since_epoch());
    Words words;
    std::int64_t asked = 0;
    for (const std::string& channel : names.requests()) {
        words = {"PUBLISH", channel, envelope_of(question, exchange, now.count() + 5)};
        const Value heard = co_await session_->demand(std::move(words));
        asked += std::max<std::int64_t>(heard.integer, 0);
    }
    if (question.component.destination.empty() || asked == 0)
        tally.asked(static_cast<std::size_t>(asked));
    const std::int64_t answered = co_await collect(question, inbox, context, tally);
    words = {"SREM", bindings, names.binding()};
    co_await session_->demand(std::move(words));
    words = {"EXPIRE", inbox, expiry};
    if (answered >= asked) words = {"DEL", inbox};
    co_await session_->demand(std::move(words));
}

}  // namespace vitals::checks::celery
