// Writes mark-up: vitals' own bytes are written raw, all other text is escaped. The digest leaves
// out values that the script counts by itself or gets as figures, so that a part is not sent again
// for them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vitals/snapshot.hpp"

namespace vitals::page {

// How much of a moment is shown.
enum class Moment : std::uint8_t { minute, second, day_minute, day_second, day };

class Markup {
  public:
    Markup& raw(std::string_view bytes) {
        out_ += bytes;
        return *this;
    }
    // For text and quoted attributes.
    Markup& text(std::string_view text);
    // Text that the digest leaves out.
    Markup& figure(std::string_view text);
    // From that length on, nothing counts for the digest.
    void forget(std::size_t from) { passing_.emplace_back(from, out_.size()); }

    // `<time>` in UTC; the script makes it local.
    Markup& time(System at, Moment moment = Moment::second);
    // How long ago, `4 min 3 s`; the script counts on.
    Markup& since(System at, System now);

    std::size_t size() const noexcept { return out_.size(); }
    const std::string& bytes() const noexcept { return out_; }
    std::string take() { return std::move(out_); }
    // The digest of what is written, except for passing values.
    std::uint64_t digest() const noexcept;
    // The digest of another one, with what it leaves out.
    Markup& add(const Markup& other);

  private:
    std::string out_;
    std::vector<std::pair<std::size_t, std::size_t>> passing_;  // ascending
};

std::uint64_t digest_of(std::string_view bytes,
                        std::uint64_t seed = 0xcbf29ce484222325ull) noexcept;

// `29 Nov 02:17:04`, as that clock shows it.
std::string moment_text(System at, Moment moment);
// `4 s`, `4 min 3 s`, `26 min`, `2 h 5 min`, `6 d`: in the form of the script.
std::string long_span(std::chrono::milliseconds span);
// `0.4 ms`, `12 ms`, `1.2 s`; a dash for nothing.
std::string response_text(std::chrono::nanoseconds took);

}  // namespace vitals::page
