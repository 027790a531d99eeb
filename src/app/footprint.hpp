// What the process holds that it no longer needs.
#pragma once

namespace vitals::app {

// Gives back what only starting or a reload needed: freed memory, and the pages of the program and
// its libraries that are mapped read-only. A page that is needed again comes back from the system's
// file cache at the next access. Any thread.
void give_memory_back();

}  // namespace vitals::app
