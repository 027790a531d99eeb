// One exchange after another until the answer is not a redirect to be followed. Names and
// connections are ours, also where curl speaks.
#include "net/http_client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "net/connect.hpp"
#include "net/curl_multi.hpp"
#include "net/environment.hpp"
#include "net/environment_state.hpp"
#include "net/failure.hpp"
#include "net/http_exchange.hpp"
#include "net/http_plain.hpp"
#include "net/http_url.hpp"
#include "wire/http_answer.hpp"

namespace vitals::net {

using wire::same_name;

namespace {

// Ends the exchange with the coroutine that waits for it, however that ends.
class UnderWay {
  public:
    UnderWay(std::shared_ptr<CurlMulti> multi, std::shared_ptr<HttpExchange> exchange)
        : multi_(std::move(multi)), exchange_(std::move(exchange)) {}
    ~UnderWay() { multi_->finish(*exchange_); }
    UnderWay(const UnderWay&) = delete;
    UnderWay& operator=(const UnderWay&) = delete;

  private:
    std::shared_ptr<CurlMulti> multi_;
    std::shared_ptr<HttpExchange> exchange_;
};

// The environment may be gone when the loop destroys a coroutine that still waits: what it needs
// then it holds itself.
std::shared_ptr<CurlMulti> multi_of(Environment& environment) {
    Environment::State& state = environment.state();
    if (!state.http) {
        state.http = std::make_shared<CurlMulti>(environment.loop());
        state.close_http = [multi = state.http] { multi->close(); };
    }
    return state.http;
}

std::shared_ptr<HttpExchange> prepare(CurlMulti& multi, Context& context, Connected connected,
                                      const HttpRequest& request, const HttpUrl& url) {
    auto exchange = std::make_shared<HttpExchange>(context, std::move(connected), request, url);
    multi.borrow(*exchange);
    return exchange;
}

awaitable<HttpResponse> exchange_by_curl(Context& context, const HttpRequest& request,
                                         const HttpUrl& url) {
    Endpoint endpoint{url.host, url.port, {}};
    Connected connected = co_await connect(context, std::move(endpoint));
    const auto multi = multi_of(context.environment());
    const auto exchange = prepare(*multi, context, std::move(connected), request, url);
    const UnderWay under_way(multi, exchange);
    set_up(*exchange);
    if (url.tls) context.enter("tls");
    multi->start(exchange);
    while (!exchange->ended.is_set()) {
        const bool going_on = co_await exchange->ended.wait();
        if (!going_on) throw run_cancelled();
    }
    if (exchange->result != CURLE_OK) throw failure(*exchange);
    // To curl, a head without its end is an answer without a body.
    if (!exchange->head_complete)
        throw CheckError(ErrorClass::protocol, "answer cut short",
                         exchange->address + ": closed within the head");
    long status = 0;
    curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
    exchange->response.status = static_cast<int>(status);
    exchange->response.effective_url = url.text;
    exchange->response.certificate = exchange->verdict.certificate;
    co_return std::move(exchange->response);
}

// Curl speaks whatever TLS on TCP negotiates, and HTTP/2. The rest is short enough to be spoken at
// half of curl's cost.
awaitable<HttpResponse> exchange_once(Context& context, const HttpRequest& request,
                                      const HttpUrl& url) {
    const bool by_curl = request.unix_socket.empty() && (url.tls || request.http2_prior_knowledge);
    return by_curl ? exchange_by_curl(context, request, url)
                   : exchange_plain(context, request, url);
}

bool is_redirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// What the next request may carry (RFC 9110, 15.4): a POST becomes a GET as all clients do it, and
// what was meant for one origin is not shown to another.
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
    HttpUrl url = parse_http_url(request.url, request.path_as_is);
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
