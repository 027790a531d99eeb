// A host that lacks its scheme, as people write one from habit: `example.org`, `127.0.0.1:5432`. It
// is a guess, for messages only. Pure.
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

// `HOST`, `HOST:PORT`, either with a path behind it. A host has a dot in it, or a port behind it,
// or is localhost. A text that may hold a password (`@`, `?`) is none.
std::optional<BareHost> bare_host(std::string_view text);

}  // namespace vitals::text
