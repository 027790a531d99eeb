// A host without its scheme, as people often write one: `example.org`, `127.0.0.1:5432`. It is a
// guess, for messages only. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace vitals::text {

struct BareHost {
    std::string_view host;              // `[::1]` keeps its brackets
    std::optional<std::uint16_t> port;  // 1 to 65535
    bool is_local = false;              // localhost, 127.x.x.x, [::1]
};

// `HOST`, `HOST:PORT`, either with a path after it. A host contains a dot, or has a port, or is
// localhost. A text that may hold a password (`@`, `?`) is not accepted.
std::optional<BareHost> bare_host(std::string_view text);

}  // namespace vitals::text
