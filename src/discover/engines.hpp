// Running containers, from the container engines: for look.hpp.
#pragma once

#include "discover/machine.hpp"
#include "net/awaitable.hpp"
#include "net/context.hpp"

namespace vitals::discover {

// Adds the running containers of every engine whose socket is among the machine's. An engine that
// does not answer, or may not be asked, adds nothing.
net::awaitable<void> ask_engines(net::Context& context, Machine& machine);

}  // namespace vitals::discover
