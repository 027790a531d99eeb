// What the server may ask for, each on the engine's thread.
#include <fmt/format.h>

#include "app/assemble.hpp"
#include "app/in_time.hpp"
#include "app/running.hpp"
#include "history/recent.hpp"

namespace vitals::app {

using namespace std::chrono_literals;

namespace {

constexpr auto history_patience = 2s;

}  // namespace

endpoints::Control Daemon::control() {
    endpoints::Control control;
    control.decommission = [this](std::string text, std::string who,
                                  std::function<void(bool)> done) {
        loop_.post([this, text = std::move(text), who = std::move(who), done = std::move(done)] {
            decommission_.text = text;
            tell_decommission();
            desk_.happened(
                text == "OK" ? Happening::What::recommissioned : Happening::What::decommissioned,
                text, who);
            if (text == "OK")
                field_log_(LogLevel::info, "recommissioned by " + who, {{"by", who}});
            else
                field_log_(LogLevel::warning, fmt::format("decommissioned by {}: {}", who, text),
                           {{"by", who}, {"text", text}});
            save_decommission(text, done);
        });
    };
    control.push = [this](Push push, auto done) {
        loop_.post([this, push = std::move(push), done = std::move(done)]() mutable {
            engine::PushResult result = engine::accept_push(engine_, push);
            if (result.answer == PushAnswer::done) fleet_.take(push);
            answer(std::move(result), std::move(done));
        });
    };
    control.remove = [this](std::string name, std::string who, auto done) {
        loop_.post([this, name = std::move(name), who = std::move(who), done = std::move(done)] {
            engine::PushResult result = engine::remove_pushed(engine_, name);
            if (result.answer == PushAnswer::done) {
                states_.keep_soon();
                field_log_(LogLevel::info, fmt::format("{}: removed by {}", name, who),
                           {{"component", name}, {"by", who}});
            }
            answer(std::move(result), done);
        });
    };
    control.run = [this](std::string name, auto done) {
        loop_.post([this, name = std::move(name), done = std::move(done)]() mutable {
            engine_.run_now(name, [this, done = std::move(done)](auto state) {
                engine_.when_published([done, state = std::move(state)] { done(state); });
            });
        });
    };
    control.heartbeat = [this](Heartbeats beats, auto done) {
        loop_.post([this, beats = std::move(beats), done = std::move(done)] {
            const std::string problem = workers_.take(beats);
            if (problem.empty()) fleet_.take(beats);
            engine_.changed();
            engine_.when_published([done, problem] { done(problem); });
        });
    };
    control.job = [this](JobEvent event, auto done) {
        loop_.post([this, event = std::move(event), done = std::move(done)]() mutable {
            answer(tell_job(event), std::move(done));
        });
    };
    control.past = [this](std::string name, std::chrono::milliseconds back, auto done) {
        loop_.post([this, name = std::move(name), back, done = std::move(done)] {
            auto with_maintenance = [this, name, done](std::optional<Past> past) {
                if (past) desk_.add_maintenance(name, *past);
                done(std::move(past));
            };
            store_->past(name, back,
                         in_time<std::optional<Past>>(loop_, clock_, history_patience, std::nullopt,
                                                      std::move(with_maintenance)));
        });
    };
    control.changes = [this](std::string name, System before, std::size_t limit, auto done) {
        loop_.post([this, name = std::move(name), before, limit, done = std::move(done)]() mutable {
            store_->changes(std::move(name), before, limit,
                            in_time<std::optional<std::vector<PastChange>>>(
                                loop_, clock_, history_patience, std::nullopt, std::move(done)));
        });
    };
    if (config_->fleet) {
        control.fleet.view = [this] { return fleet_.view(); };
        control.fleet.drain = [this](std::string service, std::string text, std::string by,
                                     auto done) {
            loop_.post([this, service = std::move(service), text = std::move(text),
                        by = std::move(by), done = std::move(done)]() mutable {
                fleet_.drain(std::move(service), text, by,
                             [this, done = std::move(done)](std::string problem, bool durable) {
                                 loop_.post([this, done, problem, durable] {
                                     engine_.when_published(
                                         [done, problem, durable] { done(problem, durable); });
                                 });
                             });
            });
        };
    }
    control.people = desk_.people();
    control.happenings = &desk_.happenings();
    control.pasts = [this](std::vector<std::string> names, std::chrono::milliseconds back,
                           auto done) { pasts(std::move(names), back, std::move(done)); };
    control.responses = [this](std::string name, System from, std::chrono::milliseconds step,
                               std::size_t count, auto done) {
        loop_.post([this, name = std::move(name), from, step, count,
                    done = std::move(done)]() mutable {
            store_->responses(std::move(name), from, step, count,
                              in_time<std::optional<std::vector<ResponseStep>>>(
                                  loop_, clock_, history_patience, std::nullopt, std::move(done)));
        });
    };
    control.objectives = [this] { return objectives_.reports(); };
    control.usual = [this](const std::vector<std::string>& names) { return store_->usual(names); };
    control.reload = [this](std::string who, auto done) {
        loop_.post([this, who = std::move(who), done = std::move(done)]() mutable {
            reload(std::move(who), std::move(done));
        });
    };
    control.definitions = [this](auto done) {
        loop_.post([this, done = std::move(done)] { done(compared_definitions(*config_)); });
    };
    return control;
}

// The last day comes from memory, even if the disk does not answer in time.
void Daemon::pasts(std::vector<std::string> names, std::chrono::milliseconds back,
                   std::function<void(std::optional<std::vector<Past>>)> done) {
    loop_.post([this, names = std::move(names), back, done = std::move(done)] {
        using Found = std::optional<std::vector<Past>>;
        const bool lately = back <= history::Recent::reach;
        auto answer = [this, names, back, lately, done](Found found) {
            if (!found && lately) found = store_->recent_pasts(names, back);
            for (std::size_t i = 0; found && i < found->size(); ++i)
                desk_.add_maintenance(names[i], (*found)[i]);
            done(std::move(found));
        };
        if (lately && store_->knows_recent()) return answer(std::nullopt);
        store_->pasts(names, back,
                      in_time<Found>(loop_, clock_, history_patience, std::nullopt, answer));
    });
}

engine::PushResult Daemon::tell_job(const JobEvent& event) {
    if (jobs_.take(event)) return {};
    if (engine_.find(event.job) != nullptr)
        return {PushAnswer::not_pushed, "the component is no job: it has no 'check: job'"};
    return engine::no_such_component(engine_, event.job);
}

void Daemon::answer(engine::PushResult result, std::function<void(PushAnswer, std::string)> done) {
    engine_.when_published(
        [result = std::move(result), done = std::move(done)] { done(result.answer, result.why); });
}

}  // namespace vitals::app
