// The distribution of times, in a few bytes: a histogram of 8 bins for each octave of microseconds.
// Two of them merge by addition; a quantile is off by at most 4.4 %. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vitals::history {

inline constexpr std::uint32_t last_bin = 351;  // 16 million seconds and more

// The bin of a time; a time below a microsecond is in the first one.
std::uint32_t bin_of(std::chrono::microseconds time) noexcept;
// The middle of a bin.
std::chrono::microseconds middle_of(std::uint32_t bin) noexcept;

class Sketch {
  public:
    void add(std::chrono::microseconds time, std::uint64_t count = 1);
    void merge(const Sketch& other);

    std::uint64_t count() const noexcept;
    bool empty() const noexcept { return bins_.empty(); }
    // The least time that at least this part (from 0 to 1) of all times do not exceed; zero for
    // none.
    std::chrono::microseconds quantile(double part) const noexcept;

    // For each bin that is not empty, ascending: its distance from the former one, and its count;
    // as varints.
    std::string encoded() const;
    // From bytes that anybody may have written: nothing unless encoded() could have produced them.
    static std::optional<Sketch> decoded(std::string_view bytes);

    bool operator==(const Sketch&) const = default;

  private:
    struct Bin {
        std::uint32_t number;
        std::uint64_t count;
        bool operator==(const Bin&) const = default;
    };
    void add_to(std::uint32_t bin, std::uint64_t count);

    std::vector<Bin> bins_;  // ascending, none empty
};

}  // namespace vitals::history
