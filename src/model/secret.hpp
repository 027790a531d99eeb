// A secret can be revealed to the code that needs it, but neither printed, compared nor
// serialised. Its value may change while the program runs (a rotated file): reveal it at each use,
// do not keep it. Thread-safe; copies share the value.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace vitals {

class Secret {
  public:
    Secret() = default;  // not configured
    explicit Secret(std::string value);
    ~Secret() = default;

    // Configured, though perhaps (a vault that cannot be reached) without a value yet.
    bool configured() const noexcept { return cell_ != nullptr; }
    // Configured and its value is at hand.
    bool available() const;
    // The value now; empty when there is none.
    std::string reveal() const;
    // Replaces the value for every copy; the old bytes are wiped.
    void replace(std::string value) const;
    // Configured, without a value yet.
    static Secret pending();

    // The time tells nothing of the secret, neither content nor length; false when there is no
    // value.
    bool equals(std::string_view candidate) const;

  private:
    struct Cell {
        std::mutex mutex;
        std::string value;
        bool available = false;
        ~Cell();
    };
    std::shared_ptr<Cell> cell_;
};

// Overwrites the characters, then clears.
void wipe(std::string& text) noexcept;

// True when both are equal; the time depends only on the lengths.
bool constant_time_equal(std::string_view a, std::string_view b) noexcept;

}  // namespace vitals
