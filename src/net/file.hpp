// Reads small files whole. It does not know their contents.
#pragma once

#include <cstddef>
#include <expected>
#include <string>

namespace vitals::net {

// The first `limit` bytes of a file, or the errno of opening or reading it. A FIFO or a device
// without data does not block it, but a dead mount does: call it on a lane. Any thread.
std::expected<std::string, int> read_file(const std::string& path, std::size_t limit = 1 << 20);

}  // namespace vitals::net
