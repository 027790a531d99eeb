// The files that every page refers to. Their addresses have a digest of their bytes, so a browser
// may keep them for ever and still gets the new ones after an update.
#include "page/file.hpp"

#include <openssl/sha.h>

#include <array>

#include <fmt/format.h>

#include "page/web_files.hpp"

namespace vitals::page {

namespace {

std::string digest_of(std::string_view bytes) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
    std::string text;
    for (std::size_t i = 0; i < 6; ++i) text += fmt::format("{:02x}", digest[i]);
    return text;
}

struct WebFile {
    std::string_view name, type, bytes;
    std::string digest;
};

const std::array<WebFile, 2>& web_files() {
    static const std::array<WebFile, 2> files = {
        WebFile{"page.css", "text/css; charset=utf-8", page_css, digest_of(page_css)},
        WebFile{"page.js", "text/javascript; charset=utf-8", page_js, digest_of(page_js)},
    };
    return files;
}

}  // namespace

std::string address_of_css() {
    return "page.css?" + web_files()[0].digest;
}

std::string address_of_js() {
    return "page.js?" + web_files()[1].digest;
}

std::optional<http::Response> file(std::string_view rest, const http::Pairs& query) {
    for (const WebFile& each : web_files()) {
        if (each.name != rest) continue;
        const bool current = query.size() == 1 && query.front().first == each.digest;
        http::Response response;
        response.content_type = each.type;
        response.body = each.bytes;
        response.headers.emplace_back("Cache-Control",
                                      current ? "public, max-age=31536000, immutable" : "no-cache");
        response.headers.emplace_back("ETag", '"' + std::string(each.digest) + '"');
        return response;
    }
    return std::nullopt;
}

}  // namespace vitals::page
