#include "access.hpp"

#include "net/endpoint_of.hpp"

namespace vitals::backends::amqp {

namespace {

constexpr std::uint16_t usual_port = 5672;
constexpr std::uint16_t usual_tls_port = 5671;

}  // namespace

Access access_of(const text::Url& url, const std::string& user, const Secret& password,
                 const net::TlsOptions& tls) {
    const bool secured = url.scheme == "amqps";
    Access access;
    access.endpoint = net::endpoint_of(url, secured ? usual_tls_port : usual_port);
    if (secured) access.tls = tls;
    wire::amqp::Login& login = access.login;
    login.user = !user.empty() ? user : url.user.empty() ? "guest" : url.user;
    login.password = password.configured() ? password.reveal() : url.password;
    if (login.password.empty() && !password.configured() && login.user == "guest")
        login.password = "guest";
    login.vhost = url.path.size() > 1 ? url.path.substr(1) : "/";
    return access;
}

}  // namespace vitals::backends::amqp
