// How the services of AWS and compatible ones refuse. Pure.
#pragma once

#include <string>
#include <string_view>

#include "model/check_error.hpp"

namespace vitals::backends::aws {

// How a service refused.
struct Refusal {
    std::string code;     // `NoSuchBucket`; empty when it gave none
    std::string message;  // theirs
    std::string region;   // the right region, if it gave one that looks like a region
};
Refusal refusal_of_xml(std::string_view body);
// AWS JSON 1.1: `{"__type": "namespace#Code", "message": ...}`.
Refusal refusal_of_json(std::string_view body);

// A refusal in vitals' words. `asked` says what was asked for ("to create an object").
CheckError meaning_of(const Refusal& refusal, int status, std::string_view asked);

}  // namespace vitals::backends::aws
