// One exchange of HTTP/1.1 on a connection. Inside net only.
#pragma once

#include "net/awaitable.hpp"
#include "net/connection.hpp"
#include "net/context.hpp"
#include "net/detail/http_url.hpp"
#include "net/http_client.hpp"

namespace vitals::net {

// Throws what http() throws.
awaitable<HttpResponse> exchange_plain(Context& context, const HttpRequest& request,
                                       const HttpUrl& url, Connection& connection);

}  // namespace vitals::net
