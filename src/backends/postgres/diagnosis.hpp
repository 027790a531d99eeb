// What PostgreSQL's and libpq's errors mean, in our words.
#pragma once

#include <string>
#include <string_view>

#include "access.hpp"
#include "model/check_error.hpp"
#include "net/awaitable.hpp"
#include "net/context.hpp"

namespace vitals::backends::postgres {

// The server's sentence, or libpq's own, out of what libpq says with PQERRORS_VERBOSE: without
// where it connected to, severity, code, advice and lines of source. Points into the message.
std::string_view sentence_of(std::string_view message);
// The SQLSTATE in such a message, or empty.
std::string sqlstate_in(std::string_view message);

// libpq's own message, without SQLSTATE, while connecting.
CheckError connect_meaning(const std::string& phase, std::string_view message,
                           const std::string& sslmode);
// Likewise on a connection that stood.
CheckError stream_meaning(std::string_view message);
// Whether libpq goes on with the next server, where it has several.
bool gives_way(const CheckError& error);

// libpq 15 does not say why it did not accept a certificate. Has a look at it once more: throws the
// reason, or returns when there is none to be seen.
net::awaitable<void> diagnose_certificate(net::Context& context, Access access,
                                          std::string address);

}  // namespace vitals::backends::postgres
