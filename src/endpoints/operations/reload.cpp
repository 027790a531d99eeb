// POST /v1/reload
#include "endpoints/operations/answers.hpp"

namespace vitals::endpoints {
namespace {

Answered run(Call call) {
    if (!call.control.reload) return not_offered(call);
    call.control.reload([path = call.path,
                         reply = std::move(call.reply)](const std::vector<std::string>& problems) {
        reply(problems.empty()
                  ? empty_answer(204)
                  : problem_answer(422, "the new configuration is wrong and changes nothing", path,
                                   problems));
    });
    return {};
}

constexpr AnswerCase answers[] = {
    {204, "The new configuration is in force."},
    {422, "The new configuration is wrong; nothing changed. `problems` has one line for each."}};

}  // namespace

extern constinit const Operation reload =
    make_operation("POST", "/v1/reload", "reload", "Read the configuration again.",
                   {.right = Right::control, .run = run, .answers = answers});

}  // namespace vitals::endpoints
