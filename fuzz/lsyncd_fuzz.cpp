// lsyncd's status file of arbitrary bytes, also behind words that let the reader go on;
// and a canary of them.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "wire/lsyncd.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    for (const std::string& whole :
         {text, "Lsyncd status report at now\n" + text + "\nInotify watching 1 directories\n"}) {
        const auto report = vitals::wire::lsyncd::parse_status(whole);
        if (report && (report->delays < 0 || report->syncs < 0)) std::abort();
    }
    const auto canary = vitals::wire::lsyncd::parse_canary(text);
    if (canary && vitals::wire::lsyncd::canary_text(*canary) != text) std::abort();
    return 0;
}
