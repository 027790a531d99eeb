// What a PostgreSQL server asks a client to compute for a SCRAM log-in (RFC 5802 and
// https://www.postgresql.org/docs/15/protocol-message-formats.html). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace vitals::wire::scram {

// How often the password is to be hashed, of messages that a server sent while one logs in; nothing
// where that is not asked, or not to be seen in what has come so far.
std::optional<std::uint64_t> iterations_asked(std::string_view messages);

}  // namespace vitals::wire::scram
