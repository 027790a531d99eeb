#include "access.hpp"

#include <algorithm>
#include <array>

#include "model/check_error.hpp"
#include "text/url.hpp"

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

std::string verify_url(const void* value) {
    const auto& text = *static_cast<const std::string*>(value);
    if (auto problem =
            text::url_problem(text, {"postgresql", "postgres"}, text::HostIs::or_directory);
        !problem.empty()) {
        return problem;
    }
    const text::Url url = *text::parse_url(text);
    for (const auto& [name, said] : url.query) {
        if (name != "sslmode" && name != "host")
            return "has a parameter that is not known here; expected sslmode or host";
        if (name == "sslmode" &&
            std::find(sslmodes.begin(), sslmodes.end(), said) == sslmodes.end())
            return "has an unknown sslmode; expected disable, allow, prefer, require, verify-ca or "
                   "verify-full";
    }
    const std::string* directory = url.parameter("host");
    if (directory != nullptr && (!directory->starts_with('/') || !url.host.empty()))
        return "has a host parameter that is no directory of a unix socket";
    if (directory == nullptr && url.host.empty()) return "names no host";
    return {};
}

std::string verify_access(const std::string& text, const std::string& user, const Secret& password,
                          const net::TlsOptions& tls) {
    const auto url = text::parse_url(text);
    if (!url) return {};  // said by the field
    if (!url->user.empty() && !user.empty()) return "user stands both in the URL and apart from it";
    if (!url->password.empty() && password.configured())
        return "password stands both in the URL and apart from it";
    if (url->user.empty() && user.empty())
        return "names no user; expected postgresql://user@host/database, or `user`";
    const std::string sslmode = sslmode_of(*url, tls);
    if (speaks_of_tls(tls) && (sslmode == "disable" || sslmode == "allow" || sslmode == "prefer"))
        return "tls contradicts sslmode=" + sslmode;
    if (tls.certificate.empty() && !tls.key.empty()) return "tls: a key without a certificate";
    if ((url->parameter("host") != nullptr || url->host.starts_with('/')) && speaks_of_tls(tls))
        return "tls: a unix socket has none";
    return {};
}

Access access_of(const std::string& text, const std::string& user, const Secret& password,
                 const net::TlsOptions& tls) {
    if (password.configured() && !password.available())
        throw CheckError(ErrorClass::local, "a secret is not available", "the password");
    const text::Url url = text::parse_url(text).value();
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
