// How the services of AWS, and those that speak like them, refuse. Pure.
#pragma once

#include <string>
#include <string_view>

#include "model/check_error.hpp"

namespace vitals::backends::aws {

// How a service refused.
struct Refusal {
    std::string code;     // `NoSuchBucket`; empty when it did not say
    std::string message;  // theirs
    std::string region;   // where it is instead, if it said so and it looks like a region
};
Refusal refusal_of_xml(std::string_view body);
// AWS JSON 1.1: `{"__type": "namespace#Code", "message": ...}`.
Refusal refusal_of_json(std::string_view body);

// A refusal in our words. `asked` says what was asked for ("to create an object").
CheckError meaning_of(const Refusal& refusal, int status, std::string_view asked);

}  // namespace vitals::backends::aws
