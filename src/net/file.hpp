// Small files read whole. It may not know what they mean.
#pragma once

#include <cstddef>
#include <expected>
#include <string>

namespace vitals::net {

// The first `limit` bytes of a file, or the errno with which opening or reading failed. A FIFO or a
// device without data does not hold it up, a dead mount does: call it on a lane. Any thread.
std::expected<std::string, int> read_file(const std::string& path, std::size_t limit = 1 << 20);

}  // namespace vitals::net
