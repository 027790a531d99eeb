// For client libraries that own their descriptor (libpq): waits until it can be used, on the loop.
#pragma once

#include "net/awaitable.hpp"
#include "net/context.hpp"

namespace vitals::net {

// The descriptor is borrowed for the time of the wait: it stays open whatever happens, is not
// changed, and may be another file under the same number the next time. It must not be registered
// with the loop by anybody else meanwhile. Both end with CheckError when the run is cancelled.
awaitable<void> wait_readable(Context& context, int descriptor);
awaitable<void> wait_writable(Context& context, int descriptor);
// Likewise until that time at most: false when it came first.
awaitable<bool> wait_readable(Context& context, int descriptor, Steady until);
awaitable<bool> wait_writable(Context& context, int descriptor, Steady until);

}  // namespace vitals::net
