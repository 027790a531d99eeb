// webhook: JSON to a URL, signed by the rules of Standard Webhooks (standardwebhooks.com, version
// 1).
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "alerts/receivers/receiver.hpp"

namespace vitals::alerts::receivers::webhook_receiver {

struct Options {
    Secret url;
    SecretMap secret;
    SecretMap headers;
    net::TlsOptions tls;
};

// The key of a written secret, `whsec_` and base64 of 24 to 64 bytes; or what is wrong.
std::expected<std::string, std::string> key_of(std::string_view secret);
// `v1,` and base64 of HMAC-SHA256(key, id.timestamp.body).
std::string signature(std::string_view key, std::string_view id, std::string_view timestamp,
                      std::string_view body);

HttpRequest request(const Envelope& envelope, const Options& options);

}  // namespace vitals::alerts::receivers::webhook_receiver
