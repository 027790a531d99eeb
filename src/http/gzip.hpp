// Compresses answers for clients that ask for it. Pure. An answer is compressed once and kept.
#pragma once

#include <string_view>

#include "http/response.hpp"

namespace vitals::http {

// Whether a client accepts gzip, by its Accept-Encoding (RFC 9110, section 12.5.3). A field that
// cannot be read accepts none.
bool accepts_gzip(std::string_view accept_encoding) noexcept;

// Compresses a body of more than one packet if the client wants that. In either case `Vary` tells
// caches that the answer depends on it. A shorter body, or one with an encoding, stays as it is.
void compress(Response& response, bool wanted);

}  // namespace vitals::http
