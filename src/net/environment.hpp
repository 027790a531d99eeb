// The environment seam: names, connections and lanes, shared by all runs on one loop. A test hands
// in one whose names or connections fail on command.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/awaitable.hpp"
#include "net/context.hpp"
#include "net/loop.hpp"
#include "net/memory.hpp"

namespace vitals::net {

struct Endpoint;

// A blocking call handed to a lane. Shared by the run that awaits it and the thread that runs it.
struct BlockingCall;

struct LaneFigures {
    std::string kind;
    std::size_t running = 0;  // calls now
    std::size_t hung = 0;     // of these, abandoned by the run that started them
    std::size_t limit = 0;
};

class Environment {
  public:
    // `lane_limit`: threads that one kind of check may hold at most.
    explicit Environment(Loop& loop, std::size_t lane_limit = 16);
    virtual ~Environment();
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;

    Loop& loop();
    // The addresses of a name in the system's order, textual. Lookups run on a lane of their own,
    // can be abandoned, are shared by those who ask for the same name at the same time, and are
    // kept for a second. Throws CheckError{resolve} or {local}.
    virtual awaitable<std::vector<std::string>> resolve(Context& context, std::string name);

    // Where a connection to this endpoint goes, or with `datagrams` a socket of UDP: usually to the
    // endpoint itself. The drill puts its faults on the way. Throws CheckError{local}.
    virtual Endpoint way_to(Endpoint endpoint, bool datagrams);

    // Null where nothing outlives the process (`vitals check`).
    Memory* memory() const noexcept { return memory_; }
    // It must outlive all runs.
    void remember_in(Memory* memory) noexcept { memory_ = memory; }

    std::vector<LaneFigures> lanes() const;
    // The last call, once the loop has stopped for good: waits until then for blocking calls under
    // way and joins their threads. Without it, and afterwards, they go on alone.
    void end_lanes(std::chrono::steady_clock::time_point deadline);

    struct State;
    State& state() { return *state_; }

  private:
    std::unique_ptr<State> state_;
    Memory* memory_ = nullptr;
};

// Whether a blocking call is still running though its run was abandoned.
bool still_running(const std::shared_ptr<BlockingCall>& call);

}  // namespace vitals::net
