// Shared by both ways to the broker: the target of what is heard on one connection. Inside this
// folder only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "net/awaitable.hpp"
#include "net/context.hpp"
#include "text/url.hpp"
#include "workers/celery/celery_options.hpp"
#include "workers/celery/celery_source.hpp"

namespace vitals::workers::celery {

// Foreign messages that are not events: reported at most once a minute.
class IgnoredMessages {
  public:
    IgnoredMessages(Clock& clock, Log log, std::string group)
        : clock_(clock), log_(std::move(log)), group_(std::move(group)) {}
    void add(const std::string& what, std::string_view theirs);

  private:
    Clock& clock_;
    Log log_;
    std::string group_;
    std::uint64_t count_ = 0;
    Steady told_ = Steady::min();
};

// One connection's way into the table. Once the connection is over, nothing more gets there.
class EventSink {
  public:
    EventSink(std::shared_ptr<Table> table, std::string group, Clock& clock, Timing timing,
              std::shared_ptr<IgnoredMessages> ignored);

    void end() { over_ = true; }
    // The connection is given up unless it shows a sign of life by then.
    Steady alive_until() const { return alive_until_; }
    bool listened() const { return listened_; }
    const Timing& timing() const { return timing_; }
    Clock& clock() { return clock_; }

    void sign_of_life();                             // bytes came, of any content
    void listening();                                // events of workers come from now on
    void muted(std::string why, std::string error);  // they do not, although the connection is open
    void remark(std::string text);
    void take(std::string_view body);  // a message that somebody published
    void ignore(const std::string& what, std::string_view theirs);

  private:
    void say(const std::string& node, const std::string& type, double timestamp,
             std::int64_t process);

    std::shared_ptr<Table> table_;
    std::string group_;
    Clock& clock_;
    Timing timing_;
    std::shared_ptr<IgnoredMessages> ignored_;
    Steady alive_until_;
    bool over_ = false;
    bool listened_ = false;
};

// Both connect, log in and listen, and end with CheckError only.
struct Broker {
    const CeleryOptions& options;
    const text::Url& url;
};
net::awaitable<void> listen_on_amqp(net::Context& context, Broker broker, EventSink& sink);
net::awaitable<void> listen_on_redis(net::Context& context, Broker broker, EventSink& sink);

}  // namespace vitals::workers::celery
