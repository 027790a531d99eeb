#include "access.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

namespace vitals::backends::postgres {

namespace {

constexpr std::array<std::string_view, 6> sslmodes = {"disable", "allow",     "prefer",
                                                      "require", "verify-ca", "verify-full"};
constexpr std::array<std::string_view, 3> bindings = {"disable", "prefer", "require"};
constexpr std::array<std::string_view, 6> roles = {"any",     "read-write", "read-only",
                                                   "primary", "standby",    "prefer-standby"};

std::string choice_problem(std::string_view name, std::string_view said,
                           std::span<const std::string_view> choices) {
    if (std::ranges::find(choices, said) != choices.end()) return {};
    return fmt::format("has an unknown {}; expected {} or {}", name,
                       fmt::join(choices.first(choices.size() - 1), ", "), choices.back());
}

// libpq uses 2 for 1, and treats zero and negative numbers as no limit.
std::optional<long> seconds_in(std::string_view said) {
    long seconds = 0;
    const auto [end, error] = std::from_chars(said.data(), said.data() + said.size(), seconds);
    if (error != std::errc{} || end != said.data() + said.size()) return std::nullopt;
    return seconds;
}

std::string text_problem(std::string_view name, std::string_view said) {
    const bool control =
        std::ranges::any_of(said, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
    return control ? fmt::format("has a control character in {}", name) : std::string();
}

// The parameters of a URL as applications write them. Parameters that only concern libpq inside an
// application are accepted and have no effect.
constexpr std::array<std::string_view, 5> ignored = {"fallback_application_name", "keepalives",
                                                     "keepalives_idle", "keepalives_interval",
                                                     "keepalives_count"};
constexpr std::string_view known =
    "sslmode, sslrootcert, sslcert, sslkey, connect_timeout, application_name, channel_binding, "
    "options, target_session_attrs or host";

std::string parameter_problem(std::string_view name, const std::string& said) {
    if (name == "sslmode") return choice_problem(name, said, sslmodes);
    if (name == "channel_binding") return choice_problem(name, said, bindings);
    if (name == "target_session_attrs") return choice_problem(name, said, roles);
    if (name == "connect_timeout")
        return seconds_in(said) ? std::string()
                                : "has a connect_timeout that is no number of seconds";
    if (name == "application_name" || name == "options") return text_problem(name, said);
    if (name == "sslrootcert" || name == "sslcert" || name == "sslkey")
        return said.empty() ? fmt::format("has an empty {}", name) : text_problem(name, said);
    if (name == "host" || std::ranges::find(ignored, name) != ignored.end()) return {};
    return fmt::format("has a parameter that vitals does not know; expected {}", known);
}

bool is_given(const text::Url& url, std::string_view name) {
    return url.parameter(name) != nullptr;
}
std::string given(const text::Url& url, std::string_view name) {
    const std::string* said = url.parameter(name);
    return said == nullptr ? std::string() : *said;
}

bool speaks_of_tls(const net::TlsOptions& tls) {
    return !tls.ca.empty() || !tls.certificate.empty() || !tls.server_name.empty() || !tls.verify;
}

// As in libpq: named authorities make `require` verify the chain, but not the name.
std::string sslmode_of(const text::Url& url, const net::TlsOptions& tls) {
    const std::string authorities = given(url, "sslrootcert");
    const std::string said = given(url, "sslmode");
    if (authorities == "system") return "verify-full";
    if (said == "require" && !authorities.empty()) return "verify-ca";
    if (!said.empty()) return said;
    if (!speaks_of_tls(tls)) return "prefer";
    return tls.verify ? "verify-full" : "require";
}

std::string contradiction(const text::Url& url, const net::TlsOptions& tls) {
    const std::pair<std::string_view, const std::string*> twice[] = {
        {"sslrootcert", &tls.ca}, {"sslcert", &tls.certificate}, {"sslkey", &tls.key}};
    for (const auto& [name, apart] : twice)
        if (is_given(url, name) && !apart->empty())
            return fmt::format("{} stands in the URL and under `tls`", name);
    if (is_given(url, "sslkey") && !is_given(url, "sslcert"))
        return "sslkey without sslcert in the URL";
    const std::string sslmode = sslmode_of(url, tls);
    if (speaks_of_tls(tls) && (sslmode == "disable" || sslmode == "allow" || sslmode == "prefer"))
        return "tls contradicts sslmode=" + sslmode;
    if (given(url, "channel_binding") == "require" && sslmode == "disable")
        return "channel_binding=require contradicts sslmode=disable";
    return {};
}

Place place_of(const text::Url& url) {
    Place place;
    place.host = url.host.empty() ? given(url, "host") : url.host;
    place.unix_socket = place.host.starts_with('/');
    place.port = url.port.value_or(place.port);
    return place;
}

}  // namespace

Verified verify_url(const text::Url& url) {
    if (auto problem = text::url_problem(url.text, {"postgresql", "postgres"},
                                         text::HostIs::or_directory, text::Servers::several);
        !problem.empty()) {
        return std::unexpected(problem);
    }
    for (const auto& [name, said] : url.query)
        if (auto problem = parameter_problem(name, said); !problem.empty())
            return std::unexpected(problem);
    const std::string* directory = url.parameter("host");
    if (directory != nullptr && (!directory->starts_with('/') || !url.host.empty()))
        return std::unexpected("has a host parameter that is no directory of a unix socket");
    for (const std::string& server : text::servers_of(url.text))
        if (directory == nullptr && text::Url(server).host.empty())
            return std::unexpected("names no host");
    return {};
}

Verified verify_access(const text::Url& url, const std::string& user, const net::TlsOptions& tls) {
    if (url.user.empty() && user.empty())
        return std::unexpected(
            "names no user; expected postgresql://user@host/database, or `user`");
    if (auto problem = contradiction(url, tls); !problem.empty()) return std::unexpected(problem);
    if (place_of(url).unix_socket && speaks_of_tls(tls))
        return std::unexpected("tls: a unix socket has none");
    return {};
}

Access access_of(const text::Url& url, const std::string& user, const Secret& password,
                 const net::TlsOptions& tls) {
    Access access;
    for (const std::string& server : text::servers_of(url.text))
        access.places.push_back(place_of(text::Url(server)));
    access.user = user.empty() ? url.user : user;
    access.password = password.configured() ? password.reveal() : url.password;
    access.database = url.path.size() > 1 ? url.path.substr(1) : access.user;
    access.sslmode = sslmode_of(url, tls);
    if (is_given(url, "channel_binding")) access.channel_binding = given(url, "channel_binding");
    if (is_given(url, "target_session_attrs")) access.role = given(url, "target_session_attrs");
    if (is_given(url, "application_name")) access.application_name = given(url, "application_name");
    access.options = given(url, "options");
    if (const auto seconds = seconds_in(given(url, "connect_timeout")); seconds && *seconds > 0)
        access.give_up_after = std::chrono::seconds(std::clamp(*seconds, 2L, 86'400L));
    access.tls = tls;
    if (is_given(url, "sslrootcert") && given(url, "sslrootcert") != "system")
        access.tls.ca = given(url, "sslrootcert");
    if (is_given(url, "sslcert")) access.tls.certificate = given(url, "sslcert");
    if (is_given(url, "sslkey")) access.tls.key = given(url, "sslkey");
    return access;
}

}  // namespace vitals::backends::postgres
