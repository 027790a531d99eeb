// Options whose type only their description knows. The type is checked at each access: the wrong
// one throws std::bad_any_cast. No other place has a cast.
#pragma once

#include <any>
#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace vitals {

// A struct that another object owns and that outlives this.
class ObjectRef {
  public:
    ObjectRef() = default;
    template <class T>
        requires(!std::same_as<std::remove_cv_t<T>, ObjectRef>)
    explicit ObjectRef(T& object) : object_(&object) {}

    template <class T>
    T& as() const {
        return *std::any_cast<T*>(object_);
    }
    explicit operator bool() const noexcept { return object_.has_value(); }

  private:
    std::any object_;  // a T*
};

// Shares the ownership of a struct; cheap to copy. Code that only reads the options may do so on
// any thread.
class AnyOptions {
  public:
    AnyOptions() = default;
    template <class T>
    explicit AnyOptions(std::shared_ptr<T> options) : ref_(*options), owner_(std::move(options)) {}

    template <class T>
    const T& as() const {
        return ref_.as<T>();
    }
    template <class T>
    std::shared_ptr<const T> shared() const {
        return std::any_cast<std::shared_ptr<T>>(owner_);
    }
    const ObjectRef& ref() const noexcept { return ref_; }
    explicit operator bool() const noexcept { return bool(ref_); }

  private:
    ObjectRef ref_;
    std::any owner_;  // a std::shared_ptr<T>
};

}  // namespace vitals
