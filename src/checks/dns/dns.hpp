// dns: looks up a name, at name servers or through the system as applications do, and judges the
// records.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "checks/kind.hpp"
#include "wire/dns_message.hpp"

namespace vitals::checks::dns {

struct Options {
    std::string name;
    std::optional<std::string> type;  // none: A; through the system: any address
    std::string via = "dns";          // dns | system
    std::string server;               // host, host:port, [address]:port; empty: the system's
    std::vector<std::string> expect;
    bool exact = false;
};

// What the answer must contain; the values are normalised and sorted.
struct Expectation {
    std::string what = "A record";
    std::vector<std::string> values;
    bool exact = false;
};

// The verdict on sorted records. Pure.
Outcome judge(const Expectation& expectation, const std::vector<std::string>& records);
// The verdict on an answer of a name server. Pure.
Outcome judge(const Expectation& expectation, const wire::dns::Answer& answer);

extern const Kind kind;

}  // namespace vitals::checks::dns
