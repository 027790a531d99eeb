// What the server may ask for, each on the engine's thread.
#include "app/running.hpp"

#include <fmt/format.h>

namespace vitals::app {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds default_ttl = 60s;
constexpr std::size_t most_pushed = 10'000;

}  // namespace

server::Control Daemon::control() {
    server::Control control;
    control.decommission = [this](std::string text, std::string who,
                                  std::function<void(bool)> done) {
        loop_.post([this, text = std::move(text), who = std::move(who), done = std::move(done)] {
            decommission_.text = text;
            engine_.decommission(decommission_);
            if (text == "OK")
                log_(LogLevel::info, "recommissioned by " + who);
            else
                log_(LogLevel::warning, fmt::format("decommissioned by {}: {}", who, text));
            save_decommission(text, done);
        });
    };
    control.push = [this](server::Push push, auto done) {
        loop_.post([this, push = std::move(push), done = std::move(done)]() mutable {
            take_push(std::move(push), done);
        });
    };
    control.remove = [this](std::string name, auto done) {
        loop_.post([this, name = std::move(name), done = std::move(done)] {
            using Answer = server::Control::Answer;
            if (pushed_.erase(name) > 0 && engine_.remove(name)) return done(Answer::done, "");
            if (hub_.current()->find(name) == nullptr)
                return done(Answer::unknown_component, "no component has that name");
            done(Answer::configured,
                 "the component stands in the configuration; remove it there and reload");
        });
    };
    control.run = [this](std::string name, auto done) {
        loop_.post([this, name = std::move(name), done = std::move(done)]() mutable {
            engine_.run_now(name, std::move(done));
        });
    };
    control.heartbeat = [this](server::Heartbeats beats, auto done) {
        loop_.post([this, beats = std::move(beats), done = std::move(done)] {
            done(workers_.take(beats));
        });
    };
    control.reload = [this](auto done) {
        loop_.post([this, done = std::move(done)]() mutable { reload(std::move(done)); });
    };
    return control;
}

void Daemon::take_push(server::Push push,
                       const std::function<void(server::Control::Answer, std::string)>& done) {
    using Answer = server::Control::Answer;
    if (engine_.push(push.component, push.outcome, push.ttl)) return done(Answer::done, "");
    if (hub_.current()->find(push.component) != nullptr)
        return done(Answer::not_pushed,
                    "the component is checked by vitals; its state cannot be pushed");
    if (push.component.starts_with("vitals/"))
        return done(Answer::refused, "names that begin with 'vitals/' are vitals' own");
    if (pushed_.size() >= most_pushed)
        return done(Answer::refused,
                    fmt::format("there are {} pushed components already", most_pushed));
    engine::Definition definition;
    definition.component.name = push.component;
    definition.component.kind = "push";
    definition.dynamic = true;
    // Who pushes once and never again must not stay green for ever.
    definition.ttl = push.ttl.value_or(default_ttl);
    engine_.add(std::move(definition));
    pushed_.insert(push.component);
    engine_.push(push.component, std::move(push.outcome), push.ttl);
    done(Answer::created, "");
}

}  // namespace vitals::app
