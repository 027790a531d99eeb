// A part of a run that has an end of its own, such as one of several servers that are tried in
// turn.
#pragma once

#include "net/awaitable.hpp"
#include "net/context.hpp"

namespace vitals::net {

// Does the work until that time at most. False when it came first: the work was cancelled, and has
// ended. Rethrows what the work threw before. What the work refers to must live as long as this
// call.
awaitable<bool> within(Context& context, Steady until, awaitable<void> work);

}  // namespace vitals::net
