// The services that vitals knows: what makes each of them known, and how it is checked.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "discover/machine.hpp"
#include "discover/proposal.hpp"

namespace vitals::discover {

// One listener: the same port on several addresses counts once.
struct Listener {
    std::uint16_t port = 0;
    std::string host;  // as in a URL
    std::string command;
    std::string unit;

    std::string place() const { return fmt::format("{}:{}", host, port); }
    std::string url(std::string_view scheme, std::string_view path = "") const {
        return yaml_text(fmt::format("{}://{}{}", scheme, place(), path));
    }
};

struct Service {
    std::string_view name;
    std::vector<std::string_view> commands;  // that own the socket
    std::vector<std::uint16_t> ports;        // that identify it if the owner is not visible
    void (*watch)(const Listener&, const Machine&, Proposal&);
};

// In the order in which a listener is compared with them.
const std::vector<Service>& services_known();

// The candidate for a listener that nothing else is known of: it accepts connections.
Candidate connects(const Listener& listener);

}  // namespace vitals::discover
