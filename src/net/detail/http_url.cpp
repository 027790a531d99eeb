#include "net/detail/http_url.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <expected>
#include <optional>
#include <string_view>

#include "model/check_error.hpp"
#include "text/url.hpp"

namespace vitals::net {

namespace {

constexpr std::string_view mark = "://";

// Path and query as they are sent, without a fragment; nothing if they hold a control character.
// https://url.spec.whatwg.org/#query-percent-encode-set
std::optional<std::string> encoded(std::string_view text) {
    text = text.substr(0, text.find('#'));
    std::string made;
    made.reserve(text.size() + 1);
    if (!text.starts_with('/')) made += '/';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f) return std::nullopt;
        if (byte > 0x7f || c == ' ' || c == '"' || c == '<' || c == '>')
            made += fmt::format("%{:02X}", byte);
        else
            made += c;
    }
    return made;
}

// `127.1`, `0x7f000001`: other notations of an address, which all clients understand.
std::string plain_address(std::string host) {
    const bool may_be_one = !host.empty() && host.front() >= '0' && host.front() <= '9';
    in_addr address{};
    if (!may_be_one || inet_aton(host.c_str(), &address) == 0) return host;
    char text[INET_ADDRSTRLEN];
    return inet_ntop(AF_INET, &address, text, sizeof text);
}

std::expected<HttpUrl, std::string> read(std::string_view text) {
    const std::size_t scheme = text.find(mark);
    if (scheme == text.npos) return std::unexpected("neither http:// nor https://");
    const std::size_t end = std::min(text.find_first_of("/?#", scheme + mark.size()), text.size());
    const auto origin = text::parse_url(text.substr(0, end));
    if (!origin) return std::unexpected(origin.error());
    const bool tls = origin->scheme == "https";
    if ((!tls && origin->scheme != "http") || origin->host.empty())
        return std::unexpected("neither http:// nor https://");
    const auto rest = encoded(text.substr(end));
    if (!rest) return std::unexpected("holds a control character");
    HttpUrl made;
    made.tls = tls;
    made.host = plain_address(origin->host);
    made.port = origin->port.value_or(tls ? 443 : 80);
    made.user = origin->user;
    made.password = origin->password;
    made.text = origin->bare + *rest;
    return made;
}

// Whether it begins with a scheme of its own (RFC 3986, 3.1). `item_1:2` is a path: servers write
// such ones, and clients follow them.
bool is_absolute(std::string_view reference) {
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const std::string_view scheme =
        reference.substr(0, std::min(reference.find(':'), reference.size()));
    if (scheme.size() == reference.size() || scheme.empty()) return false;
    return letters.contains(scheme.front()) && std::ranges::all_of(scheme, [letters](char c) {
               return letters.contains(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' ||
                      c == '.';
           });
}

// RFC 3986, 5.2.4, for a path that begins with a slash; the rest of the text stays.
std::string without_dots(std::string_view text) {
    const std::size_t end = std::min(text.find_first_of("?#"), text.size());
    std::string_view path = text.substr(0, end);
    std::string made;
    while (!path.empty()) {
        const std::size_t next = std::min(path.find('/', 1), path.size());
        const std::string_view segment = path.substr(0, next);
        const bool last = next == path.size();
        path.remove_prefix(next);
        if (segment == "/..") made.erase(std::min(made.rfind('/'), made.size()));
        if (segment != "/.." && segment != "/.")
            made += segment;
        else if (last)
            made += '/';
    }
    made += text.substr(end);
    return made;
}

// The reference as a whole URL, RFC 3986, 5.2.2.
std::string resolved(std::string_view base, std::string_view reference) {
    const std::size_t scheme = base.find(mark);
    const std::size_t path = base.find('/', scheme + mark.size());
    std::string whole;
    if (is_absolute(reference)) {
        whole = reference;
    } else if (reference.starts_with("//")) {
        whole = fmt::format("{}:{}", base.substr(0, scheme), reference);
    } else {
        const std::string_view origin = base.substr(0, path);
        const std::string_view target = base.substr(path);
        const std::string_view own_path = target.substr(0, target.find('?'));
        if (reference.empty() || reference.starts_with('#'))
            whole = base;
        else if (reference.starts_with('/'))
            whole = fmt::format("{}{}", origin, reference);
        else if (reference.starts_with('?'))
            whole = fmt::format("{}{}{}", origin, own_path, reference);
        else
            whole = fmt::format("{}{}{}", origin, own_path.substr(0, own_path.rfind('/') + 1),
                                reference);
    }
    const std::size_t authority = whole.find(mark);
    const std::size_t begin =
        authority == whole.npos ? whole.npos : whole.find_first_of("/?#", authority + mark.size());
    if (begin == whole.npos || whole[begin] != '/') return whole;
    return whole.substr(0, begin) + without_dots(std::string_view(whole).substr(begin));
}

}  // namespace

HttpUrl parse_http_url(const std::string& text) {
    auto url = read(text);
    // The text may hold credentials, so the message does not repeat it.
    if (!url) throw CheckError(ErrorClass::local, "not a usable URL", url.error());
    return std::move(*url);
}

HttpUrl join(const HttpUrl& from, const std::string& location) {
    auto url = read(resolved(from.text, location));
    if (!url) {
        throw CheckError(ErrorClass::protocol, "redirect to an unusable address",
                         fmt::format("{}: {}", location, url.error()));
    }
    return std::move(*url);
}

bool same_origin(const HttpUrl& a, const HttpUrl& b) {
    return a.tls == b.tls && a.host == b.host && a.port == b.port;
}

}  // namespace vitals::net
