// Events on AMQP: a queue of this connection, named by the broker and removed with the connection,
// bound to the exchange that the workers declare. This code never declares the exchange: a
// different declaration would stop the workers.
#include <fmt/format.h>

#include "backends/amqp/session.hpp"
#include "text/quote.hpp"
#include "workers/celery/event_sink.hpp"

namespace vitals::workers::celery {

namespace {

using namespace std::chrono_literals;
using backends::amqp::access_refused;
using backends::amqp::Client;
using backends::amqp::Event;
using backends::amqp::not_found;
using backends::amqp::Session;
using What = Event::What;

// Messages that pile up while nobody reads them, or that are old, are dropped: the broker never
// grows because of vitals.
const wire::amqp::Table& queue_arguments() {
    static const wire::amqp::Table arguments = {{"x-message-ttl", {std::int64_t{5'000}}},
                                                {"x-max-length", {std::int64_t{100'000}}}};
    return arguments;
}

// Requests are answered in order, so the state is the last request.
class Subscription {
  public:
    Subscription(net::Context& context, Session& session, std::string exchange, EventSink& sink)
        : context_(context),
          session_(session),
          client_(session.client()),
          exchange_(std::move(exchange)),
          sink_(sink) {
        session_.on_arrival([this] { sink_.sign_of_life(); });
    }

    net::awaitable<void> run() {
        co_await session_.log_in(context_);
        context_.enter("subscribe");
        open_channel();
        for (;;) {
            auto event = co_await session_.next(next_ask_);
            if (event)
                take(*event);
            else
                ask();
        }
    }

  private:
    // Binding again has two uses: it is a question that the broker must answer, and it repairs the
    // binding if somebody has deleted the exchange. A broker that takes no messages answers
    // nothing; it gets a heartbeat, and its own heartbeats show that it lives.
    void ask() {
        next_ask_ = sink_.clock().steady() + pause();
        if (session_.blocked())
            client_.beat();
        else if (!channel_)
            open_channel();
        else if (!queue_.empty()) {
            client_.bind(queue_, exchange_, "worker.#");
            probe();
        }
    }

    // A broker that is short of memory or disk reports that only to publishers. So a message goes
    // to a queue that cannot exist, and must come back.
    void probe() {
        if (!may_publish_ || probing_) return;
        probing_ = true;
        Client::Message message;
        message.key =
            fmt::format("vitals.probe.{:x}", sink_.clock().system().time_since_epoch().count());
        message.properties.content_type = "text/plain";
        message.body = "a probe of vitals, meant to go nowhere";
        client_.publish(message);
    }

    // Twice within the agreed longest silence.
    Steady::duration pause() const {
        const std::chrono::seconds agreed(client_.heartbeat());
        const Steady::duration usual = sink_.timing().ask;
        return agreed == 0s
                   ? usual
                   : std::min<Steady::duration>(usual, std::chrono::milliseconds(agreed) / 2);
    }

    void open_channel() {
        channel_ = true;
        queue_.clear();
        client_.open_channel();
    }

    void take(Event& event) {
        switch (event.what) {
            case What::channel_opened:
                return client_.declare_own_queue(queue_arguments());
            case What::declared:
                queue_ = event.queue;
                return client_.consume(queue_);
            case What::consuming:
                return client_.bind(queue_, exchange_, "worker.#");
            case What::bound:
                return bound();
            case What::delivered:
                return sink_.take(event.body);
            case What::channel_closed:
                return refused(event);
            case What::blocked:
                return sink_.muted("the broker takes no messages, and so no heartbeats",
                                   "got " + text::quoted(event.text));
            case What::unblocked:
                return sink_.listening();
            case What::returned:
                probing_ = false;
                return;
            case What::greeted:
            case What::logged_in:
            case What::opened:
            case What::closed:
                return;
        }
    }

    void bound() {
        sink_.remark("");
        if (!listening_) probe();
        listen();
    }

    void listen() {
        if (listening_) return;
        listening_ = true;
        context_.enter("listen");
        next_ask_ = sink_.clock().steady() + pause();
        sink_.listening();
    }

    // The channel is gone, and with it queue and consumer; the connection is still open.
    void refused(const Event& event) {
        channel_ = false;
        if (event.code == not_found) {
            probing_ = false;
            // Only workers create the exchange. If there is none, no worker has run since the
            // broker started, and there is nothing to hear.
            listen();
            sink_.remark(
                fmt::format("the broker has no exchange '{}': no worker ever sent "
                            "events to it",
                            exchange_));
            next_ask_ = sink_.clock().steady() + std::min<Steady::duration>(pause(), 1s);
            return;
        }
        if (event.code == access_refused && probing_) {
            probing_ = may_publish_ = false;  // then a broker that takes no messages is not noticed
            return open_channel();
        }
        CheckError error = backends::amqp::meaning_of(event);
        if (event.code == access_refused) error.detail = "user may not listen to the exchange";
        throw error;
    }

    net::Context& context_;
    Session& session_;
    Client& client_;
    std::string exchange_;
    EventSink& sink_;
    std::string queue_;
    Steady next_ask_ = Steady::max();
    bool channel_ = false;
    bool listening_ = false;
    bool may_publish_ = true;
    bool probing_ = false;
};

}  // namespace

net::awaitable<void> listen_on_amqp(net::Context& context, Broker broker, EventSink& sink) {
    const CeleryOptions& options = broker.options;
    auto access =
        backends::amqp::access_of(broker.url, options.user, options.password, options.tls);
    access.login.heartbeat = static_cast<std::uint16_t>(
        std::chrono::ceil<std::chrono::seconds>(sink.timing().dead).count());
    const auto session = co_await Session::connect(context, std::move(access));
    Subscription subscription(context, *session, options.event_exchange, sink);
    co_await subscription.run();
}

}  // namespace vitals::workers::celery
