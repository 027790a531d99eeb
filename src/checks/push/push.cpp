#include "push.hpp"

#include "text/prose.hpp"

namespace vitals::checks::push {

namespace {

constexpr Field fields[] = {
    field<&Options::ttl>("ttl", "How long a pushed state holds; silence beyond it is failed.",
                         {.example = "90s", .least = 1}),
};

constexpr std::string_view proves = R"(
    Nothing by itself: it repeats what a program, a script or the library said about itself, and
    that it was said less than `ttl` ago. Whoever falls silent is failed, whatever was said last. It
    cannot tell whether what is pushed is true; push after the work was done, not from a timer
    beside it.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, nullptr>(
    "push", "takes the state that is pushed to it", {.proves = proves});

}  // namespace vitals::checks::push
