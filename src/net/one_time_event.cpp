#include "net/one_time_event.hpp"

#include "net/detail/event.hpp"

namespace vitals::net {

struct OneTimeEvent::State {
    explicit State(Loop& loop) : event(loop.context()) {}
    Event event;
};

OneTimeEvent::OneTimeEvent(Loop& loop) : state_(std::make_unique<State>(loop)) {}
OneTimeEvent::~OneTimeEvent() = default;
void OneTimeEvent::happen() {
    state_->event.set();
}
bool OneTimeEvent::happened() const {
    return state_->event.is_set();
}
awaitable<void> OneTimeEvent::wait() {
    co_await state_->event.wait();
}

}  // namespace vitals::net
