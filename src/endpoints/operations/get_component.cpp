// GET /v1/components/{name}
#include "endpoints/operations/answers.hpp"
#include "endpoints/shown_objects.hpp"

namespace vitals::endpoints {
namespace {

dialects::Response render(const Snapshot& snapshot, const dialects::Request& request) {
    const ComponentState* state = snapshot.find(request.rest);
    if (state == nullptr) return unknown_component(request.path);
    dialects::Response response = json_answer(
        [&](JsonWriter& writer) { write_component(writer, *state, snapshot, request.now); });
    response.repeat_for = std::chrono::seconds(1);  // its age is shown
    return response;
}

constexpr AnswerCase answers[] = {{404, "No component has this name."}};

}  // namespace

extern constinit const Operation get_component =
    make_operation("GET", "/v1/components/{name}", "getComponent", "One component and its state.",
                   {.parameters = component_parameter,
                    .right = Right::read,
                    .render = render,
                    .answer = &component_schema,
                    .answers = answers});

}  // namespace vitals::endpoints
