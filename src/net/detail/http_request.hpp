// What a request says, whichever version of HTTP carries it. Inside net only.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/detail/http_url.hpp"
#include "net/http_client.hpp"

namespace vitals::net {

// A body may be empty and still be one.
bool has_body(const HttpRequest& request);
// Throws CheckError{local}: nobody may smuggle a line into the head.
void refuse_line_breaks(const HttpRequest& request);

// Path and query.
std::string_view target(const HttpUrl& url);

// All headers, Host first. What the request says of a header replaces what is said by default.
std::vector<std::pair<std::string, std::string>> headers_of(const HttpRequest& request,
                                                            const HttpUrl& url);

}  // namespace vitals::net
