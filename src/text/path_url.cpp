#include "text/path_url.hpp"

#include <utility>

#include "text/percent.hpp"

namespace vitals::text {

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
    auto path = percent_decoded(rest);
    if (!path)
        return std::unexpected("% is followed by two hexadecimal digits: write %25 for itself");
    if (path->empty()) return std::unexpected("the path is missing");
    if (path->contains('\0')) return std::unexpected("a path holds no NUL");
    return std::move(*path);
}

}  // namespace vitals::text
