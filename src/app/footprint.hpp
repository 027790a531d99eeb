// Memory that the process no longer needs.
#pragma once

namespace vitals::app {

// Returns memory that only the start or a reload needed: freed memory, and the read-only pages of
// the program and its libraries. A page that is needed again comes from the system's file cache at
// the next access. Any thread.
void give_memory_back();

}  // namespace vitals::app
