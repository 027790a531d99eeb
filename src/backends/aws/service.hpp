// A service of AWS or a compatible one: its address, its credentials, and a signed request to it.
// answers.hpp has the meaning of its answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/description.hpp"
#include "model/secret.hpp"
#include "net/awaitable.hpp"
#include "net/context.hpp"
#include "net/http_client.hpp"
#include "net/tls.hpp"
#include "text/url.hpp"
#include "wire/sigv4.hpp"

namespace vitals::backends::aws {

struct Service {
    std::string scheme;  // http | https
    std::string host;    // as the Host header has it
    wire::sigv4::Scope scope;
    wire::sigv4::Credentials credentials;
    net::TlsOptions tls;
};

// Signs the request for the service's host and sends it; returns the answer with any status. `step`
// is the phase, `max_body` in bytes. The request's body must live as long as the wait. Throws what
// net::http() throws.
net::awaitable<net::HttpResponse> ask(net::Context& context, const Service& service,
                                      std::string step, wire::sigv4::Request request,
                                      std::size_t max_body);

// The present credentials. Throws CheckError{local} that names a missing one.
wire::sigv4::Credentials credentials(const std::string& access_key, const Secret& secret_key,
                                     const Secret& session_token);

// For a URL of `vitals check`: the credentials in it, else those of the environment, by the names
// that AWS's own tools use (AWS_ACCESS_KEY_ID and so on). Returns what is wrong, or empty.
Verified take_credentials(const text::Url& url, std::string& access_key, Secret& secret_key,
                          Secret& session_token);

// The domain of AWS's own services in a region: China has another one.
std::string_view domain_of(std::string_view region);

// Whether it looks like the name of a region.
bool is_region(std::string_view text);
// What is wrong with the name of a region, or empty. Takes the address of a std::string.
Verified verify_region(const std::string& region);

// The Host header for a URL: with the port only if it is not the default of the scheme.
std::string host_header(std::string_view scheme, std::string_view host,
                        std::optional<std::uint16_t> port);

}  // namespace vitals::backends::aws
