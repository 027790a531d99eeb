// What a component's run leaves for the next one: an open connection. It belongs to the code that
// starts the component's runs, which says when the next run begins, and ends with it. A run takes
// the connection out, so a run that is cancelled or fails loses it, and the next run never finds it
// in the middle of an exchange. Used on the loop's thread only.
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
