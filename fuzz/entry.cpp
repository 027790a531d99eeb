// Where libFuzzer enters each program.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    vitals::fuzz::run({reinterpret_cast<const char*>(data), size});
    return 0;
}
