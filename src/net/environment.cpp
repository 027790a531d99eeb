#include "net/environment.hpp"
#include "net/connection.hpp"

#include "net/detail/environment_state.hpp"

namespace vitals::net {

namespace {

// There are more names than kinds of blocking calls, and a thread that waits for a name server
// costs almost nothing: dead zones must not delay the others.
constexpr std::size_t lookups_per_call = 4;

}  // namespace

Environment::State::State(Loop& loop, std::size_t lane_limit)
    : loop(loop),
      lane_limit(lane_limit),
      lanes{{"resolve", std::make_shared<Lane>(loop, "resolve", lane_limit * lookups_per_call)}},
      resolver(loop, lanes.at("resolve")) {}

Environment::State::~State() {
    for (auto& [kind, lane] : lanes) lane->close();
}

std::shared_ptr<Lane> Environment::State::lane(const std::string& kind) {
    auto& lane = lanes[kind];
    if (!lane) lane = std::make_shared<Lane>(loop, kind, lane_limit);
    return lane;
}

Environment::Environment(Loop& loop, std::size_t lane_limit)
    : state_(std::make_unique<State>(loop, lane_limit)) {}

Environment::~Environment() = default;

Loop& Environment::loop() {
    return state_->loop;
}

Endpoint Environment::way_to(Endpoint endpoint, bool) {
    return endpoint;
}

awaitable<std::vector<std::string>> Environment::resolve(Context& context, std::string name) {
    return state_->resolver.resolve(context, std::move(name));
}

void Environment::end_lanes(std::chrono::steady_clock::time_point deadline) {
    for (const auto& [kind, lane] : state_->lanes) lane->end(deadline);
}

std::vector<LaneFigures> Environment::lanes() const {
    std::vector<LaneFigures> figures;
    for (const auto& [kind, lane] : state_->lanes) figures.push_back(lane->figures());
    return figures;
}

}  // namespace vitals::net
