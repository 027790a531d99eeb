// Calls that may hang in the kernel, while the process can still end. Any thread.
#pragma once

#include <cstdint>
#include <functional>

namespace vitals::net {

// The descriptors that the code finds. Either only /dev/null as 0, 1 and 2: then it closes what it
// opens, and posts to no loop. Or those of this process, as in a thread.
enum class Descriptors : std::uint8_t { own, shared };

// Runs the code, waits for its end, and throws what it threw, like a plain call. The code runs in a
// second process that shares the memory of this one, started as posix_spawn(3) does it. Mutexes and
// condition variables work as in a thread. A file system that no longer answers may hold that
// process for ever, even against SIGKILL; this process ends without it. If the code has its own
// descriptors, nothing of this process stays open then. If it shares them, descriptors that were
// not closed before stay open: see left_behind().
//
// If no process is available (a limit, a kernel before 5.9, a sanitizer), the code runs on the
// calling thread.
void apart(const std::function<void()>& code, Descriptors descriptors = Descriptors::own);

// Whether code with shared descriptors is running. Code that ends the process then first closes the
// descriptors that others wait for.
bool left_behind() noexcept;

}  // namespace vitals::net
