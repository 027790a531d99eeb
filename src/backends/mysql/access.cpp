#include "access.hpp"

#include "net/endpoint_of.hpp"

namespace vitals::backends::mysql {

namespace {

constexpr std::uint16_t usual_port = 3306;
constexpr std::size_t longest_name = 255;

bool speaks_of_tls(const net::TlsOptions& tls) {
    return !tls.ca.empty() || !tls.certificate.empty() || !tls.server_name.empty() || !tls.verify;
}

std::string database_of(const text::Url& url) {
    if (url.scheme != "unix") return url.path.size() > 1 ? url.path.substr(1) : std::string();
    const std::string* database = url.parameter("db");
    return database == nullptr ? std::string() : *database;
}

bool has_nul(std::string_view text) {
    return text.find('\0') != std::string_view::npos;
}

}  // namespace

bool is_scheme(std::string_view scheme) {
    return scheme == "mysql" || scheme == "mysqls" || scheme == "mariadb";
}

Verified verify_url(const text::Url& url) {
    if (auto problem = text::url_problem(url.text, {"mysql", "mysqls", "mariadb", "unix"},
                                         text::HostIs::optional);
        !problem.empty())
        return std::unexpected(problem);
    const bool local = url.scheme == "unix";
    if (local && (!url.host.empty() || !url.path.starts_with('/')))
        return std::unexpected("names no path; expected unix:/path/to/socket");
    if (!local && url.host.empty()) return std::unexpected("names no host");
    for (const auto& [name, ignored] : url.query) {
        if (local && name == "db") continue;
        return std::unexpected(
            local ? "has a parameter that vitals does not know; expected db"
                  : "has a parameter that vitals does not know; TLS is mysqls:// or `tls`");
    }
    const std::string database = database_of(url);
    if (has_nul(database) || database.size() > longest_name || (!local && database.contains('/')))
        return std::unexpected("names no database; expected mysql://user@host/database");
    return {};
}

Verified verify_access(const text::Url& url, const std::string& user, const net::TlsOptions& tls) {
    const std::string& name = user.empty() ? url.user : user;
    if (name.empty())
        return std::unexpected("names no user; expected mysql://user@host/database, or `user`");
    if (has_nul(name) || name.size() > longest_name)
        return std::unexpected("user: no name of a user");
    if (url.scheme == "unix" && speaks_of_tls(tls))
        return std::unexpected("tls: a unix socket has none");
    return {};
}

Access access_of(const text::Url& url, const std::string& user, const Secret& password,
                 const net::TlsOptions& tls) {
    Access access;
    access.endpoint = net::endpoint_of(url, usual_port);
    if (url.scheme == "mysqls" || speaks_of_tls(tls)) access.tls = tls;
    access.user = user.empty() ? url.user : user;
    access.password = password.configured() ? password.reveal() : url.password;
    access.database = database_of(url);
    return access;
}

}  // namespace vitals::backends::mysql
