// Reads bytes whose numbers begin with their lowest byte. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace vitals::wire {

// Takes values from the front. A value that is not there makes it bad for ever. It keeps a view:
// the bytes outlive it.
class LittleEndianReader {
  public:
    explicit LittleEndianReader(std::string_view bytes) : rest_(bytes) {}

    bool good() const { return good_; }
    std::string_view bytes(std::uint64_t count) {
        if (count > rest_.size()) {
            good_ = false;
            count = rest_.size();
        }
        const auto taken = rest_.substr(0, static_cast<std::size_t>(count));
        rest_.remove_prefix(taken.size());
        return taken;
    }
    // Of at most eight bytes.
    std::uint64_t number(std::size_t count) {
        std::uint64_t value = 0;
        const auto taken = bytes(count);
        for (std::size_t i = taken.size(); i-- > 0;)
            value = value << 8 | static_cast<unsigned char>(taken[i]);
        return value;
    }

  protected:
    std::string_view rest_;
    bool good_ = true;
};

}  // namespace vitals::wire
