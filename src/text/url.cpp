// Parsed by hand, because Boost.URL 1.81 accepts `http://user:pass/word@host` as a URL and reads
// beyond the end of `x:?#` (found by the fuzzer of this file).
#include "text/url.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "text/bare_host.hpp"
#include "text/percent.hpp"
#include "text/words.hpp"

namespace vitals::text {

namespace {

// Sections 2.2, 2.3 and 3 of the RFC, without letters, digits and %XX, which are allowed
// everywhere.
constexpr std::string_view userinfo_signs = "-._~!$&'()*+,;=:";
constexpr std::string_view host_signs = "-._~!$&'()*+,;=";
constexpr std::string_view path_signs = "-._~!$&'()*+,;=:@/";
constexpr std::string_view query_signs = "-._~!$&'()*+,;=:@/?[]";

constexpr bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
constexpr bool in_scheme(char c) {
    return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
}
std::string lower(std::string_view text) {
    std::string made(text);
    for (char& c : made) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return made;
}

bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(),
                       [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

// The text with its %XX replaced, or nothing when it holds a forbidden character.
std::optional<std::string> decoded(std::string_view text, std::string_view signs) {
    std::string made;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (const auto byte = percent_byte(text, at)) {
            made += *byte;
            at += 2;
        } else if (is_letter(c) || is_digit(c) || signs.find(c) != std::string_view::npos) {
            made += c;
        } else {
            return std::nullopt;
        }
    }
    return made;
}

// The text up to the first of these characters; the rest stays in `rest`.
std::string_view take_until(std::string_view& rest, std::string_view stops) {
    const auto taken = rest.substr(0, rest.find_first_of(stops));
    rest.remove_prefix(taken.size());
    return taken;
}

using Problem = std::optional<std::string>;  // nothing: no problem

// A password that was not percent-encoded is the usual reason, so the message says so.
std::string grammar_problem(std::string_view text) {
    if (text.empty()) return "is empty; expected a URL such as scheme://host:port/path";
    if (text.find(':') == std::string_view::npos) {
        return "has no scheme; expected a URL such as scheme://host:port/path";
    }
    if (has_control(text) || text.find(' ') != std::string_view::npos) {
        return "holds a space or a control character; percent-encode it";
    }
    return "is not a URL; characters with a meaning of their own (as / ? # @ : in a password) must "
           "be percent-encoded";
}

bool read_scheme(std::string_view& rest, Url& url) {
    const auto scheme = take_until(rest, ":");
    if (rest.empty() || scheme.empty() || !is_letter(scheme[0])) return false;
    rest.remove_prefix(1);
    url.scheme = lower(scheme);
    return std::all_of(scheme.begin(), scheme.end(), in_scheme);
}

bool read_userinfo(std::string_view text, Url& url) {
    const std::size_t colon = text.find(':');
    const auto user = decoded(text.substr(0, colon), userinfo_signs);
    const auto password =
        decoded(colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1),
                userinfo_signs);
    if (!user || !password) return false;
    url.user = *user;
    url.password = *password;
    return true;
}

// With the zone of a link-local address, `fe80::1%25eth0` (RFC 6874, 2).
bool read_ipv6(std::string_view literal, Url& url) {
    constexpr std::string_view mark = "%25";
    const auto zone_at = literal.find(mark);
    url.host = lower(literal.substr(0, zone_at));
    std::array<unsigned char, 16> address{};
    if (::inet_pton(AF_INET6, url.host.c_str(), address.data()) != 1) return false;
    if (zone_at == std::string_view::npos) return true;
    const auto zone = literal.substr(zone_at + mark.size());
    url.host += '%';
    url.host += zone;
    return !zone.empty() && std::ranges::all_of(zone, [](char c) {
        return is_letter(c) || is_digit(c) || std::string_view("-._~").contains(c);
    });
}

// The text before the port; `text` keeps the colon and the rest.
bool read_host(std::string_view& text, Url& url) {
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) return false;
        const auto literal = text.substr(1, end - 1);
        text.remove_prefix(end + 1);
        return read_ipv6(literal, url);
    }
    const auto host = decoded(take_until(text, ":"), host_signs);
    if (!host) return false;
    url.host = lower(*host);
    return true;
}

