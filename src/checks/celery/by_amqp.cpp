// Through an AMQP broker: replies come to a queue of our own, named by the broker and gone with the
// connection, through the default exchange; so nothing is declared that others could mind, and what
// a worker answers after the connection has ended goes nowhere.
#include <fmt/format.h>

#include "net/pump.hpp"
#include "transport.hpp"
#include "wire/quote.hpp"

namespace vitals::checks::celery {

namespace {

using wire::amqp::Client;
using What = wire::amqp::Event::What;

constexpr std::uint16_t not_found = 404;

CheckError refused(const wire::amqp::Event& event) {
    const auto error_class = event.code == 403 ? ErrorClass::auth : ErrorClass::assertion;
    return {error_class, fmt::format("the broker refused ({})", event.code),
            "got " + wire::quoted(event.text)};
}

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

void take_delivery(const wire::amqp::Event& event, const Question& question, Tally& tally) {
    if (question.component.part == "heartbeat") {
        const auto events = wire::celery::read_events(event.body);
        if (!events) return;  // whoever else publishes there
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

net::awaitable<wire::amqp::Event> ByAmqp::expect(What what) {
    for (;;) {
        auto event = co_await net::next_event(*connection_, client_);
        if (event.what == what) co_return event;
        if (event.what == What::channel_closed) throw refused(event);
        const bool unasked = event.what == What::blocked || event.what == What::unblocked ||
                             event.what == What::delivered;
        if (!unasked) throw CheckError(ErrorClass::protocol, "unexpected answer");
        if (event.what != What::delivered) deaf_ = event.what == What::blocked;
    }
}

net::awaitable<void> ByAmqp::log_in(const Component& component, Login login,
                                    net::Context& context) {
    context_ = &context;
    if (login.user.empty()) login.user = "guest";
    if (login.password.empty() && !component.password.configured() && login.user == "guest")
        login.password = "guest";
    const std::string& path = component.broker.path;
    wire::amqp::Login with;
    with.user = std::move(login.user);
    with.password = std::move(login.password);
    with.vhost = path.size() > 1 ? path.substr(1) : "/";
    client_ = Client(std::move(with));
    context.enter("greeting");
    co_await expect(What::greeted);
    context.enter("auth");
    co_await expect(What::logged_in);
    context.enter("vhost");
    co_await expect(What::opened);
    context.enter("inbox");
    client_.open_channel();
    co_await expect(What::channel_opened);
    client_.declare_own_queue();
    const auto declared = co_await expect(What::declared);
    inbox_ = declared.queue;
    client_.consume(inbox_);
    co_await expect(What::consuming);
}

// True: goes on.
bool ByAmqp::take(const Event& event, const Question& question, Tally& tally) {
    switch (event.what) {
        case What::delivered:
            take_delivery(event, question, tally);
            return !tally.done();
        case What::returned:
            tally.asked(0);
            return false;  // NO_ROUTE: nobody listens
        case What::channel_closed:
            if (event.code != not_found) throw refused(event);
            tally.asked(0);  // no worker has ever made the exchange
            return false;
        case What::blocked:
            deaf_ = true;
            if (question.component.part == "heartbeat") return true;
            throw CheckError(ErrorClass::assertion, "the broker takes no messages",
                             "got " + wire::quoted(event.text));
        case What::unblocked:
            deaf_ = false;
            return true;
        default:
            return true;
    }
}

net::awaitable<void> ByAmqp::ask(const Question& question, net::Context& context, Tally& tally) {
    // Workers may take their time, but a broker that is asked for its word gives it at once:
    // whether it still is there, and our inbox with it.
    if (std::exchange(used_, true)) {
        context.enter("inbox");
        client_.look_at_queue(inbox_);
        co_await expect(What::declared);
    }
    context.enter("workers");
    if (question.component.part == "heartbeat")
        client_.bind(inbox_, question.component.event_exchange, "worker.#");
    else
        send_request(client_, question, inbox_);
    for (bool more = true; more;) {
        const auto event = co_await net::next_event(*connection_, client_, question.until);
        more = event && take(*event, question, tally);
    }
}

// RabbitMQ complains in its log of a client that goes before its goodbye was answered, which it
// does not do while it is deaf.
net::awaitable<void> ByAmqp::close() {
    context_->enter("close");
    client_.close();
    if (deaf_)
        co_await net::flush(*connection_, client_);
    else
        co_await expect(What::closed);
}

}  // namespace vitals::checks::celery
