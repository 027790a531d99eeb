// Whether what people see has changed: most publications only make ages younger. One per serving
// thread, used on that thread only.
#pragma once

#include <cstdint>
#include <memory>

#include "model/board.hpp"
#include "model/hub.hpp"

namespace vitals::endpoints {

class Sight {
  public:
    explicit Sight(const Hub& hub) : hub_(hub) {}
    // Looks at the present publication. Costs a comparison of pointers for each component, and
    // nothing if nothing was published.
    void look(Steady now);
    const Snapshot& snapshot() const noexcept { return *snapshot_; }
    const Board& board() const noexcept { return *board_; }
    // Grows when something that people see changed.
    std::uint64_t version() const noexcept { return version_; }

  private:
    bool differs(const Snapshot& other, Steady now) const;

    const Hub& hub_;
    std::shared_ptr<const Snapshot> snapshot_;
    std::shared_ptr<const Board> board_;
    std::uint64_t version_ = 0;
};

}  // namespace vitals::endpoints
