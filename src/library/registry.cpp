#include "vitals/registry.hpp"

#include <fmt/format.h>

#include "library/core.hpp"
#include "model/check_error.hpp"
#include "net/context.hpp"
#include "net/one_time_event.hpp"

namespace vitals {

namespace library {

// The target of an asynchronous handler's answer.
struct Answer {
    ~Answer() { give(failed("the handler ended without an answer", ErrorClass::local)); }

    void give(Outcome outcome) {
        std::function<void(Outcome)> once;
        {
            const std::scoped_lock lock(mutex);
            once = std::exchange(deliver, nullptr);
        }
        if (once) once(std::move(outcome));
    }

    std::mutex mutex;
    std::function<void(Outcome)> deliver;
};

namespace {

// The handler's exceptions end here: no exception of the host crosses the engine.
Outcome guarded(const std::function<Outcome()>& handler) {
    try {
        return handler();
    } catch (const std::exception& error) {
        return failed("the handler threw an exception", ErrorClass::local, error.what());
    } catch (...) {
        return failed("the handler threw something that is no exception", ErrorClass::local);
    }
}

using Handler = std::shared_ptr<const std::function<Outcome()>>;
using AsyncHandler = std::shared_ptr<const std::function<void(std::shared_ptr<Answer>)>>;

net::awaitable<Outcome> ask(Handler handler, net::Context& context) {
    context.enter("handler");
    std::function<Outcome()> code = [handler] { return guarded(*handler); };
    co_return co_await context.blocking<Outcome>(code);
}

// A run must not hold the core: the core's loop holds the run, and neither would ever end.
std::shared_ptr<net::OneTimeEvent> event_at(const std::weak_ptr<Core>& weak) {
    const auto core = weak.lock();
    return core != nullptr ? std::make_shared<net::OneTimeEvent>(core->loop) : nullptr;
}

net::awaitable<Outcome> ask_async(AsyncHandler handler, std::weak_ptr<Core> weak,
                                  net::Context& context) {
    context.enter("handler");
    auto answered = event_at(weak);
    if (answered == nullptr) co_return unknown("the registry is gone");
    auto result = std::make_shared<Outcome>();
    auto answer = std::make_shared<Answer>();
    // Weak: the holder of the completion may keep it for longer than the loop lives.
    answer->deliver = [weak, happens = std::weak_ptr(answered), result](Outcome outcome) {
        const auto alive = weak.lock();
        if (alive == nullptr) return;
        alive->post([happens, result, outcome = std::move(outcome)]() mutable {
            const auto waited_for = happens.lock();
            if (waited_for == nullptr) return;
            *result = std::move(outcome);
            waited_for->happen();
        });
    };
    std::function<Outcome()> code = [handler, answer]() mutable {
        Outcome outcome = guarded([&] {
            (*handler)(std::move(answer));
            return ok();
        });
        return outcome;
    };
    answer.reset();
    Outcome begun = co_await context.blocking<Outcome>(code);
    if (begun.status != Status::ok) co_return begun;
    code = nullptr;
    context.enter("answer");
    co_await answered->wait();
    co_return *result;
}

}  // namespace
}  // namespace library

void Completion::operator()(Outcome outcome) const {
    answer_->give(std::move(outcome));
}

Subscription::~Subscription() {
    if (subscriber_ == nullptr) return;
    const std::scoped_lock lock(subscriber_->mutex);
    subscriber_->callback = nullptr;
}

Subscription& Subscription::operator=(Subscription&& other) noexcept {
    if (this == &other) return *this;
    Subscription ended = std::move(*this);
    subscriber_ = std::move(other.subscriber_);
    return *this;
}

Registry::Registry() : Registry(RegistryOptions()) {}

Registry::Registry(RegistryOptions options)
    : core_(std::make_shared<library::Core>(std::move(options))) {
    core_->start();
}

Registry::~Registry() {
    core_->close();
}

void Registry::add(std::string name, std::function<Outcome()> handler, Options options) {
    library::check_name(name);
    library::check_options(options);
    if (!handler) throw std::invalid_argument("the handler of '" + name + "' is empty");
    engine::Definition definition = library::definition_of(std::move(name), "handler", options);
    const library::Handler shared =
        std::make_shared<const std::function<Outcome()>>(std::move(handler));
    definition.run = [shared](net::Context& context) { return library::ask(shared, context); };
    core_->add(std::move(definition));
}

void Registry::add_async(std::string name, std::function<void(Completion)> handler,
                         Options options) {
    library::check_name(name);
    library::check_options(options);
    if (!handler) throw std::invalid_argument("the handler of '" + name + "' is empty");
    engine::Definition definition = library::definition_of(std::move(name), "handler", options);
    const library::AsyncHandler shared =
        std::make_shared<const std::function<void(std::shared_ptr<library::Answer>)>>(
            [handler = std::move(handler)](std::shared_ptr<library::Answer> answer) {
                handler(Completion(std::move(answer)));
            });
    definition.run = [shared, weak = core_->weak_from_this()](net::Context& context) {
        return library::ask_async(shared, weak, context);
    };
    core_->add(std::move(definition));
}

void Registry::add(StateHandler& handler, Options options) {
    library::check_options(options);
    core_->add(handler.cell_, std::move(options));
}

bool Registry::remove(std::string_view name) {
    return core_->remove(name);
}

Status Registry::status(std::string_view name) const {
    return core_->status(name);
}

bool Registry::is_in_state(std::string_view name, Status status) const {
    return core_->status(name) == status;
}

bool Registry::wait_for(std::string_view name, Status status,
                        std::chrono::milliseconds at_most) const {
    return core_->wait_for(name, status, at_most);
}

std::shared_ptr<const Snapshot> Registry::snapshot() const {
    return core_->snapshot();
}

Subscription Registry::on_change(std::function<void(const Change&)> callback) {
    auto subscriber = std::make_shared<library::Subscriber>();
    subscriber->callback = std::move(callback);
    const std::scoped_lock lock(core_->mutex_);
    core_->subscribers_.push_back(subscriber);
    return Subscription(std::move(subscriber));
}

void Registry::decommission(std::string text) {
    core_->post([core = core_.get(), text = std::move(text)] {
        core->decommission_.text = text;
        core->engine->decommission(core->decommission_);
    });
}

void Registry::drain() {
    core_->post([core = core_.get()] {
        core->decommission_.draining = true;
        core->engine->decommission(core->decommission_);
    });
}

}  // namespace vitals
