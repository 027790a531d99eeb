// For client libraries that own their descriptor (libpq): waits on the loop until the descriptor is
// ready.
#pragma once

#include "net/awaitable.hpp"
#include "net/context.hpp"

namespace vitals::net {

// The descriptor is borrowed for the time of the wait: it stays open in any case and is not
// changed. Next time it may be another file with the same number. Nobody else may register it with
// the loop meanwhile. Both functions end with CheckError when the run is cancelled.
awaitable<void> wait_readable(Context& context, int descriptor);
awaitable<void> wait_writable(Context& context, int descriptor);
// The same, at most until that time: false when the time comes first.
awaitable<bool> wait_readable(Context& context, int descriptor, Steady until);
awaitable<bool> wait_writable(Context& context, int descriptor, Steady until);

}  // namespace vitals::net
