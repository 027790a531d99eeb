// One HTTP exchange on a new connection, on the loop. It uses vitals' resolver, limits sizes,
// follows redirects only on request, and speaks only http and https. TLS negotiates HTTP/2 or
// HTTP/1.1 (ALPN).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/awaitable.hpp"
#include "net/context.hpp"
#include "net/tls.hpp"

namespace vitals::net {

struct HttpRequest {
    std::string method = "GET";
    std::string url;                                           // http:// or https://
    std::vector<std::pair<std::string, std::string>> headers;  // replace default ones
    std::string body;
    std::string user;  // basic authentication
    std::string password;
    std::string unix_socket;  // connect there instead
    TlsOptions tls;
    std::size_t max_body = 1 << 20;  // bytes kept and accepted
    int redirects = 0;               // followed at most
    bool http2_only = false;         // also without TLS, by prior knowledge
    std::string step;                // the name of the step after the request; empty: wait and read
};

struct HttpResponse {
    int status = 0;
    std::vector<std::pair<std::string, std::string>> headers;  // last response's, as received
    std::vector<std::pair<std::string, std::string>> trailers;
    std::string body;
    std::optional<PeerCertificate> certificate;
    const std::string* header(std::string_view name) const;  // case-insensitive, first
};

// Records the phases resolve, connect, tls, wait (to the first byte) and read, or the request's own
// step instead of the last two. Throws CheckError: resolve, connect, tls, protocol ("connection
// reset", "answer larger than 1 MiB", "not HTTP"), local.
awaitable<HttpResponse> http(Context& context, HttpRequest request);

}  // namespace vitals::net
