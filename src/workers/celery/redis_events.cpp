// Events on Redis: a subscription by pattern, which leaves nothing behind.
#include <fmt/format.h>

#include <array>

#include "wire/celery.hpp"
#include "wire/quote.hpp"
#include "wire/resp.hpp"
#include "workers/celery/event_sink.hpp"

namespace vitals::workers::celery {

namespace {

using wire::resp::Value;
using Type = Value::Type;

CheckError meaning_of(const Value& error) {
    const auto code = error.error_code();
    const bool login = code == "WRONGPASS" || code == "NOAUTH" || code == "NOPERM";
    return {login ? ErrorClass::auth : ErrorClass::assertion,
            code == "WRONGPASS" ? "user or password refused"
            : code == "NOAUTH"  ? "a password is needed"
            : code == "NOPERM"  ? "the user may not listen to the channel"
            : code == "LOADING" ? "still loading its data"
                                : fmt::format("Redis refused ({})", wire::quoted(code, 32)),
            "got " + wire::quoted(error.text)};
}

class Session {
  public:
    Session(net::Context& context, net::Connection& connection, Broker broker, EventSink& sink)
        : context_(context), connection_(connection), broker_(broker), sink_(sink) {}

    net::awaitable<void> run() {
        context_.enter("auth");
        co_await log_in();
        context_.enter("subscribe");
        const std::string database = broker_.url.path.size() > 1 ? broker_.url.path.substr(1) : "0";
        for (std::string pattern : channel_patterns(broker_.options, database)) {
            std::vector<std::string> words{"PSUBSCRIBE", std::move(pattern)};
            co_await send(std::move(words));
        }
        for (;;) {
            const auto value = co_await next();
            if (value)
                take(*value);
            else
                co_await ask();
        }
    }

  private:
    net::awaitable<void> send(std::vector<std::string> words) {
        const std::string bytes = wire::resp::command(words);
        co_await connection_.write(bytes);
    }

    net::awaitable<void> log_in() {
        const CeleryOptions& options = broker_.options;
        const std::string password =
            options.password.configured() ? options.password.reveal() : broker_.url.password;
        const std::string user = options.user.empty() ? broker_.url.user : options.user;
        if (password.empty()) co_return;
        std::vector<std::string> words{"AUTH"};
        if (!user.empty()) words.push_back(user);
        words.push_back(password);
        co_await send(std::move(words));
        const auto value = co_await next();
        if (value->is(Type::error)) throw meaning_of(*value);
    }

    // The next value; nothing when it is time to ask.
    net::awaitable<std::optional<Value>> next() {
        for (;;) {
            auto value = wire::resp::take_value(input_, wire::celery::largest_text);
            if (!value) {
                throw CheckError(ErrorClass::protocol, "not Redis: " + value.error(),
                                 "got " + wire::quoted(input_));
            }
            if (*value) co_return std::move(*value);
            const bool more = co_await connection_.readable(next_ask_);
            if (!more) co_return std::nullopt;
            const std::size_t count = co_await connection_.read_some(bytes_);
            if (count == 0) throw CheckError(ErrorClass::protocol, "closed by the server");
            sink_.sign_of_life();
            input_.append(bytes_.data(), count);
        }
    }

    net::awaitable<void> ask() {
        next_ask_ = sink_.clock().steady() + sink_.timing().ask;
        std::vector<std::string> words{"PING"};
        co_await send(std::move(words));
    }

    void take(const Value& value) {
        // Who may listen to the usual channels need not be let in to the other one.
        if (value.error_code() == "NOPERM" && sink_.listened()) return;
        if (value.is(Type::error)) throw meaning_of(value);
        if (!value.is(Type::array) || value.items.empty()) return;
        const std::string& what = value.items[0].text;
        if (what == "psubscribe") {
            context_.enter("listen");
            next_ask_ = sink_.clock().steady() + sink_.timing().ask;
            sink_.listening();
        } else if (what == "pmessage" && value.items.size() == 4) {
            const std::string& text = value.items[3].text;
            const auto opened = wire::celery::read_envelope(text);
            if (opened)
                sink_.take(opened->body);
            else
                sink_.ignore(opened.error(), text);
        }
    }

    net::Context& context_;
    net::Connection& connection_;
    Broker broker_;
    EventSink& sink_;
    std::array<char, 65536> bytes_;
    std::string input_;
    Steady next_ask_ = Steady::max();
};

}  // namespace

net::awaitable<void> listen_on_redis(net::Context& context, net::Connection& connection,
                                     Broker broker, EventSink& sink) {
    const auto session = std::make_unique<Session>(context, connection, broker, sink);
    co_await session->run();
}

}  // namespace vitals::workers::celery
