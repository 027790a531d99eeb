// s3: creates an object, looks at it, reads it back and deletes it; or looks at a bucket.
// backends/aws signs the requests, net speaks HTTP.
#pragma once

#include <string>

#include "checks/kind.hpp"
#include "net/tls.hpp"
#include "text/url.hpp"

namespace vitals::checks::s3 {

struct Options {
    text::Url url;  // empty: not configured
    std::string bucket;
    std::string region = "us-east-1";
    std::string access_key;
    Secret secret_key;
    Secret session_token;
    std::string mode = "object";
    std::string style = "auto";
    std::string prefix;
    net::TlsOptions tls;
};

extern const Kind kind;

}  // namespace vitals::checks::s3
