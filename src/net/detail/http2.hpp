// One exchange of HTTP/2 (RFC 9113) on a connection, with nghttp2 for frames and headers. Inside
// net only.
#pragma once

#include <optional>

#include "net/awaitable.hpp"
#include "net/connection.hpp"
#include "net/context.hpp"
#include "net/detail/http_url.hpp"
#include "net/http_client.hpp"

namespace vitals::net {

// Nothing when the server says that it did not process the request (REFUSED_STREAM, or a GOAWAY
// that does not cover it): then any request may be sent again, on another connection. After a
// GOAWAY that covers the request, it waits for the answer. Throws what http() throws.
awaitable<std::optional<HttpResponse>> exchange_http2(Context& context, const HttpRequest& request,
                                                      const HttpUrl& url, Connection& connection);

}  // namespace vitals::net
