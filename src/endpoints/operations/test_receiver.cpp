// POST /v1/receivers/{name}/test
#include "endpoints/operations/changed.hpp"

namespace vitals::endpoints {
namespace {

Answered run(Call call) {
    if (!call.control.people.test_receiver) return not_offered(call);
    call.control.people.test_receiver(call.names[0], reply_with_change(call, 204));
    return {};
}

constexpr PathParameter name[] = {{"name", "The receiver's name in the configuration.", 256}};
constexpr AnswerCase answers[] = {{204, "The receiver took it."},
                                  {404, "There is no receiver of this name."},
                                  {422, "It could not be delivered; the detail says why."}};

}  // namespace

extern constinit const Operation test_receiver =
    make_operation("POST", "/v1/receivers/{name}/test", "testReceiver",
                   "Send a receiver of alerts a message that says that nothing is wrong.",
                   {.parameters = name, .right = Right::control, .run = run, .answers = answers});

}  // namespace vitals::endpoints
