// What a component's run leaves for the next one: a connection that stands. Belongs to whoever
// starts the component's runs, who says how long after one the next begins, and goes with it. A run
// takes the thing out, so that a run that is cancelled or fails loses it, and nobody ever finds it
// in the middle of something. Used on the loop's thread only.
#pragma once

#include <any>
#include <chrono>
#include <memory>
#include <utility>

namespace vitals::net {

class Kept {
  public:
    explicit Kept(std::chrono::milliseconds interval = {}) : interval_(interval) {}

    std::chrono::milliseconds interval() const { return interval_; }

    template <class T>
    void leave(std::shared_ptr<T> thing) {
        thing_ = std::move(thing);
    }
    // Null when nothing was left, or something of another type.
    template <class T>
    std::shared_ptr<T> take() {
        auto* const held = std::any_cast<std::shared_ptr<T>>(&thing_);
        if (held == nullptr) return nullptr;
        std::shared_ptr<T> taken = std::move(*held);
        thing_.reset();
        return taken;
    }

    void clear() { thing_.reset(); }

  private:
    std::chrono::milliseconds interval_;
    std::any thing_;
};

}  // namespace vitals::net
