/* The same from C: one handler that is asked, one state that is set, served over HTTP.
 *
 *     watch [PORT [SECONDS]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vitals/vitals.h>

static vitals_status disk(void* user, char* detail, size_t size) {
    snprintf(detail, size, "%s is fine", (const char*)user);
    return VITALS_OK;
}

static int complain(void) {
    fprintf(stderr, "vitals: %s\n", vitals_last_error());
    return 1;
}

int main(int count, char** words) {
    char address[64];
    snprintf(address, sizeof address, "127.0.0.1:%s", count > 1 ? words[1] : "8080");

    vitals_registry* registry = NULL;
    if (vitals_registry_create("watch", "1.0", &registry)) return complain();
    if (vitals_add_handler(registry, "disk", disk, "the disk", 1000, 500)) return complain();
    if (vitals_set_state(registry, "queue", VITALS_DEGRADED, "long")) return complain();
    if (vitals_wait_for(registry, "disk", VITALS_OK, 5000)) return complain();

    vitals_server* server = NULL;
    if (vitals_serve(registry, address, &server)) return complain();
    printf("ready on port %d\n", vitals_server_port(server));
    fflush(stdout);
    sleep((unsigned)(count > 2 ? atoi(words[2]) : 3600));

    char* json = NULL;
    if (vitals_snapshot_json(registry, &json)) return complain();
    puts(json);
    vitals_free(json);
    vitals_server_destroy(server);
    vitals_registry_destroy(registry);
    return 0;
}
