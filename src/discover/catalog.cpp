// Every discovery there is, in the order of the file that init writes: one line each.
// clang-format off
#define VITALS_DISCOVERIES(discovery) \
    discovery(host) \
    discovery(mounts) \
    discovery(services) \
    discovery(units) \
    discovery(containers) \
    discovery(certificates) \
    discovery(backups)
// clang-format on

#include "discover/discovery.hpp"

namespace vitals::discover {

#define VITALS_DECLARE(name) extern const Discovery name;
VITALS_DISCOVERIES(VITALS_DECLARE)
#undef VITALS_DECLARE

std::span<const Discovery* const> discoveries() {
#define VITALS_ADDRESS(name) &name,
    static constexpr const Discovery* all[] = {VITALS_DISCOVERIES(VITALS_ADDRESS)};
#undef VITALS_ADDRESS
    return all;
}

}  // namespace vitals::discover
