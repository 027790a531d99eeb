// The environment seam: names, connections and lanes, shared by all runs on one loop. A test passes
// one whose names or connections fail on command.
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

// A blocking call on a lane. Shared by the run that awaits it and the thread that runs it.
struct BlockingCall;

struct LaneFigures {
    std::string kind;
    std::size_t running = 0;  // calls now
    std::size_t hung = 0;     // of these, abandoned by the run that started them
    std::size_t limit = 0;
};

class Environment {
  public:
    // `lane_limit`: how many threads one kind of check may hold.
    explicit Environment(Loop& loop, std::size_t lane_limit = 16);
    virtual ~Environment();
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;

    Loop& loop();
    // The addresses of a name as texts, in the system's order. Lookups run on their own lane and
    // can be abandoned. Runs that ask for the same name at the same time share one lookup. The
    // result is kept for a second. Throws CheckError{resolve} or {local}.
    virtual awaitable<std::vector<std::string>> resolve(Context& context, std::string name);

    // The address to which a connection to this endpoint goes; with `datagrams`, a UDP socket.
    // Usually it is the endpoint itself. The drill puts its faults there. Throws CheckError{local}.
    virtual Endpoint way_to(Endpoint endpoint, bool datagrams);

    // Null if nothing outlives the process (`vitals check`).
    Memory* memory() const noexcept { return memory_; }
    // It must outlive all runs.
    void remember_in(Memory* memory) noexcept { memory_ = memory; }

    std::vector<LaneFigures> lanes() const;
    // The last call, after the loop has stopped: waits until then for running blocking calls and
    // joins their threads. Without this call, and afterwards, they continue alone.
    void end_lanes(std::chrono::steady_clock::time_point deadline);

    struct State;
    State& state() { return *state_; }

  private:
    std::unique_ptr<State> state_;
    Memory* memory_ = nullptr;
};

// Whether a blocking call is still running although its run was abandoned.
bool still_running(const std::shared_ptr<BlockingCall>& call);

}  // namespace vitals::net
