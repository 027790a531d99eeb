#include "http/gzip.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <memory>
#include <string>

#include "http/request.hpp"

namespace vitals::http {
namespace {

constexpr std::size_t worth_it = 1400;  // bytes: a shorter body fits into one packet anyway
constexpr int level = 1;                // the fastest: metrics still shrink to a twentieth

std::string_view trimmed(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// Whether the weight of an element, `q=0.5`, allows its use: any weight but zero does.
bool has_weight(std::string_view parameters) {
    parameters = trimmed(parameters);
    if (!parameters.starts_with("q=") && !parameters.starts_with("Q=")) return true;
    return parameters.substr(2).find_first_of("123456789") != std::string_view::npos;
}

void add_to_vary(Response& response) {
    for (auto& [name, value] : response.headers) {
        if (name != "Vary") continue;
        value += ", Accept-Encoding";
        return;
    }
    response.headers.emplace_back("Vary", "Accept-Encoding");
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) noexcept {
    bool any = false;
    while (!accept_encoding.empty()) {
        const std::size_t comma = std::min(accept_encoding.find(','), accept_encoding.size());
        const std::string_view element = accept_encoding.substr(0, comma);
        accept_encoding.remove_prefix(std::min(comma + 1, accept_encoding.size()));
        const std::size_t semicolon = std::min(element.find(';'), element.size());
        const std::string_view name = trimmed(element.substr(0, semicolon));
        const std::string_view rest = element.substr(std::min(semicolon + 1, element.size()));
        if (equal_ignoring_case(name, "gzip") || equal_ignoring_case(name, "x-gzip"))
            return has_weight(rest);
        if (name == "*") any = has_weight(rest);
    }
    return any;
}

void compress(Response& response, bool wanted) {
    if (response.body.size() < worth_it) return;
    for (const auto& [name, value] : response.headers)
        if (name == "Content-Encoding") return;
    add_to_vary(response);
    if (!wanted) return;
    const std::unique_ptr<libdeflate_compressor, void (*)(libdeflate_compressor*)> compressor(
        libdeflate_alloc_compressor(level), libdeflate_free_compressor);
    if (compressor == nullptr) return;  // no memory: it is sent as it is
    // A body that does not become smaller is sent as it is.
    std::string smaller(response.body.size() - 1, '\0');
    const std::size_t size =
        libdeflate_gzip_compress(compressor.get(), response.body.data(), response.body.size(),
                                 smaller.data(), smaller.size());
    if (size == 0) return;
    smaller.resize(size);
    smaller.shrink_to_fit();
    response.body = std::move(smaller);
    response.headers.emplace_back("Content-Encoding", "gzip");
}

}  // namespace vitals::http
