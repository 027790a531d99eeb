// For kinds whose URL is the option `path`: `file:/etc/hosts`, `disk:///var/lib`.
#pragma once

#include <expected>
#include <string_view>
#include <utility>

#include "model/description.hpp"
#include "text/path_url.hpp"

namespace vitals::checks {

template <class Options>
Verified path_from_url(Options& options, std::string_view url) {
    auto path = text::path_of_url(url);
    if (!path) return std::unexpected(path.error());
    options.path = *std::move(path);
    return {};
}

}  // namespace vitals::checks
