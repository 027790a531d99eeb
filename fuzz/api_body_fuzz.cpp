// The bodies that the control API takes, on arbitrary bytes: what is taken keeps its limits, what
// is not says why.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "endpoints/operation.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace vitals::endpoints;
    const auto must = [](bool condition) {
        if (!condition) std::abort();
    };
    const std::string body(reinterpret_cast<const char*>(data), size);
    bool taken = false;
    Control control;
    control.push = [&](vitals::Push push, auto) {
        taken = true;
        must(push.outcome.detail.find_first_of("\r\n") == std::string::npos);
        must(!push.ttl || push.ttl->count() > 0);
    };
    control.decommission = [&](std::string text, std::string, auto) {
        taken = true;
        must(!text.empty() && text.size() <= 1024);
    };
    control.heartbeat = [&](vitals::Heartbeats beats, auto) {
        taken = true;
        must(beats.beats.size() <= size + 1);
    };
    for (const Operation* operation : operations()) {
        if (operation->body == nullptr) continue;
        taken = false;
        Call call{control, {"fuzz", "worker"}, "/v1", "fuzz", body, [](vitals::http::Response) {}};
        const auto answer = operation->run(std::move(call));
        must(answer.has_value() != taken);
        must(!answer || (answer->status == 400 && !answer->body.empty()));
    }
    return 0;
}
