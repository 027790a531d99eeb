#include "request.hpp"

#include <utility>

#include "model/check_error.hpp"
#include "text/percent.hpp"

namespace vitals::backends::vault {

net::HttpRequest request(const Access& access, std::string step, std::string_view path) {
    net::HttpRequest made;
    made.url = access.url;
    if (made.url.ends_with('/')) made.url.pop_back();
    made.url += path;
    made.headers.emplace_back("X-Vault-Request", "true");
    if (access.token.configured()) {
        if (!access.token.available())
            throw CheckError(ErrorClass::local, "its token is not available");
        made.headers.emplace_back("X-Vault-Token", access.token.reveal());
        if (!access.name_space.empty())
            made.headers.emplace_back("X-Vault-Namespace", access.name_space);
    }
    made.tls = access.tls;
    made.max_body = most_answer_bytes;
    made.step = std::move(step);
    return made;
}

std::string encoded_path(std::string_view path) {
    return "/v1/" + text::percent_encoded(path, "/");
}

bool refuses(const net::HttpResponse& response) {
    return response.status == 403 || response.status == 401;
}

}  // namespace vitals::backends::vault
