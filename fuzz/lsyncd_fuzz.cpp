// lsyncd's status file of arbitrary bytes, also behind words that let the reader go on;
// and a canary of them.

#include "target.hpp"
#include "wire/lsyncd.hpp"

void vitals::fuzz::run(std::string_view bytes) {
    const std::string text(bytes);
    for (const std::string& whole :
         {text, "Lsyncd status report at now\n" + text + "\nInotify watching 1 directories\n"}) {
        const auto report = vitals::wire::lsyncd::parse_status(whole);
        require(!report || (report->delays >= 0 && report->syncs >= 0));
    }
    const auto canary = vitals::wire::lsyncd::parse_canary(text);
    require(!canary || vitals::wire::lsyncd::canary_text(*canary) == text);
}
