// Events on AMQP: a queue of our own, named by the broker and gone with the connection, bound to
// the exchange that the workers declare. It is never declared here: whoever declares it otherwise
// than they do keeps them from working.
#include <fmt/format.h>

#include <array>

#include "wire/amqp_client.hpp"
#include "wire/quote.hpp"
#include "workers/celery/event_sink.hpp"

namespace vitals::workers::celery {

namespace {

using namespace std::chrono_literals;
using wire::amqp::Client;
using wire::amqp::Event;
using What = Event::What;

constexpr std::uint16_t access_refused = 403;
constexpr std::uint16_t not_found = 404;

// What piles up while we do not read, or long after anybody would want it, goes: the broker is
// never the larger for us.
const wire::amqp::Table& queue_arguments() {
    static const wire::amqp::Table arguments = {{"x-message-ttl", {std::int64_t{5'000}}},
                                                {"x-max-length", {std::int64_t{100'000}}}};
    return arguments;
}

wire::amqp::Login login_of(const Broker& broker, const Timing& timing) {
    const CeleryOptions& options = broker.options;
    const wire::Url& url = broker.url;
    wire::amqp::Login login;
    login.user = !options.user.empty() ? options.user : url.user.empty() ? "guest" : url.user;
    login.password = options.password.configured() ? options.password.reveal() : url.password;
    if (login.password.empty() && !options.password.configured() && login.user == "guest")
        login.password = "guest";
    login.vhost = url.path.size() > 1 ? url.path.substr(1) : "/";
    login.heartbeat =
        static_cast<std::uint16_t>(std::chrono::ceil<std::chrono::seconds>(timing.dead).count());
    return login;
}

// One conversation. Requests are answered in their order, so that the state is what was asked last.
class Session {
  public:
    Session(net::Context& context, net::Connection& connection, Broker broker, EventSink& sink)
        : context_(context),
          connection_(connection),
          broker_(broker),
          sink_(sink),
          client_(login_of(broker, sink.timing())) {}

    net::awaitable<void> run() {
        context_.enter("greeting");
        next_ask_ = Steady::max();
        for (;;) {
            std::string output = client_.take_output();
            if (!output.empty()) co_await connection_.write(output);
            auto event = client_.next();
            if (!event) throw event.error();
            if (*event) {
                take(**event);
                continue;
            }
            output = client_.take_output();  // looking may have made it answer
            if (!output.empty()) co_await connection_.write(output);
            const bool more = co_await connection_.readable(next_ask_);
            if (!more) {
                ask();
                continue;
            }
            const std::size_t count = co_await connection_.read_some(bytes_);
            if (count == 0) throw client_.ended();
            sink_.sign_of_life();
            client_.receive(std::string_view(bytes_.data(), count));
        }
    }

  private:
    // Binding again is both: a question that the broker must answer, and the cure where somebody
    // has deleted the exchange, and the binding with it. A broker that takes no messages answers
    // nothing; it is told that we live, and shows by itself that it does.
    void ask() {
        next_ask_ = sink_.clock().steady() + pause();
        if (blocked_)
            client_.beat();
        else if (!channel_)
            open_channel();
        else if (!queue_.empty()) {
            client_.bind(queue_, broker_.options.event_exchange, "worker.#");
            probe();
        }
    }

    // A broker short of memory or disk tells of it only to those who publish, when they do: so a
    // message goes to a queue that cannot exist, and should come back.
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

    // Twice within what was agreed as the longest silence.
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
            case What::greeted:
                return context_.enter("auth");
            case What::logged_in:
                return context_.enter("vhost");
            case What::opened:
                context_.enter("subscribe");
                return open_channel();
            case What::channel_opened:
                return client_.declare_own_queue(queue_arguments());
            case What::declared:
                queue_ = event.queue;
                return client_.consume(queue_);
            case What::consuming:
                return client_.bind(queue_, broker_.options.event_exchange, "worker.#");
            case What::bound:
                return bound();
            case What::delivered:
                return sink_.take(event.body);
            case What::channel_closed:
                return refused(event);
            case What::blocked:
                blocked_ = true;
                return sink_.muted("the broker takes no messages, and so no heartbeats",
                                   "got " + wire::quoted(event.text));
            case What::unblocked:
                blocked_ = false;
                return sink_.listening();
            case What::returned:
                probing_ = false;
                return;
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

    // The channel is gone, and with it queue and consumer; the connection stands.
    void refused(const Event& event) {
        channel_ = false;
        if (event.code == not_found) {
            probing_ = false;
            // Only workers make the exchange: where there is none, none has been since the broker
            // began, and all that can be heard is heard.
            listen();
            sink_.remark(
                fmt::format("the broker has no exchange '{}': no worker ever sent "
                            "events to it",
                            broker_.options.event_exchange));
            next_ask_ = sink_.clock().steady() + std::min<Steady::duration>(pause(), 1s);
            return;
        }
        if (event.code == access_refused && probing_) {
            probing_ = may_publish_ = false;  // then a broker that takes no messages is not seen
            return open_channel();
        }
        throw CheckError(event.code == access_refused ? ErrorClass::auth : ErrorClass::protocol,
                         event.code == access_refused
                             ? "the user may not listen to the exchange"
                             : fmt::format("the broker refused ({})", event.code),
                         "got " + wire::quoted(event.text));
    }

    net::Context& context_;
    net::Connection& connection_;
    Broker broker_;
    EventSink& sink_;
    Client client_;
    std::array<char, 65536> bytes_;
    std::string queue_;
    Steady next_ask_{};
    bool channel_ = false;
    bool listening_ = false;
    bool may_publish_ = true;
    bool probing_ = false;
    bool blocked_ = false;
};

}  // namespace

net::awaitable<void> listen_on_amqp(net::Context& context, net::Connection& connection,
                                    Broker broker, EventSink& sink) {
    const auto session = std::make_unique<Session>(context, connection, broker, sink);
    co_await session->run();
}

}  // namespace vitals::workers::celery
