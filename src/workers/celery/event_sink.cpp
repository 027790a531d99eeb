#include "workers/celery/event_sink.hpp"

#include <fmt/format.h>

#include "model/moment.hpp"
#include "text/quote.hpp"
#include "wire/celery.hpp"

namespace vitals::workers::celery {

namespace {

using namespace std::chrono_literals;

constexpr auto told_every = 60s;

}  // namespace

void IgnoredMessages::add(const std::string& what, std::string_view theirs) {
    ++count_;
    const Steady now = clock_.steady();
    if (told_ != Steady::min() && now - told_ < told_every) return;
    told_ = now;
    if (log_)
        log_(LogLevel::warning,
             fmt::format("workers/{}: ignored {} {} so far; the last one {}: {}", group_, count_,
                         count_ == 1 ? "message" : "messages", what, text::quoted(theirs, 120)));
}

EventSink::EventSink(std::shared_ptr<Table> table, std::string group, Clock& clock, Timing timing,
                     std::shared_ptr<IgnoredMessages> ignored)
    : table_(std::move(table)),
      group_(std::move(group)),
      clock_(clock),
      timing_(timing),
      ignored_(std::move(ignored)),
      alive_until_(clock.steady() + timing.connect) {}

void EventSink::sign_of_life() {
    if (over_) return;
    // Until it listens, everything must be done within one span.
    if (listened_) alive_until_ = clock_.steady() + timing_.dead;
    table_->heard(group_);
}

void EventSink::listening() {
    if (over_) return;
    listened_ = true;
    alive_until_ = clock_.steady() + timing_.dead;
    table_->listening(group_);
}

void EventSink::muted(std::string why, std::string error) {
    if (!over_) table_->blind(group_, {std::move(why), std::move(error), "listen"});
}

void EventSink::remark(std::string text) {
    if (!over_) table_->remark(group_, std::move(text));
}

void EventSink::ignore(const std::string& what, std::string_view theirs) {
    if (!over_) ignored_->add(what, theirs);
}

void EventSink::say(const std::string& node, const std::string& type, double timestamp,
                    std::int64_t process) {
    using Answer = Table::Answer;
    const bool leaves = type == "worker-offline";
    if (!leaves && type != "worker-heartbeat" && type != "worker-online") return;
    const System sent = timestamp > 0 ? moment_of(timestamp) : clock_.system();
    const Answer answer =
        leaves ? table_->leave(group_, node, process) : table_->beat(group_, node, sent, process);
    if (answer == Answer::bad_name) ignore("names no worker", node);
    if (answer == Answer::full) ignore("is of one worker more than can be held", node);
}

void EventSink::take(std::string_view body) {
    if (over_) return;
    const auto events = wire::celery::read_events(body);
    if (!events) return ignore(events.error(), body);
    for (const auto& event : *events) say(event.node, event.type, event.timestamp, event.process);
}

}  // namespace vitals::workers::celery
