// Through an AMQP broker: replies come to a queue of our own, named by the broker and gone with the
// connection, through the default exchange; so nothing is declared that others could mind.
#include <fmt/format.h>

#include "net/pump.hpp"
#include "transport.hpp"
#include "wire/amqp_client.hpp"
#include "wire/quote.hpp"

namespace vitals::checks::celery {

namespace {

using wire::amqp::Client;
using wire::amqp::Event;
using What = Event::What;

constexpr std::uint16_t not_found = 404;

CheckError refused(const Event& event) {
    const auto error_class = event.code == 403 ? ErrorClass::auth : ErrorClass::assertion;
    return {error_class, fmt::format("the broker refused ({})", event.code),
            "got " + wire::quoted(event.text)};
}

net::awaitable<Event> expect(net::Connection& connection, Client& client, What what) {
    for (;;) {
        auto event = co_await net::next_event(connection, client);
        if (event.what == what) co_return event;
        if (event.what == What::channel_closed) throw refused(event);
        if (event.what != What::blocked && event.what != What::unblocked)
            throw CheckError(ErrorClass::protocol, "unexpected answer");
    }
}

wire::amqp::Login login_of(const Question& question) {
    const Options& options = question.options;
    const wire::Url& url = question.url;
    wire::amqp::Login login;
    login.user = !options.user.empty() ? options.user : url.user.empty() ? "guest" : url.user;
    login.password = options.password.configured() ? options.password.reveal() : url.password;
    if (login.password.empty() && !options.password.configured() && login.user == "guest")
        login.password = "guest";
    login.vhost = url.path.size() > 1 ? url.path.substr(1) : "/";
    return login;
}

void send_request(Client& client, const Question& question, const std::string& inbox) {
    const std::string method = question.options.part == "queue" ? "active_queues" : "ping";
    Client::Message message;
    message.exchange = question.options.control_exchange + ".pidbox";
    message.properties.content_type = "application/json";
    message.properties.content_encoding = "utf-8";
    message.properties.delivery_mode = 1;
    message.properties.headers = {{"clock", {std::int64_t{1}}}};
    message.body = wire::celery::write_request({.method = method,
                                                .destination = question.options.destination,
                                                .ticket = question.ticket,
                                                .reply_exchange = "",
                                                .reply_key = inbox});
    client.publish(message);
}

void take_delivery(const Event& event, const Question& question, Tally& tally) {
    if (question.options.part == "heartbeat") {
        const auto events = wire::celery::read_events(event.body);
        if (!events) return;  // whoever else publishes there
        for (const auto& each : *events) tally.take(each);
        return;
    }
    const std::string* ticket = wire::amqp::find_text(event.properties.headers, "ticket");
    if (ticket == nullptr || *ticket != question.ticket) return;
    const auto replies = wire::celery::read_replies(event.body);
    if (!replies) {
        throw CheckError(ErrorClass::protocol, "a worker's reply cannot be read",
                         "got " + wire::quoted(event.body));
    }
    for (const auto& reply : *replies) tally.take(reply);
}

// True: goes on.
bool take_event(const Event& event, const Question& question, Tally& tally) {
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
            if (question.options.part == "heartbeat") return true;
            throw CheckError(ErrorClass::assertion, "the broker takes no messages",
                             "got " + wire::quoted(event.text));
        default:
            return true;
    }
}

}  // namespace

net::awaitable<void> ask_by_amqp(net::Context& context, net::Connection& connection,
                                 const Question& question, Tally& tally) {
    Client client(login_of(question));
    context.enter("greeting");
    co_await expect(connection, client, What::greeted);
    context.enter("auth");
    co_await expect(connection, client, What::logged_in);
    context.enter("vhost");
    co_await expect(connection, client, What::opened);
    context.enter("inbox");
    client.open_channel();
    co_await expect(connection, client, What::channel_opened);
    client.declare_own_queue();
    const auto inbox = co_await expect(connection, client, What::declared);
    client.consume(inbox.queue);
    co_await expect(connection, client, What::consuming);
    context.enter("workers");
    if (question.options.part == "heartbeat")
        client.bind(inbox.queue, question.options.event_exchange, "worker.#");
    else
        send_request(client, question, inbox.queue);
    for (bool more = true; more;) {
        const auto event = co_await net::next_event(connection, client, question.until);
        more = event && take_event(*event, question, tally);
    }
    client.close();
    co_await net::flush(connection, client);
}

}  // namespace vitals::checks::celery
