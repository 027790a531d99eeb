// The two ways to Celery's workers. Each is a conversation with a broker that may outlast the run
// that began it (checks/reuse.hpp): log_in() once, ask() in each run.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "celery.hpp"
#include "net/connection.hpp"
#include "tally.hpp"
#include "wire/amqp_client.hpp"
#include "wire/resp.hpp"
#include "wire/url.hpp"

namespace vitals::checks::celery {

// The options, and what all runs of a component have in common.
struct Component : Options {
    wire::Url broker;   // `url`
    std::string inbox;  // random, unlike any other's: where replies go, on Redis
};

// Whom to log in as.
struct Login {
    std::string user;
    std::string password;
};

// One run's question.
struct Question {
    const Component& component;
    std::string ticket;  // random, unlike any other's
    Steady until{};      // who has not answered by then has not answered
};

class ByRedis {
  public:
    explicit ByRedis(std::unique_ptr<net::Connection> connection)
        : connection_(std::move(connection)) {}

    // See checks/reuse.hpp.
    bool quiet() const { return input_.empty() && connection_->quiet(); }
    void resume(net::Context&, Steady answer_by) { connection_->answer_by(answer_by); }

    net::awaitable<void> log_in(const Component& component, Login login, net::Context& context);
    // Fills the tally in; returns when it is done or the time is up.
    net::awaitable<void> ask(const Question& question, net::Context& context, Tally& tally);

    // What net::next_event() drives: commands out, values in.
    using Event = wire::resp::Value;
    std::string take_output() { return std::exchange(output_, {}); }
    void receive(std::string_view bytes) { input_ += bytes; }
    std::expected<std::optional<Event>, CheckError> next();
    CheckError ended() const { return {ErrorClass::protocol, "closed without an answer"}; }

  private:
    using Words = std::vector<std::string>;
    net::awaitable<Event> demand(Words words);
    net::awaitable<void> all_or_nothing(std::vector<Words> commands);
    net::awaitable<std::int64_t> collect(const Question& question, std::string list,
                                         net::Context& context, Tally& tally);
    net::awaitable<void> listen(const Question& question, Words channels, Tally& tally);

    std::unique_ptr<net::Connection> connection_;
    std::string input_;
    std::string output_;
};

class ByAmqp {
  public:
    explicit ByAmqp(std::unique_ptr<net::Connection> connection)
        : connection_(std::move(connection)), client_({}) {}

    // What came meanwhile are replies to runs before, known by their tickets.
    bool quiet() const { return true; }
    void resume(net::Context& context, Steady answer_by) {
        context_ = &context;
        connection_->answer_by(answer_by);
    }
    net::awaitable<void> close();

    net::awaitable<void> log_in(const Component& component, Login login, net::Context& context);
    net::awaitable<void> ask(const Question& question, net::Context& context, Tally& tally);

  private:
    using Event = wire::amqp::Event;
    net::awaitable<Event> expect(Event::What what);
    bool take(const Event& event, const Question& question, Tally& tally);

    std::unique_ptr<net::Connection> connection_;
    wire::amqp::Client client_;
    net::Context* context_ = nullptr;
    std::string inbox_;  // named by the broker, gone with the connection
    bool used_ = false;  // by a run before
    bool deaf_ = false;  // the broker takes no messages, and reads on no more
};

}  // namespace vitals::checks::celery
