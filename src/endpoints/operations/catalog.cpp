// Every operation of the control API, in the order of the OpenAPI document: one line each.
// clang-format off
#define VITALS_OPERATIONS(operation) \
    operation(list_components) \
    operation(get_component) \
    operation(push_component) \
    operation(delete_component) \
    operation(run_component) \
    operation(put_heartbeat) \
    operation(put_heartbeats) \
    operation(job_start) \
    operation(job_end) \
    operation(job_log) \
    operation(get_drain) \
    operation(put_drain) \
    operation(reload) \
    operation(list_definitions) \
    operation(get_history) \
    operation(get_uptime) \
    operation(list_transitions) \
    operation(list_events) \
    operation(announce) \
    operation(list_incidents) \
    operation(get_incident) \
    operation(acknowledge) \
    operation(note) \
    operation(list_silences) \
    operation(create_silence) \
    operation(end_silence) \
    operation(list_maintenance) \
    operation(create_maintenance) \
    operation(end_maintenance) \
    operation(test_receiver) \
    operation(get_verdict) \
    operation(explain_component) \
    operation(begin_session) \
    operation(end_session) \
    operation(list_objectives) \
    operation(peer) \
    operation(get_fleet) \
    operation(put_fleet_drain) \
    operation(get_openapi)
// clang-format on

#include "endpoints/operation.hpp"

namespace vitals::endpoints {

#define VITALS_DECLARE(name) extern const Operation name;
VITALS_OPERATIONS(VITALS_DECLARE)

std::span<const Operation* const> operations() {
#define VITALS_ADDRESS(name) &name,
    static constexpr const Operation* all[] = {VITALS_OPERATIONS(VITALS_ADDRESS)};
    return all;
}

}  // namespace vitals::endpoints
