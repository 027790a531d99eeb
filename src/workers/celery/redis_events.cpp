// Events on Redis: a subscription by pattern, which leaves nothing behind.
#include "backends/celery/names.hpp"
#include "backends/redis/session.hpp"
#include "wire/celery.hpp"
#include "workers/celery/event_sink.hpp"

namespace vitals::workers::celery {

namespace {

using backends::redis::Session;
using backends::redis::Value;
using Type = Value::Type;

class Subscription {
  public:
    Subscription(net::Context& context, Session& session, EventSink& sink)
        : context_(context), session_(session), sink_(sink) {
        session_.on_arrival([this] { sink_.sign_of_life(); });
    }

    net::awaitable<void> run(std::vector<std::string> patterns) {
        co_await session_.log_in(context_);
        session_.refuse_unused_password();
        context_.enter("subscribe");
        for (std::string& pattern : patterns) session_.send({"PSUBSCRIBE", std::move(pattern)});
        for (;;) {
            const auto value = co_await session_.next(next_ask_);
            if (value)
                take(*value);
            else
                ask();
        }
    }

  private:
    void ask() {
        next_ask_ = sink_.clock().steady() + sink_.timing().ask;
        session_.send({"PING"});
    }

    void take(const Value& value) {
        // A user with access to the usual channels may have no access to the other one.
        if (value.error_code() == "NOPERM" && sink_.listened()) return;
        if (value.is(Type::error)) throw backends::redis::meaning_of(value);
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
    Session& session_;
    EventSink& sink_;
    Steady next_ask_ = Steady::max();
};

}  // namespace

net::awaitable<void> listen_on_redis(net::Context& context, Broker broker, EventSink& sink) {
    const CeleryOptions& options = broker.options;
    auto access =
        backends::redis::access_of(broker.url, options.user, options.password, options.tls);
    const auto session =
        co_await Session::connect(context, std::move(access), wire::celery::largest_text);
    const backends::celery::Names names{.global_keyprefix = options.global_keyprefix,
                                        .fanout_prefix = options.fanout_prefix,
                                        .database = backends::celery::database_of(broker.url.path)};
    Subscription subscription(context, *session, sink);
    co_await subscription.run(names.event_channels(options.event_exchange));
}

}  // namespace vitals::workers::celery
