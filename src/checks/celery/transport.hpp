// The two ways to Celery's workers. Each is a conversation with a broker that may outlive the run
// that began it (checks/reuse.hpp): open() once, ask() in each run.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "backends/amqp/session.hpp"
#include "backends/redis/session.hpp"
#include "celery.hpp"
#include "tally.hpp"
#include "text/url.hpp"

namespace vitals::checks::celery {

// The options, and what all runs of a component share.
struct Component : Options {
    std::string inbox;             // random and unique: where replies go, on Redis
    Steady until = Steady::max();  // when the turn of the next broker begins
};

// The question of one run.
struct Question {
    const Component& component;
    std::string ticket;  // random and unique
    Steady until{};      // later answers do not count
};

class ByRedis {
  public:
    static net::awaitable<std::unique_ptr<ByRedis>> open(const Component& component,
                                                         net::Context& context);
    // Fills the tally in; returns when it is done or the time is over.
    net::awaitable<void> ask(const Question& question, net::Context& context, Tally& tally);

    // See checks/reuse.hpp.
    bool quiet() const { return session_->quiet(); }
    void resume(net::Context& context, Steady answer_by) { session_->resume(context, answer_by); }

  private:
    using Words = std::vector<std::string>;
    explicit ByRedis(std::unique_ptr<backends::redis::Session> session)
        : session_(std::move(session)) {}
    net::awaitable<void> all_or_nothing(std::vector<Words> commands);
    net::awaitable<std::int64_t> collect(const Question& question, std::string list,
                                         net::Context& context, Tally& tally);
    net::awaitable<void> listen(const Question& question, Words channels, Tally& tally);

    std::unique_ptr<backends::redis::Session> session_;
};

class ByAmqp {
  public:
    static net::awaitable<std::unique_ptr<ByAmqp>> open(const Component& component,
                                                        net::Context& context);
    net::awaitable<void> ask(const Question& question, net::Context& context, Tally& tally);

    // See checks/reuse.hpp. What came meanwhile are replies to earlier runs, recognised by their
    // tickets.
    bool quiet() const { return true; }
    void resume(net::Context& context, Steady answer_by) { session_->resume(context, answer_by); }
    net::awaitable<void> close(net::Context& context) { return session_->close(context); }

  private:
    using Event = backends::amqp::Event;
    ByAmqp(std::unique_ptr<backends::amqp::Session> session, std::string inbox)
        : session_(std::move(session)), inbox_(std::move(inbox)) {}
    bool take(const Event& event, const Question& question, Tally& tally);

    std::unique_ptr<backends::amqp::Session> session_;
    std::string inbox_;  // named by the broker, removed with the connection
    bool used_ = false;  // by an earlier run
};

}  // namespace vitals::checks::celery
