#include "net/http_url.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <string_view>

#include "model/check_error.hpp"

namespace vitals::net {

namespace {

struct FreeUrl {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, FreeUrl>;

Url make_url() {
    Url url(curl_url());
    if (!url) throw CheckError(ErrorClass::local, "no memory for HTTP");
    return url;
}

std::string part(CURLU* url, CURLUPart which, unsigned flags = 0) {
    char* text = nullptr;
    if (curl_url_get(url, which, &text, flags) != CURLUE_OK) return {};
    std::string copy(text);
    curl_free(text);
    return copy;
}

HttpUrl taken_apart(CURLU* url) {
    HttpUrl made;
    made.tls = part(url, CURLUPART_SCHEME) == "https";
    made.host = part(url, CURLUPART_HOST);
    if (made.host.starts_with('[')) made.host = made.host.substr(1, made.host.size() - 2);
    const std::string zone = part(url, CURLUPART_ZONEID);
    if (!zone.empty() && made.host.find('%') == std::string::npos) made.host += "%" + zone;
    made.port =
        static_cast<std::uint16_t>(std::stoul(part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT)));
    made.user = part(url, CURLUPART_USER, CURLU_URLDECODE);
    made.password = part(url, CURLUPART_PASSWORD, CURLU_URLDECODE);
    curl_url_set(url, CURLUPART_USER, nullptr, 0);
    curl_url_set(url, CURLUPART_PASSWORD, nullptr, 0);
    curl_url_set(url, CURLUPART_FRAGMENT, nullptr, 0);
    made.text = part(url, CURLUPART_URL);
    return made;
}

bool spoken(CURLU* url) {
    const std::string scheme = part(url, CURLUPART_SCHEME);
    return (scheme == "http" || scheme == "https") && !part(url, CURLUPART_HOST).empty();
}

bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// A name or an IPv4 address in the one way of writing it that needs no normalising.
bool is_simple_host(std::string_view host) {
    const auto fits = [](char c) { return is_lower(c) || is_digit(c) || c == '.' || c == '-'; };
    if (host.empty() || !std::all_of(host.begin(), host.end(), fits)) return false;
    const std::size_t dot = host.rfind('.');
    if (is_lower(host[dot == host.npos ? 0 : std::min(dot + 1, host.size() - 1)])) return true;
    in_addr address{};
    return inet_pton(AF_INET, std::string(host).c_str(), &address) == 1;
}

// Of most URLs curl's parser says what stands there already, at the cost of a quarter of a check.
std::optional<HttpUrl> read_simple(std::string_view text, bool as_is) {
    constexpr std::string_view scheme = "http://";
    if (!text.starts_with(scheme)) return std::nullopt;
    const std::string_view rest = text.substr(scheme.size());
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    const std::string_view path = rest.substr(slash);
    const auto fits = [](char c) {
        return is_lower(c) || is_digit(c) || (c >= 'A' && c <= 'Z') ||
               std::string_view("-._~!$&()*+,;=:@/?").find(c) != std::string_view::npos;
    };
    if (!std::all_of(path.begin(), path.end(), fits) || path.ends_with('?')) return std::nullopt;
    if (!as_is && path.find("/.") != path.npos) return std::nullopt;
    const std::string_view authority = rest.substr(0, slash);
    const std::size_t colon = std::min(authority.find(':'), authority.size());
    HttpUrl made;
    made.host = authority.substr(0, colon);
    made.port = 80;
    if (!is_simple_host(made.host)) return std::nullopt;
    if (const std::string_view digits = authority.substr(colon); !digits.empty()) {
        const char* const end = digits.data() + digits.size();
        const auto read = std::from_chars(digits.data() + 1, end, made.port);
        if (digits.size() < 2 || digits[1] == '0' || read.ec != std::errc{} || read.ptr != end)
            return std::nullopt;
    }
    made.text = text;
    if (path.empty()) made.text += '/';
    return made;
}

}  // namespace

HttpUrl parse_http_url(const std::string& text, bool as_is) {
    if (auto simple = read_simple(text, as_is)) return std::move(*simple);
    const Url url = make_url();
    const CURLUcode code =
        curl_url_set(url.get(), CURLUPART_URL, text.c_str(), as_is ? CURLU_PATH_AS_IS : 0u);
    // The text may hold credentials: it is not repeated.
    if (code != CURLUE_OK)
        throw CheckError(ErrorClass::local, "not a usable URL", curl_url_strerror(code));
    if (!spoken(url.get()))
        throw CheckError(ErrorClass::local, "not a usable URL", "neither http:// nor https://");
    return taken_apart(url.get());
}

HttpUrl join(const HttpUrl& from, const std::string& location) {
    const Url url = make_url();
    curl_url_set(url.get(), CURLUPART_URL, from.text.c_str(), CURLU_PATH_AS_IS);
    // Servers put unescaped blanks into it; browsers and curl accept them.
    const CURLUcode code = curl_url_set(url.get(), CURLUPART_URL, location.c_str(),
                                        CURLU_URLENCODE | CURLU_ALLOW_SPACE);
    if (code != CURLUE_OK || !spoken(url.get())) {
        throw CheckError(ErrorClass::protocol, "redirect to an unusable address",
                         fmt::format("{}: {}", location, curl_url_strerror(code)));
    }
    return taken_apart(url.get());
}

bool same_origin(const HttpUrl& a, const HttpUrl& b) {
    return a.tls == b.tls && a.host == b.host && a.port == b.port;
}

}  // namespace vitals::net
