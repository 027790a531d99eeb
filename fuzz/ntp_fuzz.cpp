// Answers of NTP on arbitrary bytes: an accepted one repeats the cookie, and its times are within
// half an era of now.
#include "target.hpp"
#include "wire/ntp.hpp"

namespace vitals::fuzz {

void run(std::string_view bytes) {
    using namespace wire::ntp;
    const System now(std::chrono::seconds(1'796'050'000));
    const std::string cookie =
        bytes.size() < 32 ? std::string(cookie_bytes, 'c') : std::string(bytes.substr(24, 8));
    const auto answer = read_answer(bytes, cookie, now);
    if (!answer) return;
    require(bytes.size() >= 48 && answer->reference.size() == 4);
    require(answer->leap >= 0 && answer->leap <= 3 && answer->stratum <= 255);
    const auto half = std::chrono::seconds(std::int64_t{1} << 31) + std::chrono::seconds(1);
    for (const System time : {answer->received, answer->sent})
        require(time - now <= half && now - time <= half);
}

}  // namespace vitals::fuzz
