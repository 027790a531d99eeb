// The section `otlp`: the target of OpenTelemetry's metrics and log records.
#pragma once

#include <chrono>
#include <string>

#include "model/description.hpp"

namespace vitals::config {

struct Otlp {
    std::string url;  // of the collector, without a slash at its end
    SecretMap headers;
    std::chrono::milliseconds interval{30'000}, timeout{10'000};
    std::string ca;
};

}  // namespace vitals::config