Problem read_port(std::string_view text, Url& url) {
    if (text.empty() || text == ":") return {};
    if (text[0] != ':') return "is not a URL; expected a port behind the address";
    text.remove_prefix(1);
    // Only for numbers: any other text may be a password.
    if (!std::all_of(text.begin(), text.end(), is_digit)) return grammar_problem("x:");
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || port == 0) return "has a port that is not between 1 and 65535";
    url.port = port;
    return {};
}

Problem read_authority(std::string_view text, std::string_view whole, Url& url) {
    const std::size_t at = text.find('@');
    if (at != std::string_view::npos) {
        if (!read_userinfo(text.substr(0, at), url)) return grammar_problem(whole);
        text.remove_prefix(at + 1);
    }
    if (!read_host(text, url)) return grammar_problem(whole);
    return read_port(text, url);
}

bool read_query(std::string_view text, Url& url) {
    while (!text.empty()) {
        const auto parameter = take_until(text, "&");
        if (!text.empty()) text.remove_prefix(1);
        const std::size_t equals = parameter.find('=');
        const auto key = decoded(parameter.substr(0, equals), query_signs);
        const auto value = decoded(
            equals == std::string_view::npos ? std::string_view() : parameter.substr(equals + 1),
            query_signs);
        if (!key || !value) return false;
        if (!parameter.empty()) url.query.emplace_back(*key, *value);
    }
    return true;
}

constexpr std::string_view behind_scheme = "://";

// Whether a further URL begins at its `://`, after a comma or a semicolon; then where.
std::optional<std::size_t> begin_of_next(std::string_view text, std::size_t mark) {
    while (mark > 0 && in_scheme(text[mark - 1])) --mark;
    const bool next = mark > 0 && (text[mark - 1] == ',' || text[mark - 1] == ';');
    return next ? std::optional(mark) : std::nullopt;
}

// `a://h1;a://h2`, as Celery and redis write it. The path of an HTTP URL may contain other URLs, in
// gateways and caches.
std::vector<std::string_view> urls_of(std::string_view text) {
    std::vector<std::string_view> urls;
    const bool web = text.starts_with("http") || text.starts_with("ws");
    std::size_t at = text.find(behind_scheme);
    if (web && at < text.size()) at = text.find_first_of("/?#", at + behind_scheme.size());
    const std::size_t first = at;
    for (; !web && at < text.size(); at = text.find(behind_scheme, at + 1)) {
        const auto begin = at == first ? std::nullopt : begin_of_next(text, at);
        if (!begin) continue;
        urls.push_back(text.substr(0, *begin - 1));
        at -= *begin;
        text.remove_prefix(*begin);
    }
    urls.push_back(text);
    return urls;
}

// `a://h1,h2`, as libpq writes it.
void add_servers(std::string_view url, std::vector<std::string>& servers) {
    const std::size_t scheme = std::min(url.find(behind_scheme), url.size());
    std::size_t begin = std::min(scheme + behind_scheme.size(), url.size());
    const std::size_t end = std::min(url.find_first_of("/?#", begin), url.size());
    const std::size_t at = url.substr(0, end).rfind('@');
    if (at != std::string_view::npos && at > begin) begin = at + 1;
    std::string_view hosts = url.substr(begin, end - begin);
    for (;;) {
        const auto host = take_until(hosts, ",;");
        servers.push_back(fmt::format("{}{}{}", url.substr(0, begin), host, url.substr(end)));
        if (hosts.empty()) return;
        hosts.remove_prefix(1);
    }
}

// SQLAlchemy's `postgresql+psycopg2`; kombu's names for two ways to speak AMQP.
std::string_view without_driver(std::string_view scheme) {
    if (scheme == "pyamqp" || scheme == "librabbitmq") return "amqp";
    return scheme.substr(0, scheme.rfind('+'));
}

// A host without a scheme, with the scheme that is probably missing. If both are possible, a web
// server speaks TLS unless it has its own port or is on this machine.
std::string with_scheme(std::string_view text, const BareHost& host,
                        std::initializer_list<std::string_view> schemes) {
    const auto secured = std::find(schemes.begin(), schemes.end(), "https");
    const bool web = secured != schemes.end();
    const bool plain = host.is_local || (host.port && host.port != 443);
    return fmt::format("{}://{}", web && !plain ? *secured : *schemes.begin(), text);
}

