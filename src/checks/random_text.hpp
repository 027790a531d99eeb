// What a check writes for a moment and reads back. Nobody else uses the same text.
#pragma once

#include <random>
#include <string>

#include <fmt/format.h>

namespace vitals::checks {

// 32 hexadecimal digits. They need no quoting.
inline std::string random_text() {
    std::random_device random;
    return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

}  // namespace vitals::checks
