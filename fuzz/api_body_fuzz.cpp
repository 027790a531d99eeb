// The bodies that the control API takes, on arbitrary bytes: what is taken keeps its limits, what
// is not says why.

#include "endpoints/operation.hpp"
#include "target.hpp"

void vitals::fuzz::run(std::string_view body) {
    using namespace vitals::endpoints;
    bool taken = false;
    Control control;
    control.push = [&](vitals::Push push, auto) {
        taken = true;
        require(push.outcome.detail.find_first_of("\r\n") == std::string::npos);
        require(!push.ttl || push.ttl->count() > 0);
    };
    control.decommission = [&](std::string text, std::string, auto) {
        taken = true;
        require(!text.empty() && text.size() <= 1024);
    };
    control.heartbeat = [&](vitals::Heartbeats beats, auto) {
        taken = true;
        require(beats.beats.size() <= body.size() + 1);
    };
    for (const Operation* operation : operations()) {
        if (operation->body == nullptr) continue;
        taken = false;
        Call call{control, {"fuzz", "worker"}, "/v1",
                  "fuzz",  std::string(body),  [](vitals::http::Response) {}};
        const auto answer = operation->run(std::move(call));
        require(answer.has_value() != taken);
        require(!answer || (answer->status == 400 && !answer->body.empty()));
    }
}
