#include "client.hpp"

#include <utility>

#include "model/check_error.hpp"
#include "text/percent.hpp"
#include "text/url.hpp"

namespace vitals::backends::vault {

namespace {

// The redirect target of a standby that does not forward; empty when a token must not be sent
// there: it is not a URL, or in the clear after TLS.
std::string sent_to(const net::HttpResponse& response, std::string_view from) {
    const std::string* location = response.header("location");
    if (response.status != 307 || location == nullptr) return {};
    if (!text::url_problem(*location, {"http", "https"}).empty()) return {};
    if (from.starts_with("https:") && !location->starts_with("https:")) return {};
    return *location;
}

}  // namespace

net::awaitable<net::HttpResponse> get(net::Context& context, const Access& access, std::string step,
                                      std::string path) {
    net::HttpRequest request;
    request.url = access.url;
    if (request.url.ends_with('/')) request.url.pop_back();
    request.url += path;
    request.headers.emplace_back("X-Vault-Request", "true");
    if (access.token.configured()) {
        if (!access.token.available())
            throw CheckError(ErrorClass::local, "its token is not available");
        request.headers.emplace_back("X-Vault-Token", access.token.reveal());
        if (!access.name_space.empty())
            request.headers.emplace_back("X-Vault-Namespace", access.name_space);
    }
    request.tls = access.tls;
    request.max_body = access.max_body;
    request.step = std::move(step);
    net::HttpResponse response = co_await net::http(context, request);
    if (!access.follows_standby) co_return response;
    std::string active = sent_to(response, access.url);
    if (active.empty()) co_return response;
    request.url = std::move(active);
    response = co_await net::http(context, std::move(request));
    co_return response;
}

std::string encoded_path(std::string_view path) {
    return "/v1/" + text::percent_encoded(path, "/");
}

bool refuses(const net::HttpResponse& response) {
    return response.status == 403 || response.status == 401;
}

net::awaitable<Found> get_secret(net::Context& context, const Access& access,
                                 std::vector<std::string> paths) {
    Found found;
    bool first = true;
    for (const std::string& path : paths) {
        net::HttpResponse response = co_await get(context, access, "secret", encoded_path(path));
        // Vault checks policies before the engine: a 404 was allowed, so a 403 for the other
        // version's path says nothing.
        if (std::exchange(first, false) || !refuses(response))
            found = Found{std::move(response), path};
        const bool may_be_elsewhere = found.response.status == 404 || refuses(found.response);
        if (!may_be_elsewhere || found.deleted()) break;
    }
    co_return found;
}

}  // namespace vitals::backends::vault
