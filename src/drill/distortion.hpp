// The effect of a fault on one connection's answer, piece by piece. Without I/O.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>

#include "drill/fault.hpp"

namespace vitals::drill {

// What follows the forwarded bytes.
enum class Next : std::uint8_t {
    go_on,       // with what is left of the piece, and the next one
    hold,        // nothing passes until the fault changes
    reset,       // the connection is reset
    half_close,  // the answer ends, the client's bytes are still read
    close,       // the connection ends normally
    flood,       // the flood begins
};

struct Step {
    std::size_t pass = 0;               // bytes from the beginning of the piece to be passed on
    std::chrono::milliseconds wait{0};  // before they are passed on
    Next next = Next::go_on;
};

class Distortion {
  public:
    explicit Distortion(const Behaviour& behaviour) : behaviour_(behaviour) {}

    // May change the forwarded bytes. Call it again with the rest of the piece. An empty piece asks
    // what happens although nothing has come.
    Step take(std::span<char> piece);

  private:
    Step until_fault(std::size_t size, Next next);

    Behaviour behaviour_;
    std::uint64_t passed_ = 0;
};

}  // namespace vitals::drill
