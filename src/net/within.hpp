// A part of a run with its own end, such as one of several servers that are tried in turn.
#pragma once

#include "net/awaitable.hpp"
#include "net/context.hpp"

namespace vitals::net {

// Does the work, at most until that time. False when the time comes first: the work was cancelled,
// and has ended. Rethrows what the work threw before. Objects that the work refers to must live as
// long as this call.
awaitable<bool> within(Context& context, Steady until, awaitable<void> work);

}  // namespace vitals::net
