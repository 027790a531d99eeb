// One exchange as curl is given it, and what it made of it. Inside net only.
#pragma once

#include <curl/curl.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "model/check_error.hpp"
#include "net/connect.hpp"
#include "net/curl_multi.hpp"
#include "net/environment.hpp"
#include "net/http_client.hpp"
#include "net/http_url.hpp"
#include "net/trust.hpp"

namespace vitals::net {

// All that one exchange holds while curl is at work on it. The context is the run's and outlives
// it: whoever destroys the run's coroutine destroys the guard that ends the exchange first.
struct HttpExchange final : Exchange {
    HttpExchange(Context& run, Connected connected, const HttpRequest& what, const HttpUrl& where)
        : Exchange(run.environment().loop().context(), std::move(connected.socket)),
          context(run),
          request(what),
          url(where),
          address(std::move(connected.address)) {}
    ~HttpExchange() { curl_slist_free_all(headers); }

    Context& context;
    const HttpRequest& request;
    const HttpUrl& url;
    const std::string address;
    std::string tls_name;
    std::shared_ptr<const TlsContext> tls;
    TlsVerdict verdict;
    HttpResponse response;
    curl_slist* headers = nullptr;
    std::size_t header_bytes = 0;
    bool head_complete = false;  // of the final response: what follows are trailers
    std::string refusal;         // why we stopped the exchange ourselves
    std::array<char, CURL_ERROR_SIZE> error{};
};

// Gives the borrowed handle all that the request says. Throws CheckError{local} for what cannot be
// sent or used.
void set_up(HttpExchange& exchange);

// Of an exchange that ended badly: what curl says, in our words.
CheckError failure(const HttpExchange& exchange);

// Of any request. A body may be empty and still be one.
bool has_body(const HttpRequest& request);
// Throws CheckError{local}: nobody may smuggle a line into the head.
void refuse_line_breaks(const HttpRequest& request);

}  // namespace vitals::net
