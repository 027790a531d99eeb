// How far a group of consumers is behind. Used on the loop's thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "brokers.hpp"
#include "kafka.hpp"
#include "verdict.hpp"
#include "wire/kafka.hpp"

namespace vitals::checks::kafka {

// What runs remember: how far the group was behind when it was seen without members first.
struct Abandoned {
    std::optional<std::int64_t> behind;
};

// Phases "group" and "lag". What was found, in words. Throws what cannot be found out.
net::awaitable<std::string> judge_group(const Options& options, net::Context& context,
                                        Brokers& brokers, const wire::kafka::Metadata& metadata,
                                        Session& session, Abandoned& abandoned, Verdict& verdict);

}  // namespace vitals::checks::kafka
