/* vitals for C, and for every language that can call it. Handles are opaque; functions return an
 * error code, never throw and never abort; vitals_last_error() says more, for the calling thread.
 * Thread-safe, except that a handle must not be destroyed while another call uses it. Strings are
 * UTF-8, end with NUL and are copied. */
#ifndef VITALS_VITALS_H
#define VITALS_VITALS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct vitals_registry vitals_registry;
typedef struct vitals_server vitals_server;

typedef enum vitals_status {
    VITALS_OK = 0,
    VITALS_DEGRADED = 1,
    VITALS_FAILED = 2,
    VITALS_UNKNOWN = 3
} vitals_status;

typedef enum vitals_error {
    VITALS_SUCCESS = 0,
    VITALS_INVALID = 1,   /* an argument is null or impossible */
    VITALS_NOT_FOUND = 2, /* no component has that name */
    VITALS_TIMEOUT = 3,   /* the time to wait is up */
    VITALS_SYSTEM = 4     /* an address cannot be bound, memory is short, ... */
} vitals_error;

/* What the last failed call of this thread failed of; empty if none did. Valid until its next. */
const char* vitals_last_error(void);

/* `service` and `version` are what responses report; either may be null. */
vitals_error vitals_registry_create(const char* service, const char* version,
                                    vitals_registry** registry);
/* Returns within a second, whatever hangs. Null is ignored. Servers must be destroyed before. */
void vitals_registry_destroy(vitals_registry* registry);

/* Sets the state of a component, which is registered by the first call. `detail` may be null. */
vitals_error vitals_set_state(vitals_registry* registry, const char* name, vitals_status status,
                              const char* detail);

/* Asked every interval on a thread of the registry. Returns a status and may write a detail, NUL
 * included, of at most `size` bytes. One that does not return in time is failed and is not called
 * again until it returns. `user` must live as long as it may be called. */
typedef vitals_status (*vitals_handler)(void* user, char* detail, size_t size);
vitals_error vitals_add_handler(vitals_registry* registry, const char* name, vitals_handler handler,
                                void* user, uint32_t interval_ms, uint32_t timeout_ms);

vitals_error vitals_remove(vitals_registry* registry, const char* name);
vitals_error vitals_get_status(vitals_registry* registry, const char* name, vitals_status* status);
vitals_error vitals_wait_for(vitals_registry* registry, const char* name, vitals_status status,
                             uint32_t at_most_ms);

/* All components with status, detail and time, as `application/health+json`. Free with
 * vitals_free(). */
vitals_error vitals_snapshot_json(vitals_registry* registry, char** json);
void vitals_free(char* text);

/* Not ready from now on, with this text; "OK" ends it. */
vitals_error vitals_decommission(vitals_registry* registry, const char* text);

/* Serves on host:port (port 0: any) or unix:PATH, on a thread of its own. */
vitals_error vitals_serve(vitals_registry* registry, const char* address, vitals_server** server);
uint16_t vitals_server_port(const vitals_server* server);
void vitals_server_destroy(vitals_server* server);

#ifdef __cplusplus
}
#endif

#endif
