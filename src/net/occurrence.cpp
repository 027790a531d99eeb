#include "net/occurrence.hpp"

#include "net/event.hpp"

namespace vitals::net {

struct Occurrence::State {
    explicit State(Loop& loop) : event(loop.context()) {}
    Event event;
};

Occurrence::Occurrence(Loop& loop) : state_(std::make_unique<State>(loop)) {}
Occurrence::~Occurrence() = default;
void Occurrence::happen() {
    state_->event.set();
}
bool Occurrence::happened() const {
    return state_->event.is_set();
}
awaitable<void> Occurrence::wait() {
    co_await state_->event.wait();
}

}  // namespace vitals::net
