// The composition root: from a configuration file to a running daemon, through reloads and signals,
// to an orderly end.
#pragma once

#include <optional>
#include <string>

namespace vitals::app {

struct ServeOptions {
    std::string file;                      // the configuration
    std::optional<std::string> log_level;  // replaces that of the file
    std::optional<std::string> log_format;
};

// Serves until SIGTERM or SIGINT. Returns the exit code: 0 after an orderly end, 78 when the
// configuration is wrong (problems on stderr), 71 when a listener cannot be bound, 75 when another
// daemon uses the state directory.
int serve(const ServeOptions& options);

extern const char* const version;  // "0.1.0"

}  // namespace vitals::app
