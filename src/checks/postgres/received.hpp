// How much came over a connection, for a client library that does not say. Apart, because the
// kernel's header that knows and the one that Asio includes exclude each other.
#pragma once

#include <cstdint>

namespace vitals::checks::postgres {

// Bytes since the connection stands; 0 for what is no TCP connection.
std::uint64_t received_by(int descriptor);

}  // namespace vitals::checks::postgres
