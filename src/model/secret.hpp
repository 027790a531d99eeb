// A secret can be revealed to the code that needs it, but neither printed, compared nor
// serialised. Its value may change while the program runs (a rotated file, a vault): reveal it at
// each use, do not keep it. Thread-safe; copies share the value.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "model/clock.hpp"

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
    // Replaces the value for every copy; the old bytes are wiped. What was there before is known by
    // its digest only, for accepts().
    void replace(std::string value, Steady now = std::chrono::steady_clock::now()) const;
    // Goes on from where another cell of the same secret is: the values that it had count as former
    // ones of this, and when this has none yet, it takes over the value, too.
    void continue_from(const Secret& before, Steady now = std::chrono::steady_clock::now()) const;
    // Configured, without a value yet; `why` says what keeps it from us.
    static Secret pending(std::string why = {});
    // Why there is no value; private, never a value.
    std::string why_unavailable() const;
    void set_why_unavailable(std::string why) const;

    // The time tells nothing of the secret, neither content nor length; false when there is no
    // value.
    bool equals(std::string_view candidate) const;
    // Likewise; also true for a value that was replaced less than `overlap` before `now`, so that
    // whoever was not told the new one yet is not refused.
    bool accepts(std::string_view candidate, std::chrono::milliseconds overlap, Steady now) const;

  private:
    using Digest = std::array<unsigned char, 32>;
    struct Former {
        Digest digest;
        Steady replaced;
    };
    struct Cell {
        std::mutex mutex;
        std::string value;
        Digest digest{};  // of the value
        bool available = false;
        std::string why;              // why it is not
        std::vector<Former> formers;  // the last few, newest last
        ~Cell();
    };
    static Digest digest_of(std::string_view text);
    static void remember(Cell& cell, const Digest& digest, Steady now);
    std::shared_ptr<Cell> cell_;
};

// Overwrites the characters, then clears.
void wipe(std::string& text) noexcept;

// True when both are equal; the time depends only on the lengths.
bool constant_time_equal(std::string_view a, std::string_view b) noexcept;

}  // namespace vitals
