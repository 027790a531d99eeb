// Commands that change a proxy while it runs, one on each line. Pure except for the proxies.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "drill/proxy.hpp"

namespace vitals::drill {

struct NamedProxy {
    std::string name;
    std::unique_ptr<Proxy> proxy;
};

struct Reply {
    std::string text;  // lines; the last one is `ok` or begins with `error:`
    bool quit = false;
};

// [at NAME] fault FAULT [VALUE] ... · [at NAME] status · help · quit
Reply obey(std::string_view line, std::vector<NamedProxy>& proxies);

// `NAME LISTEN -> TO, FAULT, 3 accepted, 1 open`
std::string describe(const NamedProxy& proxy);

}  // namespace vitals::drill
