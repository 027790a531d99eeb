// s3: an object created, looked at, read back and deleted; or a bucket that is there. What signs
// the requests is backends/aws, how HTTP is spoken is net's.
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
