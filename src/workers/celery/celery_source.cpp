// A connection is a separate coroutine. Beside it one timer ends it when it shows no sign of life,
// whatever it waits for. Everything that the coroutine owns ends with it.
#include "workers/celery/celery_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <random>

#include "model/check_error.hpp"
#include "text/url.hpp"
#include "workers/celery/event_sink.hpp"

namespace vitals::workers::celery {

namespace {

using namespace std::chrono_literals;
using Milliseconds = std::chrono::milliseconds;

// A connection that lasted this long was a good one: the next is dialled soon.
constexpr auto proven = 10s;

CheckError error_of(const std::exception_ptr& problem) {
    try {
        if (problem) std::rethrow_exception(problem);
    } catch (const CheckError& error) {
        return error;
    } catch (const std::bad_alloc&) {
        return {ErrorClass::local, "out of memory"};
    } catch (const std::exception& error) {
        return {ErrorClass::local, "cannot listen", error.what()};
    }
    return {ErrorClass::local, "ended"};
}

}  // namespace

Timing timing_for(Milliseconds timeout) {
    Timing timing;
    timing.ask = std::clamp(timeout / 8, 250ms, 3'000ms);
    timing.dead = std::clamp(timeout / 2, 3'000ms, 12'000ms);
    return timing;
}

namespace {

// All that one connection's coroutine refers to; its frame holds it.
struct Attempt {
    Attempt(net::Environment& environment, Clock& clock, const std::string& group,
            std::shared_ptr<const CeleryOptions> given, EventSink heard)
        : options(std::move(given)),
          url(options->url),
          sink(std::move(heard)),
          context(environment, clock, "workers/" + group, "celery", sink.alive_until()) {}

    static net::awaitable<void> live(std::shared_ptr<Attempt> self) {
        const text::Url& url = self->url;
        const CeleryOptions& options = *self->options;
        if (options.password.configured() && !options.password.available())
            throw CheckError(ErrorClass::local, "the password is not available yet");
        const Broker broker{options, url};
        if (url.scheme.starts_with("redis"))
            co_await listen_on_redis(self->context, broker, self->sink);
        else
            co_await listen_on_amqp(self->context, broker, self->sink);
    }

    std::shared_ptr<const CeleryOptions> options;
    text::Url url;
    EventSink sink;
    net::Context context;
};

}  // namespace

struct CelerySource::State : std::enable_shared_from_this<CelerySource::State> {
    State(SourceContext context, std::shared_ptr<const CeleryOptions> options, Timing timing)
        : environment(context.environment),
          clock(context.clock),
          log(std::move(context.log)),
          table(std::move(context.table)),
          group(std::move(context.group)),
          options(std::move(options)),
          timing(timing),
          ignored(std::make_shared<IgnoredMessages>(clock, log, group)),
          watch(environment.loop()),
          random(std::random_device()()) {}

    void begin() {
        began = clock.steady();
        attempt = std::make_shared<Attempt>(environment, clock, group, options,
                                            EventSink(table, group, clock, timing, ignored));
        task = environment.loop().spawn(
            Attempt::live(attempt), [weak = weak_from_this(), mine = attempt.get()](auto problem) {
                const auto self = weak.lock();
                if (self && self->attempt.get() == mine) self->lost(error_of(problem));
            });
        look();
    }

    // Alive, or given up.
    void look() {
        if (!told && attempt->sink.listened()) {
            told = true;
            last_words.clear();
            say(LogLevel::info, "heartbeats can be heard");
        }
        const Steady until = attempt->sink.alive_until();
        const Steady now = clock.steady();
        if (now >= until) {
            const bool listened = attempt->sink.listened();
            return lost({ErrorClass::timeout,
                         listened ? fmt::format("no sign of life for {} ms", timing.dead.count())
                                  : fmt::format("not ready within {} ms", timing.connect.count())});
        }
        watch.arm(std::min<Steady>(until, now + 500ms), [this] { look(); });
    }

    void lost(const CheckError& error) {
        const bool was_good = attempt->sink.listened() && clock.steady() - began > proven;
        const std::string phase = error.phase.empty() ? attempt->context.phase() : error.phase;
        attempt->sink.end();
        task = net::Task();  // cancelled, and calls nobody
        attempt.reset();
        table->blind(group,
                     {fmt::format("{}{}", error.detail, phase.empty() ? "" : " (" + phase + ")"),
                      error.error, phase});
        told = false;
        const std::string words = error.detail + phase;
        if (words != last_words)
            say(LogLevel::warning,
                fmt::format("heartbeats cannot be heard: {} ({}){}{}", error.detail, phase,
                            error.error.empty() ? "" : ": ", error.error));
        last_words = words;
        pause = was_good || pause == 0ms ? timing.first_pause
                                         : std::min(pause * 2, timing.longest_pause);
        // Spreads the reconnections of many that lost the same broker.
        std::uniform_int_distribution<Milliseconds::rep> jitter(pause.count() / 2,
                                                                pause.count() * 3 / 2);
        watch.arm(clock.steady() + Milliseconds(jitter(random)), [this] { begin(); });
    }

    void say(LogLevel level, const std::string& text) const {
        std::string line = fmt::format("workers/{}: {}", group, text);
        std::replace(line.begin(), line.end(), '\n', ' ');
        if (log) log(level, line);
    }

    net::Environment& environment;
    Clock& clock;
    Log log;
    std::shared_ptr<Table> table;
    std::string group;
    std::shared_ptr<const CeleryOptions> options;
    Timing timing;
    std::shared_ptr<IgnoredMessages> ignored;
    std::shared_ptr<Attempt> attempt;
    net::Task task;
    net::Timer watch;
    Steady began{};
    Milliseconds pause{};
    bool told = false;
    std::string last_words;
    std::minstd_rand random;
};

CelerySource::CelerySource(SourceContext context, std::shared_ptr<const CeleryOptions> options)
    : CelerySource(context, std::move(options), timing_for(context.timeout)) {}

CelerySource::CelerySource(SourceContext context, std::shared_ptr<const CeleryOptions> options,
                           Timing timing)
    : state_(std::make_shared<State>(std::move(context), std::move(options), timing)) {
    state_->table->blind(state_->group, {"not connected yet", {}, "connect"});
    state_->begin();
}

void CelerySource::refresh(std::shared_ptr<const CeleryOptions> options) {
    state_->options = std::move(options);
}

CelerySource::~CelerySource() {
    if (state_->attempt) state_->attempt->sink.end();
    state_->watch.cancel();
    state_->task = net::Task();
    state_->attempt.reset();
}

}  // namespace vitals::workers::celery
