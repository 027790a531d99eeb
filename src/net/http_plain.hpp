// One exchange of HTTP/1 on a connection of our own: everything but what TLS on TCP negotiates, and
// HTTP/2, which are curl's. Inside net only.
#pragma once

#include "net/awaitable.hpp"
#include "net/context.hpp"
#include "net/http_client.hpp"
#include "net/http_url.hpp"

namespace vitals::net {

// The request is sent as curl would send it. Throws what http() throws.
awaitable<HttpResponse> exchange_plain(Context& context, const HttpRequest& request,
                                       const HttpUrl& url);

}  // namespace vitals::net
