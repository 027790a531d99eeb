// DELETE /v1/components/{name}
#include "endpoints/operations/answers.hpp"

namespace vitals::endpoints {
namespace {

Answered run(Call call) {
    if (!call.control.remove) return not_offered(call);
    call.control.remove(call.names[0], call.who, reply_with_outcome(call));
    return {};
}

constexpr AnswerCase answers[] = {{204, "The component is gone."},
                                  {404, "No component has this name."},
                                  {409, "The component stands in the configuration."}};

}  // namespace

extern constinit const Operation delete_component = make_operation(
    "DELETE", "/v1/components/{name}", "deleteComponent",
    "Remove a component that was created by a push.",
    {.parameters = component_parameter, .right = Right::push, .run = run, .answers = answers});

}  // namespace vitals::endpoints
