// Compresses answers for clients that ask for it. Pure; an answer is compressed once, and sent as
// often as it is kept.
#pragma once

#include <string_view>

#include "http/response.hpp"

namespace vitals::http {

// Whether a client takes gzip, by its Accept-Encoding (RFC 9110, section 12.5.3). What cannot be
// read takes none.
bool accepts_gzip(std::string_view accept_encoding) noexcept;

// A body of more than one packet becomes gzip where that is wanted; either way `Vary` tells caches
// that the answer depends on it. What is shorter, or has an encoding already, stays as it is.
void compress(Response& response, bool wanted);

}  // namespace vitals::http
