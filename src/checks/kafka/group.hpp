// How far a consumer group is behind. Used on the loop's thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "brokers.hpp"
#include "kafka.hpp"
#include "verdict.hpp"
#include "wire/kafka.hpp"

namespace vitals::checks::kafka {

// What runs remember: how far the group was behind when it was first seen without members.
struct Abandoned {
    std::optional<std::int64_t> behind;
};

// Phases "group" and "lag". Returns the finding in words. Throws what cannot be determined.
net::awaitable<std::string> judge_group(const Options& options, net::Context& context,
                                        Brokers& brokers, const wire::kafka::Metadata& metadata,
                                        Session& session, Abandoned& abandoned, Verdict& verdict);

}  // namespace vitals::checks::kafka
