// Every dialect there is, in the order of the documentation: one line each. All are
// constant-initialised, so that the catalog may be used at any time.
// clang-format off
#define VITALS_DIALECTS(dialect) \
    dialect(pulp) \
    dialect(pulp3) \
    dialect(delivery) \
    dialect(svc_status) \
    dialect(probe_status) \
    dialect(token_health) \
    dialect(healthz) \
    dialect(kubernetes) \
    dialect(health_json) \
    dialect(actuator) \
    dialect(microprofile) \
    dialect(metrics) \
    dialect(consul) \
    dialect(statuspage) \
    dialect(badge) \
    dialect(agent) \
    dialect(grpc) \
    dialect(page)
// clang-format on

#include "dialects/dialect.hpp"

namespace vitals::dialects {

#define VITALS_DECLARE(name) extern const Dialect name;
VITALS_DIALECTS(VITALS_DECLARE)
#undef VITALS_DECLARE

std::span<const Dialect* const> all() {
#define VITALS_ADDRESS(name) &name,
    static constexpr const Dialect* catalog[] = {VITALS_DIALECTS(VITALS_ADDRESS)};
#undef VITALS_ADDRESS
    return catalog;
}

const Dialect* find(std::string_view name) {
    for (const Dialect* dialect : all())
        if (dialect->description.name == name) return dialect;
    return nullptr;
}

}  // namespace vitals::dialects
