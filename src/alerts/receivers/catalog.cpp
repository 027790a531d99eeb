// Every receiver there is, in the order of the documentation: one line each. All are
// constant-initialised, so that the catalog may be used at any time.
// clang-format off
#define VITALS_RECEIVERS(receiver) \
    receiver(email) \
    receiver(exec) \
    receiver(webhook) \
    receiver(alertmanager) \
    receiver(slack) \
    receiver(teams) \
    receiver(discord) \
    receiver(telegram) \
    receiver(matrix) \
    receiver(googlechat) \
    receiver(ntfy) \
    receiver(gotify) \
    receiver(pushover) \
    receiver(pagerduty) \
    receiver(jsm)
// clang-format on

#include "alerts/receivers/receiver.hpp"

namespace vitals::alerts::receivers {

#define VITALS_DECLARE(name) extern const Receiver name;
VITALS_RECEIVERS(VITALS_DECLARE)
#undef VITALS_DECLARE

std::span<const Receiver* const> all() {
#define VITALS_ADDRESS(name) &name,
    static constexpr const Receiver* catalog[] = {VITALS_RECEIVERS(VITALS_ADDRESS)};
#undef VITALS_ADDRESS
    return catalog;
}

const Receiver* find(std::string_view name) {
    for (const Receiver* receiver : all())
        if (receiver->description.name == name) return receiver;
    return nullptr;
}

}  // namespace vitals::alerts::receivers
