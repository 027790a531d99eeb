// The bodies that the control API takes, on arbitrary bytes: what is taken keeps its limits, what
// is not says why.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "endpoints/api_body.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace vitals::endpoints;
    const auto must = [](bool condition) {
        if (!condition) std::abort();
    };
    const std::string_view body(reinterpret_cast<const char*>(data), size);
    if (const auto push = parse_push("fuzz", body)) {
        must(push->outcome.detail.find_first_of("\r\n") == std::string::npos);
        must(!push->ttl || push->ttl->count() > 0);
    } else {
        must(push.error().status == 400 && !push.error().detail.empty());
    }
    if (const auto text = parse_drain(body, 100)) must(!text->empty() && text->size() <= 100);
    if (const auto beat = parse_heartbeat("w", body)) must(beat->worker == "w");
    if (const auto beats = parse_heartbeats(body)) must(beats->size() <= size);
    return 0;
}
