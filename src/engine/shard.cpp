#include "engine/shard.hpp"

#include <pthread.h>

#include <utility>

namespace vitals::engine {

Shard::Shard(net::Loop& engine, const MakeEnvironment& make)
    : engine_(engine), environment_(make(loop_)), thread_([this] {
          ::pthread_setname_np(::pthread_self(), "vitals-checks");
          loop_.run();
      }) {}

// Behind the last of what was posted: all runs are gone by then.
Shard::~Shard() {
    loop_.post([this] { loop_.stop(); });
    thread_.join();
}

void Shard::ask(Steady now, Clock& clock) {
    if (state_->waiting) return;
    state_->waiting = true;
    state_->asked = now;
    loop_.post([this, &clock, weak = std::weak_ptr(state_)] {
        engine_.post([weak, &clock, lanes = environment_->lanes()]() mutable {
            const auto state = weak.lock();
            if (state == nullptr) return;
            state->waiting = false;
            state->took = clock.steady() - state->asked;
            state->lanes = std::move(lanes);
        });
    });
}

Steady::duration Shard::late(Steady now) const {
    return state_->waiting ? now - state_->asked : state_->took;
}

}  // namespace vitals::engine
