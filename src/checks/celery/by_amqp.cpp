// Through an AMQP broker. Replies come to a queue of this connection through the default exchange;
// the broker names it and removes it with the connection. So the check declares nothing that others
// could notice, and late answers of workers are dropped.
#include <fmt/format.h>

#include "transport.hpp"

#include "text/quote.hpp"

namespace vitals::checks::celery {

namespace {

using backends::amqp::Client;
using backends::amqp::Event;
using backends::amqp::Session;
using What = Event::What;

void send_request(Client& client, const Question& question, const std::string& inbox) {
    const Options& options = question.component;
    Client::Message message;
    message.exchange = options.control_exchange + ".pidbox";
    message.properties.content_type = "application/json";
    message.properties.content_encoding = "utf-8";
    message.properties.delivery_mode = 1;
    message.properties.headers = {{"clock", {std::int64_t{1}}}};
    message.body =
        wire::celery::write_request({.method = options.part == "queue" ? "active_queues" : "ping",
                                     .destination = options.destination,
                                     .ticket = question.ticket,
                                     .reply_exchange = "",
                                     .reply_key = inbox});
    client.publish(message);
}

void take_delivery(const Event& event, const Question& question, Tally& tally) {
    if (question.component.part == "heartbeat") {
        const auto events = wire::celery::read_events(event.body);
        if (!events) return;  // other programs may also publish there
        for (const auto& each : *events) tally.take(each);
        return;
    }
    const std::string* ticket = wire::amqp::find_text(event.properties.headers, "ticket");
    if (ticket == nullptr || *ticket != question.ticket) return;
    const auto replies = wire::celery::read_replies(event.body);
    if (!replies)
        tally.take_unread(event.properties.content_type, event.body);
    else
        for (const auto& reply : *replies) tally.take(reply);
}

}  // namespace

net::awaitable<std::unique_ptr<ByAmqp>> ByAmqp::open(const Component& component,
                                                     net::Context& context) {
    auto access =
        backends::amqp::access_of(component.url, component.user, component.password, component.tls);
    auto session = co_await Session::connect(context, std::move(access));
    co_await session->log_in(context);
    context.enter("inbox");
    Client& client = session->client();
    client.open_channel();
    co_await session->expect(What::channel_opened);
    client.declare_own_queue();
    const Event declared = co_await session->expect(What::declared);
    client.consume(declared.queue);
    co_await session->expect(What::consuming);
    std::unique_ptr<ByAmqp> made(new ByAmqp(std::move(session), declared.queue));
    co_return made;
}

// True: continue.
bool ByAmqp::take(const Event& event, const Question& question, Tally& tally) {
    switch (event.what) {
        case What::delivered:
            take_delivery(event, question, tally);
            return !tally.done();
        case What::returned:
            tally.asked(0);
            return false;  // NO_ROUTE: nobody listens
        case What::channel_closed:
            if (event.code != backends::amqp::not_found) throw backends::amqp::meaning_of(event);
            tally.asked(0);  // no worker has ever created the exchange
            return false;
        case What::blocked:
            if (question.component.part == "heartbeat") return true;
            throw CheckError(ErrorClass::assertion, "the broker takes no messages",
                             "got " + text::quoted(event.text));
        default:
            return true;
    }
}

net::awaitable<void> ByAmqp::ask(const Question& question, net::Context& context, Tally& tally) {
    // Workers may be slow, but a broker answers at once: it says whether it still works, and
    // whether the queue of replies still exists.
    if (std::exchange(used_, true)) {
        context.enter("inbox");
        session_->client().look_at_queue(inbox_);
        co_await session_->expect(What::declared);
    }
    context.enter("workers");
    if (question.component.part == "heartbeat")
        session_->client().bind(inbox_, question.component.event_exchange, "worker.#");
    else
        send_request(session_->client(), question, inbox_);
    for (bool more = true; more;) {
        const auto event = co_await session_->next(question.until);
        more = event && take(*event, question, tally);
    }
}

}  // namespace vitals::checks::celery
