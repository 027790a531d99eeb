// The verdict on the description of a cluster. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "kafka.hpp"
#include "verdict.hpp"
#include "wire/kafka.hpp"

namespace vitals::checks::kafka {

// Phase "metadata". Topics that are not asked for do not count.
void judge_cluster(const Options& options, const wire::kafka::Metadata& metadata, Verdict& verdict);

// The topics that are asked for, as far as they exist.
std::vector<const wire::kafka::Topic*> topics_of(const Options& options,
                                                 const wire::kafka::Metadata& metadata);

// How many of their partitions each broker leads.
std::map<std::int32_t, std::size_t> led_by(const Options& options,
                                           const wire::kafka::Metadata& metadata);

}  // namespace vitals::checks::kafka
