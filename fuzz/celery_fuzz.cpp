// What workers say, on arbitrary bytes: nothing may be read that is larger than what was given.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "wire/celery.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace vitals::wire::celery;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto opened = read_envelope(text);
    if (opened && opened->body.size() > size) std::abort();
    if (opened) (void)read_replies(opened->body);
    (void)read_replies(text);
    const auto events = read_events(text);
    // Shown as a date, so it must be one.
    if (events)
        for (const auto& event : *events)
            if (!(event.timestamp >= 0 && event.timestamp < 253'402'300'800.0)) std::abort();
    return 0;
}
