// Which server the sentinels name as the master. Used on the loop's thread only.
#pragma once

#include <string>
#include <vector>

#include "access.hpp"
#include "net/awaitable.hpp"
#include "net/context.hpp"

namespace vitals::backends::redis {

// Asks the sentinels in turn, as clients do: if one is unreachable or does not know the master, the
// next one is asked. Each has its share of the time that is left. A sentinel usually asks for no
// password; if it does, it gets the one of its access. Phase "sentinel". Throws CheckError whose
// detail says that it is about a sentinel.
net::awaitable<net::Endpoint> find_master(net::Context& context, std::vector<Access> sentinels,
                                          std::string master);

}  // namespace vitals::backends::redis
