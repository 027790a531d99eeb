// The form of a message's fields in bytes: whole numbers have seven bits in a byte, the lowest
// first; texts follow their length. Reading is bounded: a message that is cut off reads as broken,
// never beyond its end. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace vitals::fleet {

class Writer {
  public:
    Writer& byte(std::uint8_t value) {
        bytes_ += static_cast<char>(value);
        return *this;
    }
    Writer& number(std::uint64_t value) {
        for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>((value & 0x7f) | 0x80);
        bytes_ += static_cast<char>(value);
        return *this;
    }
    // Eight bytes, the lowest first.
    Writer& word(std::uint64_t value) {
        for (unsigned i = 0; i < 8; ++i) bytes_ += static_cast<char>((value >> (8 * i)) & 0xff);
        return *this;
    }
    // Not more than `most` bytes of it.
    Writer& text(std::string_view value, std::size_t most) {
        value = value.substr(0, most);
        number(value.size());
        bytes_ += value;
        return *this;
    }
    std::string take() { return std::move(bytes_); }

  private:
    std::string bytes_;
};

class Reader {
  public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}

    // False from the first field on that is cut off or too large.
    bool good() const noexcept { return good_; }
    std::size_t left() const noexcept { return rest_.size(); }

    std::uint8_t byte() {
        if (rest_.empty()) return broken();
        const auto value = static_cast<std::uint8_t>(rest_.front());
        rest_.remove_prefix(1);
        return value;
    }
    std::uint64_t number(std::uint64_t most = ~std::uint64_t{0}) {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const std::uint8_t next = byte();
            if (!good_ || (shift == 63 && (next & 0x7f) > 1)) return broken();
            value |= static_cast<std::uint64_t>(next & 0x7f) << shift;
            if ((next & 0x80) == 0) return value <= most ? value : broken();
        }
        return broken();
    }
    std::uint64_t word() {
        if (rest_.size() < 8) return broken();
        std::uint64_t value = 0;
        for (unsigned i = 0; i < 8; ++i)
            value |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(rest_[i])) << (8 * i);
        rest_.remove_prefix(8);
        return value;
    }
    std::string_view text(std::size_t most) { return bytes(number(most)); }
    std::string_view bytes(std::size_t count) {
        if (!good_ || count > rest_.size()) {
            broken();
            return {};
        }
        const std::string_view value = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return value;
    }

  private:
    std::uint8_t broken() {
        good_ = false;
        rest_ = {};
        return 0;
    }

    std::string_view rest_;
    bool good_ = true;
};

}  // namespace vitals::fleet
