#include "access.hpp"

#include "net/endpoint_of.hpp"

namespace vitals::backends::redis {

namespace {

constexpr std::uint16_t usual_port = 6379;

}  // namespace

Access access_of(const text::Url& url, const std::string& user, const Secret& password,
                 const net::TlsOptions& tls) {
    Access access;
    access.endpoint = net::endpoint_of(url, usual_port);
    if (url.scheme == "rediss") access.tls = tls;
    access.user = user.empty() ? url.user : user;
    access.password = password.configured() ? password.reveal() : url.password;
    return access;
}

}  // namespace vitals::backends::redis
