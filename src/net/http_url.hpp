// URLs of HTTP exchanges, by curl's parser. Inside net only.
#pragma once

#include <cstdint>
#include <string>

namespace vitals::net {

struct HttpUrl {
    std::string text;  // whole, without credentials
    std::string host;  // an IPv6 address without brackets
    std::uint16_t port = 0;
    bool tls = false;
    std::string user;  // decoded
    std::string password;
};

// Throws CheckError{local} when it is not an http or https URL. `as_is` keeps `/../` in paths.
HttpUrl parse_http_url(const std::string& text, bool as_is);

// Where a Location header leads from there. Throws CheckError{protocol} when it is nowhere we go.
HttpUrl join(const HttpUrl& from, const std::string& location);

bool same_origin(const HttpUrl& a, const HttpUrl& b);

}  // namespace vitals::net
