// What a request says, in any version of HTTP. Inside net only.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/detail/http_url.hpp"
#include "net/http_client.hpp"

namespace vitals::net {

// An empty body is also a body.
bool has_body(const HttpRequest& request);
// Throws CheckError{local}: no value may smuggle a line into the head.
void refuse_line_breaks(const HttpRequest& request);

// Path and query.
std::string_view target(const HttpUrl& url);

// All headers, Host first. Headers of the request replace the default ones.
std::vector<std::pair<std::string, std::string>> headers_of(const HttpRequest& request,
                                                            const HttpUrl& url);

}  // namespace vitals::net
