// How much came over a connection, for a client library that does not say. Apart, because the
// kernel's header that knows and the one that Asio includes exclude each other.
#pragma once

#include <cstdint>
#include <optional>

namespace vitals::checks::postgres {

// Bytes since the connection stands; nothing for what is no TCP connection.
std::optional<std::uint64_t> received_by(int descriptor);

}  // namespace vitals::checks::postgres
