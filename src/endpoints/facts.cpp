#include "endpoints/facts.hpp"

#include <fmt/format.h>

#include "http/answer.hpp"

namespace vitals::endpoints {

dialects::Request facts_of(const Mounts::Found& found, const http::Head& head, http::Target& target,
                           std::string_view scheme) {
    const MountedEndpoint& endpoint = *found.endpoint;
    dialects::Request request;
    const bool reading = head.method == "HEAD" || head.method == "OPTIONS";
    request.method = reading ? "GET" : std::string(head.method);
    request.rest = found.rest;
    request.path = std::move(target.path);
    if (endpoint.dialect->reads_query) request.query = std::move(target.query);
    for (const auto& [name, value] : head.fields) {
        // A list that was sent in several lines is one list (RFC 9110, section 5.3).
        if (http::equal_ignoring_case(name, "accept"))
            request.accept.append(request.accept.empty() ? "" : ", ").append(value);
        for (std::string_view wanted : endpoint.dialect->reads)
            if (http::equal_ignoring_case(name, wanted))
                request.headers.emplace_back(std::string(wanted), std::string(value));
    }
    const std::string_view* host = head.field("host");
    if (endpoint.dialect->wants_site && host != nullptr)
        request.site = fmt::format("{}://{}", scheme, *host);
    request.disclose = endpoint.disclose;
    request.authorized = !endpoint.tokens.empty();
    request.components = endpoint.components.empty() ? nullptr : &endpoint.components;
    request.failed_code = endpoint.failed_code;
    request.degraded_code = endpoint.degraded_code;
    return request;
}

void as_options(dialects::Response& response, std::string_view methods) {
    http::as_options(response, methods,
                     response.options_with_body ? http::Content::keep : http::Content::drop);
}

}  // namespace vitals::endpoints
