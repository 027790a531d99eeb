// Certificates in files: how long they are valid, whether the chain is complete, whether the key
// belongs to them, and whether a server shows the one on the disk.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "checks/kind.hpp"

namespace vitals::checks::certificate {

struct Options {
    std::string path;  // a file, a glob, a directory
    std::string key;   // path of the private key
    Secret password;   // of the key, or of a PKCS #12 file
    std::chrono::milliseconds degraded_below = std::chrono::days(21);
    std::chrono::milliseconds failed_below = std::chrono::days(3);
    bool complete = false;
    std::string ca;  // authorities that `complete` trusts; empty: the system's
    std::vector<std::string> names;
    std::string serves;  // host:port of the server that shows it
};

extern const Kind kind;

}  // namespace vitals::checks::certificate
