// Through Redis, as kombu does it: a message is published to a channel that all workers subscribe
// to, and each worker pushes its reply to the list that a set of bindings names for us.
#include <fmt/format.h>

#include <algorithm>

#include "net/pump.hpp"
#include "transport.hpp"
#include "wire/quote.hpp"
#include "wire/resp.hpp"

namespace vitals::checks::celery {

namespace {

using wire::resp::Value;
using Type = Value::Type;

// How the application names what it keeps on Redis: the options of kombu's transport.
class Names {
  public:
    Names(const Options& options, std::string database)
        : options_(options),
          separator_(options.sep.empty() ? "\x06\x16" : options.sep),
          database_(std::move(database)) {}

    const std::string& database() const { return database_; }
    std::string bindings() const { return key("_kombu.binding.reply.celery.pidbox"); }
    std::string inbox(const std::string& id) const { return key(id + inbox_suffix); }
    // The inbox's member of the set of bindings: no key, so without a prefix.
    std::string binding(const std::string& id) const {
        return id + separator_ + separator_ + id + inbox_suffix;
    }
    // The lists of the four priorities that kombu knows.
    std::vector<std::string> lists(const std::string& id) const {
        std::vector<std::string> names{inbox(id)};
        for (const char* priority : {"3", "6", "9"})
            names.push_back(inbox(id) + separator_ + priority);
        return names;
    }
    std::string requests() const { return channel(options_.control_exchange + ".pidbox"); }
    std::string events() const { return channel(options_.event_exchange + "/worker.*"); }

  private:
    static constexpr const char* inbox_suffix = ".reply.celery.pidbox";

    std::string key(const std::string& name) const { return options_.global_keyprefix + name; }
    std::string channel(const std::string& name) const {
        std::string prefix = options_.fanout_prefix == "false" ? "" : options_.fanout_prefix;
        if (const std::size_t at = prefix.find(placeholder); at != std::string::npos)
            prefix.replace(at, placeholder.size(), database_);
        return key(prefix + name);
    }

    static constexpr std::string_view placeholder = "{db}";

    const Options& options_;
    std::string separator_;
    std::string database_;
};

// Commands out, values in: what the pump drives.
class Talk {
  public:
    using Event = Value;
    void say(const std::vector<std::string>& words) { output_ += wire::resp::command(words); }
    std::string take_output() { return std::exchange(output_, {}); }
    void receive(std::string_view bytes) { input_ += bytes; }
    std::expected<std::optional<Value>, CheckError> next() {
        auto value = wire::resp::take_value(input_);
        if (value) return std::move(*value);
        return std::unexpected(CheckError(ErrorClass::protocol, "not Redis: " + value.error(),
                                          "got " + wire::quoted(input_)));
    }
    CheckError ended() const { return {ErrorClass::protocol, "closed without an answer"}; }

