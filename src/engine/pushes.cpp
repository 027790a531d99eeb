// Decides by the engine's own state: the published snapshot may be a moment older.
#include "engine/pushes.hpp"

#include <fmt/format.h>

#include "text/words.hpp"

namespace vitals::engine {

namespace {

using Answer = PushAnswer;

constexpr std::size_t most_created = 10'000;

}  // namespace

PushResult no_such_component(const Engine& engine, const std::string& name) {
    return {Answer::unknown_component,
            fmt::format("there is no component {}{}", text::in_quotes(name),
                        text::did_you_mean(name, engine.names()))};
}

PushResult accept_push(Engine& engine, Push push) {
    if (engine.push(push.component, push.outcome, push.ttl)) return {Answer::done, ""};
    if (engine.find(push.component) != nullptr)
        return {Answer::not_pushed,
                "the component is checked by vitals; its state cannot be pushed"};
    if (!push.create) return no_such_component(engine, push.component);
    if (engine.dynamic() >= most_created)
        return {Answer::refused,
                fmt::format("pushes have created {} components already", most_created)};
    engine.add(created_by_push(push.component, push.critical, push.ttl));
    engine.push(push.component, std::move(push.outcome), push.ttl);
    return {Answer::created, ""};
}

PushResult remove_pushed(Engine& engine, const std::string& name) {
    const Definition* known = engine.find(name);
    if (known == nullptr) return no_such_component(engine, name);
    if (!known->dynamic)
        return {Answer::configured,
                known->component->own
                    ? "the component is vitals' own"
                    : "the component stands in the configuration; remove it there and reload"};
    engine.remove(name);
    return {Answer::done, ""};
}

}  // namespace vitals::engine
