// POST /v1/components/{name}/run
#include "endpoints/operations/answers.hpp"
#include "endpoints/shown_objects.hpp"

namespace vitals::endpoints {
namespace {

Answered run(Call call) {
    if (!call.control.run) return not_offered(call);
    call.control.run(call.names[0], [path = call.path, reply = std::move(call.reply)](
                                        const std::shared_ptr<const ComponentState>& state) {
        if (state == nullptr) {
            reply(problem_answer(404, "there is no component of this name, or it went away", path));
            return;
        }
        Snapshot alone;
        alone.components.push_back(state);
        reply(json_answer(
            [&](JsonWriter& writer) { write_component(writer, *state, alone, state->observed); }));
    });
    return {};
}

constexpr AnswerCase answers[] = {{404, "No component has this name."}};

}  // namespace

extern constinit const Operation run_component =
    make_operation("POST", "/v1/components/{name}/run", "runComponent",
                   "Run its check now, or share the run under way, and return the state after it.",
                   {.parameters = component_parameter,
                    .right = Right::control,
                    .run = run,
                    .answer = &component_schema,
                    .answers = answers});

}  // namespace vitals::endpoints
