#include "net/detail/http_request.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include "model/check_error.hpp"
#include "wire/http_answer.hpp"

namespace vitals::net {

namespace {

using wire::same_name;

std::string basic(const HttpRequest& request) {
    const std::string plain = request.user + ":" + request.password;
    std::string encoded((plain.size() + 2) / 3 * 4 + 1, '\0');
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                                     reinterpret_cast<const unsigned char*>(plain.data()),
                                     static_cast<int>(plain.size()));
    encoded.resize(static_cast<std::size_t>(size));
    return "Basic " + encoded;
}

// The value of Host: with the port if it is not the default one; an address without its zone.
std::string authority(const HttpUrl& url) {
    const bool usual = url.port == (url.tls ? 443 : 80);
    const std::string host = url.host.substr(0, url.host.find('%'));
    const bool bracketed = host.find(':') != std::string::npos;
    std::string made = bracketed ? "[" + host + "]" : host;
    if (!usual) made += ":" + std::to_string(url.port);
    return made;
}

void refuse_line_breaks(const std::string& text, const char* what) {
    if (text.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
        throw CheckError(ErrorClass::local, fmt::format("{} holds a line break", what));
}

}  // namespace

bool has_body(const HttpRequest& request) {
    return !request.body.empty() || request.method == "POST" || request.method == "PUT" ||
           request.method == "PATCH";
}

void refuse_line_breaks(const HttpRequest& request) {
    refuse_line_breaks(request.method, "method");
    for (const auto& [name, value] : request.headers) {
        refuse_line_breaks(name, "header name");
        refuse_line_breaks(value, "header value");
    }
}

std::string_view target(const HttpUrl& url) {
    const std::string_view text = url.text;
    const std::size_t path = text.find('/', text.find("://") + 3);
    return path == text.npos ? "/" : text.substr(path);
}

std::vector<std::pair<std::string, std::string>> headers_of(const HttpRequest& request,
                                                            const HttpUrl& url) {
    const auto given = [&request](std::string_view name) -> const std::string* {
        for (const auto& header : request.headers)
            if (same_name(header.first, name)) return &header.second;
        return nullptr;
    };
    std::vector<std::pair<std::string, std::string>> all;
    const std::string* host = given("Host");
    all.emplace_back("Host", host != nullptr ? *host : authority(url));
    const bool known = !request.user.empty() || !request.password.empty();
    if (known && given("Authorization") == nullptr)
        all.emplace_back("Authorization", basic(request));
    if (given("User-Agent") == nullptr) all.emplace_back("User-Agent", "vitals");
    if (given("Accept") == nullptr) all.emplace_back("Accept", "*/*");
    for (const auto& header : request.headers)
        if (!same_name(header.first, "Host")) all.push_back(header);
    if (has_body(request) && given("Transfer-Encoding") == nullptr &&
        given("Content-Length") == nullptr)
        all.emplace_back("Content-Length", std::to_string(request.body.size()));
    return all;
}

}  // namespace vitals::net
