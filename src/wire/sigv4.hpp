// AWS Signature Version 4: the form of a request on the wire, and the headers that prove its sender
// (AWS General Reference, "Signing AWS API requests"; for S3 "Signature Calculations for the
// Authorization Header"). Pure; thread-safe.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vitals::wire::sigv4 {

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct Credentials {
    std::string access_key;
    std::string secret_key;
    std::string session_token;  // of temporary credentials; empty: none
};

// The scope of the signature. The service `s3` has its own rules: a path is encoded once and not
// normalised, and the hash of the body is a header.
struct Scope {
    std::string region;
    std::string service;
};

struct Request {
    std::string method = "GET";
    std::string host;        // as the Host header has it: with the port unless it is the usual one
    std::string path = "/";  // decoded, with its leading `/`
    Pairs query;             // decoded
    Pairs headers;           // to be sent and signed, in addition to those that are made here
    std::string_view body;
};

struct Signed {
    std::string target;  // path and query, encoded as they were signed: send them in this form
    Pairs headers;       // the request's, and x-amz-date, authorization and others
};

Signed sign(const Request& request, const Credentials& credentials, const Scope& scope,
            std::chrono::system_clock::time_point now);

}  // namespace vitals::wire::sigv4
