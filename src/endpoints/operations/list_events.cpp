// GET /v1/events: a stream.
#include <charconv>

#include "endpoints/event_stream.hpp"
#include "endpoints/operations/answers.hpp"
#include "endpoints/operations/period.hpp"

namespace vitals::endpoints {
namespace {

constexpr QueryParameter query[] = {
    {"component",
     "Only events of components that this selector takes: a glob on names, `tag:NAME` "
     "or `kind:NAME`."},
    {"last_event_id", "As the field `Last-Event-ID`: what came after this event is told first."}};

std::optional<std::uint64_t> read_id(std::string_view text) {
    std::uint64_t id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error != std::errc{} || end != text.data() + text.size()) return {};
    return id;
}

Streamed open(const StreamCall& call) {
    const auto wrong = [&](std::string_view what) {
        return Streamed{problem_answer(400, what, call.path), nullptr};
    };
    if (call.control.happenings == nullptr)
        return {problem_answer(501, "this program does not offer that", call.path), nullptr};
    EventsAsked asked;
    std::string_view last = call.last_event_id;
    if (const std::string* by_query = parameter(call.query, "last_event_id");
        by_query != nullptr && last.empty())
        last = *by_query;
    if (!last.empty()) {
        const auto id = read_id(last);
        if (!id) return wrong("Last-Event-ID: expected the number that the last event had");
        asked.after = *id;
        asked.resumed = true;
    }
    if (const std::string* component = parameter(call.query, "component")) {
        if (const std::string problem = selector_problem(*component); !problem.empty())
            return wrong("component: " + problem);
        asked.components = Selector({*component});
    }
    return {event_stream_head(),
            event_stream(*call.control.happenings, call.hub, call.clock, std::move(asked))};
}

constexpr AnswerCase answers[] = {
    {400, "A parameter is wrong."},
    {503, "There are as many streams as may be; `Retry-After` says when to ask again."}};

}  // namespace

extern constinit const Operation list_events =
    make_operation("GET", "/v1/events", "listEvents",
                   "What happens, as server-sent events: `event` names what, `data` is one line of "
                   "JSON. Every 5 s comes a `beat`. `lost` tells that events are missing.",
                   {.query = query, .right = Right::read, .open = open, .answers = answers});

}  // namespace vitals::endpoints
