// ssh: a server greets and proves that it has its host key. The check does not log in.
#pragma once

#include <string>
#include <vector>

#include "checks/kind.hpp"
#include "text/url.hpp"
#include "wire/pattern.hpp"

namespace vitals::checks::ssh {

struct Options {
    text::Url url;
    wire::Pattern banner;
    std::string key = "any";
    std::vector<std::string> fingerprint;
};

extern const Kind kind;

}  // namespace vitals::checks::ssh
