// What a kind makes of a URL on the command line.
#pragma once

#include <string>
#include <string_view>

#include "checks/kind.hpp"

namespace vitals::testing {

// The option `url` that it sets, or what is wrong with the URL.
template <class Options>
std::string url_of(const checks::Kind& kind, std::string_view url) {
    Options options;
    const Verified taken = kind.from_url(ObjectRef(options), url);
    return taken ? options.url.text : taken.error();
}

}  // namespace vitals::testing
