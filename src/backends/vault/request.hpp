// Requests to Vault and OpenBao, as checks and secrets make them. What the answers mean is
// answers.hpp's.
#pragma once

#include <string>
#include <string_view>

#include "answers.hpp"
#include "model/secret.hpp"
#include "net/http_client.hpp"
#include "net/tls.hpp"

namespace vitals::backends::vault {

struct Access {
    std::string url;  // https://host:8200; a slash at its end does not count
    Secret token;     // not configured: none is shown
    std::string name_space;
    net::TlsOptions tls;
};

// A GET of `path` as it stands, with what every client of Vault says, the token and its namespace.
// `step` is the phase. Redirects are not followed. Throws CheckError{local} when the token is not
// at hand.
net::HttpRequest request(const Access& access, std::string step, std::string_view path);

// Where a secret, a mount or a token is read: /v1/ and the path, encoded.
std::string encoded_path(std::string_view path);

// It says that the token may not do this, or is none.
bool refuses(const net::HttpResponse& response);

}  // namespace vitals::backends::vault
