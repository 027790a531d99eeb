#include "service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "model/check_error.hpp"

namespace vitals::backends::aws {

net::awaitable<net::HttpResponse> ask(net::Context& context, const Service& service,
                                      std::string step, wire::sigv4::Request request,
                                      std::size_t max_body) {
    request.host = service.host;
    wire::sigv4::Signed made =
        wire::sigv4::sign(request, service.credentials, service.scope, context.clock().system());
    net::HttpRequest sent;
    sent.method = request.method;
    sent.url = fmt::format("{}://{}{}", service.scheme, service.host, made.target);
    sent.headers = std::move(made.headers);
    sent.body = request.body;
    sent.tls = service.tls;
    sent.max_body = max_body;
    sent.step = std::move(step);
    net::HttpResponse response = co_await net::http(context, std::move(sent));
    co_return response;
}

bool is_region(std::string_view text) {
    return !text.empty() && text.size() <= 40 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
}

wire::sigv4::Credentials credentials(const std::string& access_key, const Secret& secret_key,
                                     const Secret& session_token) {
    wire::sigv4::Credentials made{.access_key = access_key,
                                  .secret_key = secret_key.reveal(),
                                  .session_token = session_token.reveal()};
    return made;
}

std::string_view domain_of(std::string_view region) {
    return region.starts_with("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
}

Verified take_credentials(const text::Url& url, std::string& access_key, Secret& secret_key,
                          Secret& session_token) {
    const auto from_environment = [](const char* name) {
        const char* value = std::getenv(name);
        return std::string(value == nullptr ? "" : value);
    };
    access_key = url.user;
    std::string secret = url.password;
    if (access_key.empty()) {
        access_key = from_environment("AWS_ACCESS_KEY_ID");
        secret = from_environment("AWS_SECRET_ACCESS_KEY");
        const std::string token = from_environment("AWS_SESSION_TOKEN");
        if (!token.empty()) session_token = Secret(token);
    }
    if (access_key.empty() || secret.empty())
        return std::unexpected(
            fmt::format("names no credentials; expected {}://KEY:SECRET@..., or "
                        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment",
                        url.scheme));
    secret_key = Secret(secret);
    return {};
}

Verified verify_region(const std::string& text) {
    return verified(is_region(text) ? std::string()
                                    : "is no region; expected one such as eu-central-1");
}

std::string host_header(std::string_view scheme, std::string_view host,
                        std::optional<std::uint16_t> port) {
    const bool v6 = host.find(':') != std::string_view::npos;
    std::string made = v6 ? fmt::format("[{}]", host) : std::string(host);
    const std::uint16_t usual = scheme == "https" ? 443 : 80;
    if (port && *port != usual) made += fmt::format(":{}", *port);
    return made;
}

}  // namespace vitals::backends::aws
