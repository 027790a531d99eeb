// Requests to Vault and OpenBao for checks and secrets. answers.hpp has the meaning of the answers.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "answers.hpp"
#include "model/secret.hpp"
#include "net/awaitable.hpp"
#include "net/context.hpp"
#include "net/http_client.hpp"
#include "net/tls.hpp"

namespace vitals::backends::vault {

struct Access {
    std::string url;  // https://host:8200; a slash at its end does not count
    Secret token;     // not configured: none is shown
    std::string name_space;
    net::TlsOptions tls;
    std::size_t max_body = most_answer_bytes;
    // Whether to follow, with the token, the redirect of a standby that does not forward; never
    // from TLS into the clear.
    bool follows_standby = false;
};

// The answer to a GET of `path` as it is, with any status. `step` is the phase. Throws
// CheckError{local} when the token has no value, and what net::http() throws.
net::awaitable<net::HttpResponse> get(net::Context& context, const Access& access, std::string step,
                                      std::string path);

// The path of a secret, a mount or a token: /v1/ and the path, encoded.
std::string encoded_path(std::string_view path);

// The answer says that the token may not do this, or is not valid.
bool refuses(const net::HttpResponse& response);

// A secret that may be at one of these paths (of either version of the engine), asked for in turn.
// Returns the answer that says most, and which path it was for. Phase "secret".
struct Found {
    net::HttpResponse response;
    std::string path;
    bool deleted() const { return response.status == 404 && is_deleted(response.body); }
};
net::awaitable<Found> get_secret(net::Context& context, const Access& access,
                                 std::vector<std::string> paths);

}  // namespace vitals::backends::vault
