// URLs of HTTP exchanges. Inside net only.
#pragma once

#include <cstdint>
#include <string>

namespace vitals::net {

struct HttpUrl {
    std::string text;  // whole, without credentials and fragment
    std::string host;  // lower case; an IPv6 address without brackets
    std::uint16_t port = 0;
    bool tls = false;
    std::string user;  // decoded
    std::string password;
};

// Throws CheckError{local} when it is not an http or https URL. Characters that a path or a query
// may not hold are encoded as browsers do it; the rest stays as it is, also `/../`.
HttpUrl parse_http_url(const std::string& text);

// The target of a Location header at that URL: RFC 3986, 5.2. Throws CheckError{protocol} when
// vitals does not go there.
HttpUrl join(const HttpUrl& from, const std::string& location);

bool same_origin(const HttpUrl& a, const HttpUrl& b);

}  // namespace vitals::net
