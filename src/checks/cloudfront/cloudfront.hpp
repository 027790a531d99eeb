// cloudfront: a resource that Amazon CloudFront serves, or the state of a distribution in its API.
// backends/aws signs the requests.
#pragma once

#include <string>

#include "checks/kind.hpp"
#include "net/tls.hpp"
#include "text/url.hpp"

namespace vitals::checks::cloudfront {

struct Options {
    text::Url url;
    std::string expect_cache = "any";
    std::string distribution;
    std::string access_key;
    Secret secret_key;
    Secret session_token;
    text::Url endpoint = "https://cloudfront.amazonaws.com";
    net::TlsOptions tls;
};

extern const Kind kind;

}  // namespace vitals::checks::cloudfront
