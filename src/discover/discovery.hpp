// One discovery: the proposals that it makes from the machine. One file each, and one line in
// catalog.cpp.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "discover/machine.hpp"
#include "discover/proposal.hpp"

namespace vitals::discover {

struct Discovery {
    std::string_view heading;                                         // of its part of the file
    std::vector<Proposal> (*find)(const Machine& machine) = nullptr;  // pure
};

// In the order of the file.
std::span<const Discovery* const> discoveries();

}  // namespace vitals::discover
