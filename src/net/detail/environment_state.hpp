// State that the runs on one loop share. Inside net only.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "net/detail/lanes.hpp"
#include "net/detail/resolver.hpp"
#include "net/detail/tls_context.hpp"
#include "net/environment.hpp"
#include "net/loop.hpp"

namespace vitals::net {

struct Environment::State {
    State(Loop& loop, std::size_t lane_limit);
    ~State();

    // The lane of that kind of check; created at the first request.
    std::shared_ptr<Lane> lane(const std::string& kind);

    Loop& loop;
    const std::size_t lane_limit;
    std::map<std::string, std::shared_ptr<Lane>, std::less<>> lanes;
    Resolver resolver;
    const std::shared_ptr<TlsContexts> tls = std::make_shared<TlsContexts>();
};

}  // namespace vitals::net
