// Calls that may hang in the kernel, where the process can end without them. Any thread.
#pragma once

#include <cstdint>
#include <functional>

namespace vitals::net {

// Which descriptors the code finds: none but /dev/null as 0, 1 and 2, so that it closes what it
// opens and posts to no loop; or those of this process, as in a thread.
enum class Descriptors : std::uint8_t { own, shared };

// Runs the code, waits for its end, and throws what it threw: as if it was called. It runs in a
// process beside this one, as posix_spawn(3) begins one, which shares this one's memory: mutexes
// and condition variables work as in a thread. A file system that no longer answers may hold that
// process for ever, also against SIGKILL; this process ends without it. With descriptors of its own
// nothing of this process stays open then, with shared ones what is not closed before: see
// left_behind().
//
// Where no process is to be had (a limit, a kernel before 5.9, a sanitizer), the code runs on the
// calling thread.
void apart(const std::function<void()>& code, Descriptors descriptors = Descriptors::own);

// Whether code with shared descriptors is under way. Who ends the process then closes first what
// somebody outside waits for.
bool left_behind() noexcept;

}  // namespace vitals::net
