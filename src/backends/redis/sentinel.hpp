// Which server Redis' sentinels name as the master. Used on the loop's thread only.
#pragma once

#include <string>
#include <vector>

#include "access.hpp"
#include "net/awaitable.hpp"
#include "net/context.hpp"

namespace vitals::backends::redis {

// Asks the sentinels in turn, as clients do: one that cannot be reached, or does not know the
// master, gives way to the next. Each has its share of the time that is left. A sentinel mostly
// asks for no password; where it does, it is given the one of its access. Phase "sentinel". Throws
// CheckError; its detail says that it is about a sentinel.
net::awaitable<net::Endpoint> find_master(net::Context& context, std::vector<Access> sentinels,
                                          std::string master);

}  // namespace vitals::backends::redis
