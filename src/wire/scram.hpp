// The computation that a PostgreSQL server asks of a client for a SCRAM log-in (RFC 5802 and
// https://www.postgresql.org/docs/15/protocol-message-formats.html). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace vitals::wire::scram {

// How often the password must be hashed, from messages that a server sent during a log-in; nothing
// if that is not asked, or not visible yet.
std::optional<std::uint64_t> iterations_asked(std::string_view messages);

}  // namespace vitals::wire::scram
