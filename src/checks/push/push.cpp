#include "push.hpp"

#include "checks/ping_key.hpp"
#include "text/prose.hpp"

namespace vitals::checks::push {

namespace {

constexpr Field fields[] = {
    field<&Options::ttl>("ttl", "How long a pushed state holds; after longer silence it is failed.",
                         {.example = "90s", .least = 1}),
    ping_key_field<&Options::ping_key>(),
    field<&Options::fleet>("fleet",
                           "Whether what is pushed to one node of the fleet counts on all nodes."),
};

constexpr std::string_view proves = R"(
    Nothing by itself: the component shows what a program, a script or the library
    reported, and that it was reported less than `ttl` ago. A component that falls silent
    is failed, whatever was reported last. The check cannot tell whether the report is
    true. Push after the work is done, not from a timer beside it.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, nullptr>(
    "push", "Takes the state that is pushed to it.", {.proves = proves});

}  // namespace vitals::checks::push
