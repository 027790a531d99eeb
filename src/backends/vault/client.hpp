// What checks and secrets ask Vault and OpenBao. What the answers mean is answers.hpp's.
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
    // Whether to go, with the token, where a standby that does not forward sends us; never from TLS
    // into the clear.
    bool follows_standby = false;
};

// The answer to a GET of `path` as it stands, whatever its status. `step` is the phase. Throws
// CheckError{local} when the token is not at hand, and what net::http() throws.
net::awaitable<net::HttpResponse> get(net::Context& context, const Access& access, std::string step,
                                      std::string path);

// Where a secret, a mount or a token is read: /v1/ and the path, encoded.
std::string encoded_path(std::string_view path);

// It says that the token may not do this, or is none.
bool refuses(const net::HttpResponse& response);

// A secret that may be at one of these paths (of either version of the engine), asked for in turn:
// the answer that says most, and to which of them. Phase "secret".
struct Found {
    net::HttpResponse response;
    std::string path;
    bool deleted() const { return response.status == 404 && is_deleted(response.body); }
};
net::awaitable<Found> get_secret(net::Context& context, const Access& access,
                                 std::vector<std::string> paths);

}  // namespace vitals::backends::vault
