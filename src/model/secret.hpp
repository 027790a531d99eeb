// Code that needs a secret can reveal it; nothing can print, compare or serialise it. Its value may
// change while the program runs (a rotated file, a vault): reveal it at each use, do not keep it.
// Thread-safe; copies share the value.
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

    // Configured, but perhaps without a value yet (a vault that cannot be reached).
    bool configured() const noexcept { return cell_ != nullptr; }
    // Configured, and it has a value.
    bool available() const;
    // The value now; empty when there is none.
    std::string reveal() const;
    // Replaces the value for every copy and wipes the old bytes. Only the digest of the former
    // value remains, for accepts().
    void replace(std::string value, Steady now = std::chrono::steady_clock::now()) const;
    // Continues another cell of the same secret: former values of that one count as former values
    // here. If this one has no value yet, it takes over that value, too.
    void continue_from(const Secret& before, Steady now = std::chrono::steady_clock::now()) const;
    // Configured, without a value yet; `why` says what prevents it.
    static Secret pending(std::string why = {});
    // Why there is no value. Private; never holds a value.
    std::string why_unavailable() const;
    void set_why_unavailable(std::string why) const;

    // Compares in a time that reveals nothing about the secret, neither content nor length. False
    // when there is no value.
    bool equals(std::string_view candidate) const;
    // The same, and also true for a value that was replaced less than `overlap` before `now`, so
    // that a client with the former value is not refused yet.
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
