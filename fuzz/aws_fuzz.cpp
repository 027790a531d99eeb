// Refusals of AWS and of compatible services: XML and JSON, translated into vitals' words.

#include "backends/aws/answers.hpp"
#include "backends/aws/service.hpp"
#include "target.hpp"

void vitals::fuzz::run(std::string_view body) {
    namespace aws = vitals::backends::aws;
    for (const auto& refusal : {aws::refusal_of_xml(body), aws::refusal_of_json(body)}) {
        require(refusal.region.empty() || aws::is_region(refusal.region));
        const vitals::CheckError error = aws::meaning_of(refusal, 403, "to create an object");
        // vitals' text is short and has one line, whatever the other side says.
        require(!error.detail.empty() && error.detail.size() <= 500);
        for (const char c : error.detail + error.error)
            require(static_cast<unsigned char>(c) >= 0x20);
    }
}
