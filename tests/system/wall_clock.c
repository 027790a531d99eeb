/* Sets the wall clock of one process, for tests: LD_PRELOAD this, and WALL_CLOCK names a file with a
 * 64-bit number of seconds that are added. Only the wall clock differs; the kernel's own times (files,
 * timers) stay as they are. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t zero;
static const volatile int64_t *seconds = &zero;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("WALL_CLOCK");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *shared = mmap(NULL, sizeof *seconds, PROT_READ, MAP_SHARED, file, 0);
    if (shared != MAP_FAILED) seconds = shared;
    close(file);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = (int)syscall(SYS_clock_gettime, clock, now);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += *seconds;
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    (void)zone;
    struct timespec real;
    int result = clock_gettime(CLOCK_REALTIME, &real);
    now->tv_sec = real.tv_sec;
    now->tv_usec = real.tv_nsec / 1000;
    return result;
}

time_t time(time_t *out) {
    struct timespec real;
    clock_gettime(CLOCK_REALTIME, &real);
    if (out) *out = real.tv_sec;
    return real.tv_sec;
}
