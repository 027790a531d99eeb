#include "wire/sigv4.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <map>
#include <stdexcept>

#include "text/percent.hpp"

namespace vitals::wire::sigv4 {

namespace {

using Digest = std::array<unsigned char, 32>;

Digest hash(std::string_view text) {
    Digest made{};
    unsigned int size = 0;
    if (EVP_Digest(text.data(), text.size(), made.data(), &size, EVP_sha256(), nullptr) != 1)
        throw std::runtime_error("SHA-256 is not available");
    return made;
}

Digest keyed(std::string_view key, std::string_view text) {
    Digest made{};
    unsigned int size = 0;
    if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
             reinterpret_cast<const unsigned char*>(text.data()), text.size(), made.data(),
             &size) == nullptr)
        throw std::runtime_error("HMAC-SHA-256 is not available");
    return made;
}

std::string_view bytes(const Digest& digest) {
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::string hex(const Digest& digest) {
    return fmt::format("{:02x}", fmt::join(digest, ""));
}

std::string lower(std::string_view text) {
    std::string made(text);
    for (char& c : made) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return made;
}

// Without blanks around it, and with single blanks within.
std::string squeezed(std::string_view value) {
    std::string made;
    for (const char c : value) {
        const bool blank = c == ' ' || c == '\t';
        if (!blank)
            made += c;
        else if (!made.empty() && made.back() != ' ')
            made += ' ';
    }
    if (made.ends_with(' ')) made.pop_back();
    return made;
}

// Without empty, `.` and `..` segments (RFC 3986, section 5.2.4): not for S3, whose keys may hold
// them.
std::string normalised(std::string_view path) {
    std::vector<std::string_view> segments;
    const bool folder = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
    while (!path.empty()) {
        const std::string_view segment = path.substr(0, path.find('/'));
        path.remove_prefix(std::min(path.size(), segment.size() + 1));
        if (segment.empty() || segment == ".") continue;
        if (segment != "..")
            segments.push_back(segment);
        else if (!segments.empty())
            segments.pop_back();
    }
    std::string made = fmt::format("/{}", fmt::join(segments, "/"));
    if (folder && made.size() > 1) made += '/';
    return made;
}

// Sorted by the sent form, not by the meaning.
std::string query_text(const Pairs& query) {
    Pairs sorted;
    for (const auto& [name, value] : query)
        sorted.emplace_back(text::percent_encoded(name), text::percent_encoded(value));
    std::sort(sorted.begin(), sorted.end());
    std::string made;
    for (const auto& [name, value] : sorted)
        made += fmt::format("{}{}={}", made.empty() ? "" : "&", name, value);
    return made;
}

std::string time_text(std::chrono::system_clock::time_point now) {
    const auto day = std::chrono::floor<std::chrono::days>(now);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(now - day));
    return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       time.hours().count(), time.minutes().count(), time.seconds().count());
}

// The signed headers: names in lower case and in order, values of equal names joined.
std::map<std::string, std::string> canonical(const std::string& host, const Pairs& headers) {
    std::map<std::string, std::string> made{{"host", squeezed(host)}};
    for (const auto& [name, value] : headers) {
        const auto [place, is_new] = made.try_emplace(lower(name), squeezed(value));
        if (!is_new) place->second += "," + squeezed(value);
    }
    return made;
}

Digest signing_key(const std::string& secret, std::string_view day, const Scope& scope) {
    const Digest of_day = keyed("AWS4" + secret, day);
    const Digest of_region = keyed(bytes(of_day), scope.region);
    const Digest of_service = keyed(bytes(of_region), scope.service);
    return keyed(bytes(of_service), "aws4_request");
}

}  // namespace

Signed sign(const Request& request, const Credentials& credentials, const Scope& scope,
            std::chrono::system_clock::time_point now) {
    const bool s3 = scope.service == "s3";
    const std::string time = time_text(now);
    const std::string_view day = std::string_view(time).substr(0, 8);
    const std::string payload = hex(hash(request.body));

    const std::string path =
        text::percent_encoded(s3 ? request.path : normalised(request.path), "/");
    const std::string query = query_text(request.query);
    Signed made;
    made.target = query.empty() ? path : path + "?" + query;
    made.headers = request.headers;
    made.headers.emplace_back("x-amz-date", time);
    if (s3) made.headers.emplace_back("x-amz-content-sha256", payload);
    if (!credentials.session_token.empty())
        made.headers.emplace_back("x-amz-security-token", credentials.session_token);

    std::string lines, names;
    for (const auto& [name, value] : canonical(request.host, made.headers)) {
        lines += fmt::format("{}:{}\n", name, value);
        names += (names.empty() ? "" : ";") + name;
    }
    const std::string whole =
        fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method,
                    s3 ? path : text::percent_encoded(path, "/"), query, lines, names, payload);
    const std::string where =
        fmt::format("{}/{}/{}/aws4_request", day, scope.region, scope.service);
    const std::string to_sign =
        fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n{}", time, where, hex(hash(whole)));
    const Digest key = signing_key(credentials.secret_key, day, scope);
    made.headers.emplace_back(
        "authorization",
        fmt::format("AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature={}",
                    credentials.access_key, where, names, hex(keyed(bytes(key), to_sign))));
    return made;
}

}  // namespace vitals::wire::sigv4
