// What AWS and those that speak like it refuse with: XML and JSON, in our words afterwards.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "backends/aws/answers.hpp"
#include "backends/aws/service.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace aws = vitals::backends::aws;
    const std::string_view body(reinterpret_cast<const char*>(data), size);
    for (const auto& refusal : {aws::refusal_of_xml(body), aws::refusal_of_json(body)}) {
        if (!refusal.region.empty() && !aws::is_region(refusal.region)) std::abort();
        const vitals::CheckError error = aws::meaning_of(refusal, 403, "to create an object");
        // Ours is short and of one line, whatever theirs is.
        if (error.detail.empty() || error.detail.size() > 500) std::abort();
        for (const char c : error.detail + error.error)
            if (static_cast<unsigned char>(c) < 0x20) std::abort();
    }
    return 0;
}