  private:
    std::string input_;
    std::string output_;
};

CheckError refused(const Value& error) {
    const auto code = error.error_code();
    const bool login = code == "WRONGPASS" || code == "NOAUTH" || code == "NOPERM";
    return {login ? ErrorClass::auth : ErrorClass::assertion,
            code == "WRONGPASS" ? "user or password refused"
            : code == "NOAUTH"  ? "a password is needed"
                                : fmt::format("Redis refused ({})", wire::quoted(code, 32)),
            "got " + wire::quoted(error.text)};
}

net::awaitable<Value> ask(net::Connection& connection, Talk& talk, std::vector<std::string> words) {
    talk.say(words);
    auto value = co_await net::next_event(connection, talk);
    if (value.is(Type::error)) throw refused(value);
    co_return value;
}

net::awaitable<void> remove(net::Connection& connection, Talk& talk, const Names& names,
                            std::string id) {
    std::vector<std::string> words{"SREM", names.bindings(), names.binding(id)};
    co_await ask(connection, talk, std::move(words));
    words = names.lists(id);
    words.insert(words.begin(), "DEL");
    co_await ask(connection, talk, std::move(words));
}

net::awaitable<void> log_in(net::Connection& connection, Talk& talk, const Question& question) {
    const Options& options = question.options;
    const std::string password =
        options.password.configured() ? options.password.reveal() : question.url.password;
    const std::string user = options.user.empty() ? question.url.user : options.user;
    std::vector<std::string> words{"AUTH"};
    if (!user.empty()) words.push_back(user);
    words.push_back(password);
    if (!password.empty()) co_await ask(connection, talk, std::move(words));
    words = {"PING"};
    co_await ask(connection, talk, std::move(words));
}

std::string database_of(const wire::Url& url) {
    return url.path.size() > 1 ? url.path.substr(1) : "0";
}

void take_reply(const std::string& text, const Question& question, Tally& tally) {
    const auto opened = wire::celery::read_envelope(text);
    if (opened && opened->ticket != question.ticket) return;
    const auto replies =
        opened ? wire::celery::read_replies(opened->body) : std::unexpected(opened.error());
    if (!replies) {
        throw CheckError(ErrorClass::protocol, "a worker's reply " + replies.error(),
                         "got " + wire::quoted(text));
    }
    for (const auto& reply : *replies) tally.take(reply);
}

net::awaitable<void> collect(net::Context& context, net::Connection& connection, Talk& talk,
                             const Names& names, const Question& question, Tally& tally) {
    // Asked for again and again rather than waited for (BRPOP): a wait that Redis ends only in
    // whole seconds could not be left in time to tidy up.
    auto pause = std::chrono::milliseconds(2);
    const std::vector<std::string> words{"RPOP", names.inbox(question.ticket)};
    while (!tally.done() && context.clock().steady() < question.until) {
        const auto value = co_await ask(connection, talk, words);
        if (value.is(Type::bulk)) {
            take_reply(value.text, question, tally);
            continue;
        }
        co_await context.sleep(pause);
        pause = std::min(pause * 2, std::chrono::milliseconds(50));
    }
}

net::awaitable<void> listen(net::Connection& connection, Talk& talk, const Names& names,
                            const Question& question, Tally& tally) {
    talk.say({"PSUBSCRIBE", names.events()});
    while (!tally.done()) {
        const auto value = co_await net::next_event(connection, talk, question.until);
        if (!value) co_return;
        if (value->is(Type::error)) throw refused(*value);
        if (!value->is(Type::array) || value->items.size() != 4) continue;
        const auto opened = wire::celery::read_envelope(value->items[3].text);
        const auto events =
            opened ? wire::celery::read_events(opened->body) : std::unexpected(opened.error());
        if (!events) continue;  // whoever else publishes there
        for (const auto& event : *events) tally.take(event);
    }
}

std::string envelope_of(const Question& question, double expires) {
    const std::string exchange = question.options.control_exchange + ".pidbox";
    const std::string body = wire::celery::write_request(
        {.method = question.options.part == "queue" ? "active_queues" : "ping",
         .destination = question.options.destination,
         .ticket = question.ticket,
         .reply_exchange = "reply.celery.pidbox",
         .reply_key = question.ticket});
    return wire::celery::write_envelope(
        {.body = body, .exchange = exchange, .delivery_tag = question.ticket, .expires = expires});
}

}  // namespace

net::awaitable<void> ask_by_redis(net::Context& context, net::Connection& connection,
                                  const Question& question, Tally& tally, Leftovers& leftovers) {
    Talk talk;
    context.enter("auth");
    co_await log_in(connection, talk, question);
    const Names names(question.options, database_of(question.url));
    std::vector<std::string> words{"SELECT", names.database()};
    co_await ask(connection, talk, std::move(words));
    if (question.options.part == "heartbeat") {
        context.enter("workers");
        co_await listen(connection, talk, names, question, tally);
        co_return;
    }
    context.enter("inbox");
    while (!leftovers.inboxes.empty()) {
        co_await remove(connection, talk, names, leftovers.inboxes.back());
        leftovers.inboxes.pop_back();
    }
    leftovers.inboxes.push_back(question.ticket);
    words = {"SADD", names.bindings(), names.binding(question.ticket)};
    co_await ask(connection, talk, std::move(words));
    context.enter("workers");
    const auto now = std::chrono::duration<double>(context.clock().system().time_since_epoch());
    const double expires = now.count() + 5;
    words = {"PUBLISH", names.requests(), envelope_of(question, expires)};
    const auto listeners = co_await ask(connection, talk, std::move(words));
    if (question.options.destination.empty() || listeners.integer == 0)
        tally.asked(static_cast<std::size_t>(std::max<std::int64_t>(listeners.integer, 0)));
    co_await collect(context, connection, talk, names, question, tally);
    co_await remove(connection, talk, names, question.ticket);
    leftovers.inboxes.clear();
}

}  // namespace vitals::checks::celery
