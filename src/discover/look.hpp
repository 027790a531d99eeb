// Looks around on this machine: the only part of this room that reads. It changes nothing, connects
// only to systemd and container engines, and asks each file system only for names.
#pragma once

#include <chrono>
#include <string>

#include "discover/machine.hpp"

namespace vitals::discover {

// Returns within about that time, with what was seen by then. Only root sees the owners of sockets.
// `root` is put before every path that is read, for tests.
Machine look_around(std::chrono::milliseconds patience, const std::string& root = {});

}  // namespace vitals::discover
