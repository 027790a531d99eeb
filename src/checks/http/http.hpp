// http: one request; judges status, headers, body and certificate. net speaks HTTP.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "checks/kind.hpp"
#include "net/tls.hpp"
#include "text/url.hpp"
#include "wire/pattern.hpp"

namespace vitals::checks::http {

struct Options {
    text::Url url;
    std::string method = "GET";
    SecretMap headers;
    std::string body;
    std::string user;
    Secret password;
    std::string unix_socket;
    std::vector<std::string> expect_status{"2xx"};
    wire::Pattern expect_body;
    TextMap expect_json;    // JSON pointer -> expected value
    TextMap expect_header;  // name -> wire::Pattern
    std::int64_t redirects = 0;
    Size max_body{1 << 20};
    std::int64_t certificate_days = 0;
    net::TlsOptions tls;
};

extern const Kind kind;

}  // namespace vitals::checks::http
