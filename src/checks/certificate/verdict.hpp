// The verdict on the contents of files. No I/O, except for the authorities that `complete` trusts.
#pragma once

#include <string>

#include "certificate.hpp"
#include "files.hpp"
#include "vitals/outcome.hpp"

namespace vitals::checks::certificate {

struct Judged {
    Outcome outcome;
    std::string fingerprint;  // of the one file's first certificate
};

// `key` is the file of options.key, if there is one. `password` is revealed.
Judged judge(const Options& options, const std::string& password, const Files& files,
             const File* key, System now);

}  // namespace vitals::checks::certificate