// `htp://h` for a kind that takes http: the probable meaning, if it cannot contain a password.
std::string near_miss(std::string_view text, std::string_view scheme,
                      std::initializer_list<std::string_view> schemes) {
    const auto near = nearest(scheme, std::span(schemes.begin(), schemes.size()));
    if (!near) return {};
    std::string_view rest = text.substr(scheme.size());
    if (rest.find_first_of("@?#") != std::string_view::npos) rest = "://...";
    return fmt::format("; did you mean {}{}?", *near, rest);
}

// Names in all alphabets; addresses were parsed before, and only they contain a colon.
bool can_be_host(std::string_view host) {
    if (host.find(':') != std::string_view::npos) return true;
    return std::all_of(host.begin(), host.end(), [](char c) {
        return is_letter(c) || is_digit(c) ||
               std::string_view("-._").find(c) != std::string_view::npos ||
               static_cast<unsigned char>(c) >= 0x80;
    });
}

}  // namespace

const std::string* Url::parameter(std::string_view name) const noexcept {
    const auto found = std::find_if(query.begin(), query.end(),
                                    [&](const auto& entry) { return entry.first == name; });
    return found == query.end() ? nullptr : &found->second;
}

Url::Url(std::string_view written) {
    const std::vector<std::string> servers = servers_of(written);
    if (auto parsed = parse_url(servers.front())) *this = *std::move(parsed);
    text = written;
}

std::vector<std::string> servers_of(std::string_view text) {
    std::vector<std::string> servers;
    for (const std::string_view url : urls_of(text)) add_servers(url, servers);
    return servers;
}

std::expected<Url, std::string> parse_url(std::string_view text) {
    Url url;
    url.text = text;
    std::string_view rest = text;
    if (!read_scheme(rest, url)) return std::unexpected(grammar_problem(text));
    url.bare = text.substr(0, text.size() - rest.size());
    if (rest.starts_with("//")) {
        rest.remove_prefix(2);
        const auto authority = take_until(rest, "/?#");
        if (auto problem = read_authority(authority, text, url)) return std::unexpected(*problem);
        url.bare += "//";
        url.bare += authority.substr(authority.find('@') + 1);  // all of it where there is none
    }
    url.bare += rest;
    const auto path = decoded(take_until(rest, "?#"), path_signs);
    bool good = path.has_value();
    if (good) url.path = *path;
    if (good && rest.starts_with('?')) {
        rest.remove_prefix(1);
        good = read_query(take_until(rest, "#"), url);
    }
    if (good && !rest.empty()) good = decoded(rest.substr(1), query_signs).has_value();
    if (!good) return std::unexpected(grammar_problem(text));
    for (const std::string* part : {&url.user, &url.password, &url.host, &url.path}) {
        if (has_control(*part)) return std::unexpected("holds an encoded control character");
    }
    return url;
}

std::string url_problem(std::string_view text, std::initializer_list<std::string_view> schemes,
                        HostIs host, Servers servers) {
    if (const auto each = servers_of(text); each.size() > 1) {
        if (servers == Servers::one)
            return "names several servers: give each of them a component of its own";
        for (const std::string& server : each)
            if (auto problem = url_problem(server, schemes, host); !problem.empty()) return problem;
        return {};
    }
    if (const auto bare = bare_host(text))
        return fmt::format("has no scheme; did you mean {}?", with_scheme(text, *bare, schemes));
    const auto url = parse_url(text);
    if (!url) return url.error();
    const auto known = [&schemes](std::string_view scheme) {
        return std::find(schemes.begin(), schemes.end(), scheme) != schemes.end();
    };
    if (!known(url->scheme)) {
        const std::string_view plain = without_driver(url->scheme);
        if (known(plain)) return fmt::format("has the scheme {}; write {}://", url->scheme, plain);
        if (auto meant = near_miss(text, url->scheme, schemes); !meant.empty())
            return fmt::format("has the scheme {}{}", url->scheme, meant);
        return fmt::format("has the scheme {}; expected {}", url->scheme,
                           fmt::join(schemes, " or "));
    }
    if (host == HostIs::required && url->host.empty()) return "names no host";
    const bool directory = host == HostIs::or_directory && url->host.starts_with('/');
    if (!directory && !can_be_host(url->host)) return "names a host with a character that none has";
    return {};
}

}  // namespace vitals::text
