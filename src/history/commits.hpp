// Changes that must be on disk before they are acknowledged, in their order. A change that the disk
// does not take is kept and tried again. Used on the store's thread only.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <vector>

#include "history/archive.hpp"

namespace vitals::history {

struct Commit {
    std::function<void(Database&)> work;
    std::function<void(bool durable)> done;  // called once, then empty
};

class Commits {
  public:
    using Call = std::function<void(const std::function<void()>&)>;

    // Calls back through `call`.
    Commits(Log log, Call call) : log_(std::move(log)), call_(std::move(call)) {}

    void add(std::vector<Commit> commits);
    // One transaction each, until the disk takes no more: then the others wait behind the one that
    // failed, and all are told so. Returns how many are done.
    std::size_t write(Archive& archive);
    bool empty() const noexcept { return waiting_.empty(); }

  private:
    enum class Result { written, failed, refused };
    Result attempt(Archive& archive, const Commit& commit) const;
    void tell(Commit& commit, bool durable) const;

    Log log_;
    Call call_;
    std::deque<Commit> waiting_;
};

}  // namespace vitals::history
