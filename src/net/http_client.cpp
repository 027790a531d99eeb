// Makes one exchange after the other until the answer is not a redirect to follow. TLS negotiates
// the version of HTTP.
#include "net/http_client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "net/detail/connect.hpp"
#include "net/detail/http2.hpp"
#include "net/detail/http_plain.hpp"
#include "net/detail/http_request.hpp"
#include "net/detail/http_url.hpp"
#include "wire/http_answer.hpp"

namespace vitals::net {

using wire::same_name;

namespace {

constexpr std::string_view http2_or_1 = "\x02h2\x08http/1.1";  // RFC 7301, 3.1
constexpr std::string_view http2_only = "\x02h2";
constexpr int most_refusals = 3;

// A connection, and whether it speaks HTTP/2.
struct Opened {
    std::unique_ptr<Connection> connection;
    bool http2 = false;
};

awaitable<Opened> open_connection(Context& context, const HttpRequest& request,
                                  const HttpUrl& url) {
    Endpoint endpoint{url.host, url.port, request.unix_socket};
    if (!url.tls) {
        auto plain = co_await dial_to_ask(context, std::move(endpoint));
        co_return Opened{std::move(plain), request.http2_only};
    }
    const std::string_view offered = request.http2_only ? http2_only : http2_or_1;
    Secured secured =
        co_await dial_tls(context, std::move(endpoint), request.tls, url.host, offered);
    const bool http2 = secured.protocol == "h2";
    if (request.http2_only && !http2) {
        throw CheckError(ErrorClass::tls, "did not agree to HTTP/2 (ALPN)",
                         secured.connection->peer() + ": the handshake succeeded without it");
    }
    co_return Opened{std::move(secured.connection), http2};
}

awaitable<HttpResponse> exchange_once(Context& context, const HttpRequest& request,
                                      const HttpUrl& url) {
    refuse_line_breaks(request);
    std::optional<HttpResponse> response;
    std::string peer;
    for (int refusals = 0; !response && refusals < most_refusals; ++refusals) {
        const Opened opened = co_await open_connection(context, request, url);
        peer = opened.connection->peer();
        if (opened.http2)
            response = co_await exchange_http2(context, request, url, *opened.connection);
        else
            response = co_await exchange_plain(context, request, url, *opened.connection);
        if (response) response->certificate = opened.connection->certificate();
    }
    if (!response) {
        throw CheckError(ErrorClass::protocol, "takes no requests (HTTP/2)",
                         fmt::format("{}: refused {} times on new connections, by REFUSED_STREAM "
                                     "or a GOAWAY",
                                     peer, most_refusals));
    }
    co_return std::move(*response);
}

bool is_redirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// What the next request may carry (RFC 9110, 15.4): a POST becomes a GET, as in all clients, and
// another origin does not see what was meant for the first one.
void follow(HttpRequest& request, HttpUrl& url, int status, const std::string& location) {
    HttpUrl next = join(url, location);
    const bool becomes_get = (status == 303 && request.method != "HEAD") ||
                             ((status == 301 || status == 302) && request.method == "POST");
    if (becomes_get) {
        request.method = "GET";
        request.body.clear();
    }
    const bool leaves = !same_origin(url, next);
    std::erase_if(request.headers, [&](const auto& header) {
        const std::string& name = header.first;
        if (becomes_get && name.size() > 8 && same_name(name.substr(0, 8), "content-")) return true;
        if (!leaves) return false;
        return same_name(name, "authorization") || same_name(name, "cookie") ||
               same_name(name, "host");
    });
    if (leaves) {
        request.user.clear();
        request.password.clear();
        request.unix_socket.clear();
        request.tls.server_name.clear();
        request.tls.certificate.clear();
        request.tls.key.clear();
    }
    url = std::move(next);
}

}  // namespace

const std::string* HttpResponse::header(std::string_view name) const {
    const auto named = [name](const auto& each) { return same_name(each.first, name); };
    const auto found = std::find_if(headers.begin(), headers.end(), named);
    return found != headers.end() ? &found->second : nullptr;
}

awaitable<HttpResponse> http(Context& context, HttpRequest request) {
    HttpUrl url = parse_http_url(request.url);
    if (request.user.empty() && request.password.empty()) {
        request.user = url.user;
        request.password = url.password;
    }
    int followed = 0;
    for (;;) {
        HttpResponse response = co_await exchange_once(context, request, url);
        const std::string* location = response.header("location");
        if (request.redirects == 0 || !is_redirect(response.status) || location == nullptr)
            co_return response;
        if (followed++ == request.redirects) {
            throw CheckError(ErrorClass::protocol, "too many redirects",
                             fmt::format("{} followed, then to {}", request.redirects, *location));
        }
        follow(request, url, response.status, *location);
    }
}

}  // namespace vitals::net
