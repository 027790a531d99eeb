// The composition root: reads the configuration, prepares the process, and serves.
#include "app/daemon.hpp"

#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cstdio>

#include "app/catalog.hpp"
#include "app/logging.hpp"
#include "app/running.hpp"

namespace vitals::app {

const char* const version = "0.1.0";

namespace {

constexpr int exit_config = 78;  // EX_CONFIG

// As many descriptors as the system allows: for 10,000 clients and the connections of the checks.
void raise_descriptor_limit(const Log& log) {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        log(LogLevel::warning, "the limit of open files cannot be raised");
}

}  // namespace

std::vector<std::string> lines_of(const config::Problems& problems) {
    std::vector<std::string> lines;
    for (const config::Problem& problem : problems) lines.push_back(problem.text());
    return lines;
}

int serve(const ServeOptions& options) {
    // There are few threads, and none of them allocates much at a time: one arena is enough and
    // keeps the process small. Without fast bins, a larger allocation does not have to collect them
    // first.
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MXFAST, 0);
    auto loaded = config::load(options.file, catalog());
    if (!loaded) {
        for (const std::string& line : lines_of(loaded.error()))
            std::fprintf(stderr, "%s\n", line.c_str());
        return exit_config;
    }
#if !__has_feature(address_sanitizer)  // whose leak search attaches to the process
    // This process holds secrets: no core file, and no access by other processes of the same user.
    prctl(PR_SET_DUMPABLE, 0);
#endif
    const Logger logger(options.log_level.value_or(loaded->log.level),
                        options.log_format.value_or(loaded->log.format));
    const Log log = logger.log();
    raise_descriptor_limit(log);
    signal(SIGPIPE, SIG_IGN);
    Daemon daemon(std::move(*loaded), options, logger);
    return daemon.run();
}

}  // namespace vitals::app
