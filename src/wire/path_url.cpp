#include "wire/path_url.hpp"

#include <charconv>

namespace vitals::wire {

std::expected<std::string, std::string> path_of_url(std::string_view url) {
    const std::size_t colon = url.find(':');
    if (colon == std::string_view::npos) return std::unexpected("expected scheme:/path");
    std::string_view rest = url.substr(colon + 1);
    if (rest.starts_with("//")) {
        rest.remove_prefix(2);
        if (rest.starts_with("localhost/")) rest.remove_prefix(9);
        if (!rest.starts_with('/'))
            return std::unexpected("a path follows the scheme, not a host: write " +
                                   std::string(url.substr(0, colon)) + ":/path");
    }
    std::string path;
    for (std::size_t i = 0; i < rest.size(); ++i) {
        if (rest[i] != '%') {
            path += rest[i];
            continue;
        }
        unsigned value = 0;
        const char* const first = rest.data() + i + 1;
        if (rest.size() - i < 3 || std::from_chars(first, first + 2, value, 16).ptr != first + 2)
            return std::unexpected("% is followed by two hexadecimal digits: write %25 for itself");
        path += static_cast<char>(value);
        i += 2;
    }
    if (path.empty()) return std::unexpected("the path is missing");
    if (path.find('\0') != std::string::npos) return std::unexpected("a path holds no NUL");
    return path;
}

}  // namespace vitals::wire
