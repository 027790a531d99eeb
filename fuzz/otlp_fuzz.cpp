// What a collector answers, on arbitrary bytes.

#include "otlp/messages.hpp"
#include "target.hpp"

void vitals::fuzz::run(std::string_view bytes) {
    if (const auto partial = vitals::otlp::read_response(bytes))
        require(partial->why.size() <= bytes.size());
}
