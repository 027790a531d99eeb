// Names of properties that dialects know. Checks and dialects use the same names. Other properties
// are shown as they are.
#pragma once

namespace vitals::property {

// s3: false if nothing is configured; healthz writes ` (not configured)` after the name.
inline constexpr const char* configured = "configured";
// An object whose numbers svc_status shows as series of their own.
inline constexpr const char* labels = "labels";

// replication, for delivery.
inline constexpr const char* role = "role";                          // primary|standby|standalone
inline constexpr const char* standby_address = "standby_address";    // of a primary
inline constexpr const char* current_location = "current_location";  // of a primary
inline constexpr const char* receive_location = "receive_location";  // of a standby
inline constexpr const char* replication = "replication";            // whether it takes place

// lsyncd, for delivery.
inline constexpr const char* running = "running";  // whether the process holds its lock
inline constexpr const char* queued_delays = "queued_delays";
inline constexpr const char* status_readable = "status_readable";

}  // namespace vitals::property
