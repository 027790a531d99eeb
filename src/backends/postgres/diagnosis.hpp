// The meaning of PostgreSQL's and libpq's errors, in vitals' words.
#pragma once

#include <string>
#include <string_view>

#include "access.hpp"
#include "model/check_error.hpp"
#include "net/awaitable.hpp"
#include "net/context.hpp"

namespace vitals::backends::postgres {

// The server's sentence, or libpq's own, from a message with PQERRORS_VERBOSE: without address,
// severity, code, advice and lines of source. Points into the message.
std::string_view sentence_of(std::string_view message);
// The SQLSTATE in such a message, or empty.
std::string sqlstate_in(std::string_view message);

// From libpq's own message, without SQLSTATE, while connecting.
CheckError connect_meaning(const std::string& phase, std::string_view message,
                           const std::string& sslmode);
// The same on an open connection.
CheckError stream_meaning(std::string_view message);
// Whether libpq tries the next server, if it has several.
bool gives_way(const CheckError& error);

// libpq 15 does not say why it did not accept a certificate. Looks at the certificate again: throws
// the reason, or returns when it finds none.
net::awaitable<void> diagnose_certificate(net::Context& context, Access access,
                                          std::string address);

}  // namespace vitals::backends::postgres
