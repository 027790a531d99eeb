#include "access.hpp"

#include <algorithm>
#include <array>

namespace vitals::backends::postgres {

namespace {

constexpr std::array<std::string_view, 6> sslmodes = {"disable", "allow",     "prefer",
                                                      "require", "verify-ca", "verify-full"};

bool speaks_of_tls(const net::TlsOptions& tls) {
    return !tls.ca.empty() || !tls.certificate.empty() || !tls.server_name.empty() || !tls.verify;
}

std::string sslmode_of(const text::Url& url, const net::TlsOptions& tls) {
    if (const std::string* said = url.parameter("sslmode")) return *said;
    if (!speaks_of_tls(tls)) return "prefer";
    return tls.verify ? "verify-full" : "require";
}

}  // namespace

Verified verify_url(const text::Url& url) {
    if (auto problem =
            text::url_problem(url.text, {"postgresql", "postgres"}, text::HostIs::or_directory);
        !problem.empty()) {
        return std::unexpected(problem);
    }
    for (const auto& [name, said] : url.query) {
        if (name != "sslmode" && name != "host")
            return std::unexpected(
                "has a parameter that is not known here; expected sslmode or host");
        if (name == "sslmode" &&
            std::find(sslmodes.begin(), sslmodes.end(), said) == sslmodes.end())
            return std::unexpected(
                "has an unknown sslmode; expected disable, allow, prefer, require, verify-ca or "
                "verify-full");
    }
    const std::string* directory = url.parameter("host");
    if (directory != nullptr && (!directory->starts_with('/') || !url.host.empty()))
        return std::unexpected("has a host parameter that is no directory of a unix socket");
    if (directory == nullptr && url.host.empty()) return std::unexpected("names no host");
    return {};
}

Verified verify_access(const text::Url& url, const std::string& user, const net::TlsOptions& tls) {
    if (url.user.empty() && user.empty())
        return std::unexpected(
            "names no user; expected postgresql://user@host/database, or `user`");
    const std::string sslmode = sslmode_of(url, tls);
    if (speaks_of_tls(tls) && (sslmode == "disable" || sslmode == "allow" || sslmode == "prefer"))
        return std::unexpected("tls contradicts sslmode=" + sslmode);
    if ((url.parameter("host") != nullptr || url.host.starts_with('/')) && speaks_of_tls(tls))
        return std::unexpected("tls: a unix socket has none");
    return {};
}

Access access_of(const text::Url& url, const std::string& user, const Secret& password,
                 const net::TlsOptions& tls) {
    Access access;
    access.host = url.host;
    if (const std::string* directory = url.parameter("host")) access.host = *directory;
    access.unix_socket = access.host.starts_with('/');
    access.port = url.port.value_or(access.port);
    access.user = user.empty() ? url.user : user;
    access.password = password.configured() ? password.reveal() : url.password;
    access.database = url.path.size() > 1 ? url.path.substr(1) : access.user;
    access.sslmode = access.unix_socket ? "disable" : sslmode_of(url, tls);
    access.tls = tls;
    return access;
}

}  // namespace vitals::backends::postgres
