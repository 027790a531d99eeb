// How a receiver that does not speak HTTP is told: by its own coroutine. Separate from
// receiver.hpp, which most receivers include without the asynchronous machinery.
#pragma once

#include "alerts/receivers/receiver.hpp"
#include "net/awaitable.hpp"
#include "net/context.hpp"

namespace vitals::alerts::receivers {

struct Transport {
    // Ends by itself soon after it was cancelled. A CheckError is a failed attempt; in the phase
    // committed_phase it is a doubtful one.
    net::awaitable<Attempt> (*tell)(const Envelope& envelope, const AnyOptions& options,
                                    net::Context& context) = nullptr;
};

// From a coroutine (const Envelope&, const Options&, net::Context&) -> Attempt.
template <class Options, auto tell>
constexpr Transport make_transport() {
    return {[](const Envelope& envelope, const AnyOptions& options, net::Context& context) {
        return tell(envelope, options.as<Options>(), context);
    }};
}

}  // namespace vitals::alerts::receivers
