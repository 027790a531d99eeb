// Messages of workers, on arbitrary bytes: the result is never larger than the input.

#include "target.hpp"
#include "wire/celery.hpp"

void vitals::fuzz::run(std::string_view text) {
    using namespace vitals::wire::celery;
    const auto opened = read_envelope(text);
    require(!opened || opened->body.size() <= text.size());
    if (opened) (void)read_replies(opened->body);
    (void)read_replies(text);
    const auto events = read_events(text);
    // Shown as a date, so it must be one.
    if (events)
        for (const auto& event : *events)
            require(event.timestamp >= 0 && event.timestamp < 253'402'300'800.0);
}
