// A value that copies share until one of them is changed.
#pragma once

#include <memory>
#include <utility>

namespace vitals {

// Reads may take place on any thread. A moved-from one may only be assigned or destroyed.
template <class T>
class Shared {
  public:
    Shared() : Shared(T()) {}
    Shared(T value) : value_(std::make_shared<T>(std::move(value))) {}

    const T& operator*() const noexcept { return *value_; }
    const T* operator->() const noexcept { return value_.get(); }
    // Shares the ownership; what it points to never changes.
    std::shared_ptr<const T> pointer() const noexcept { return value_; }

    // For changes: no other copy sees them. Valid until the next copy of this or pointer(). For the
    // thread that makes the value, before it gives it away.
    T& edit() {
        if (value_.use_count() != 1) value_ = std::make_shared<T>(*value_);
        return *value_;
    }

  private:
    std::shared_ptr<T> value_;
};

}  // namespace vitals
