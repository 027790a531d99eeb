#include "wire/ntp.hpp"

#include <cmath>

namespace vitals::wire::ntp {

namespace {

constexpr std::size_t header_bytes = 48;
constexpr std::size_t transmit_at = 40;
constexpr std::int64_t from_1900_to_1970 = 2'208'988'800;
constexpr std::int64_t era = std::int64_t{1} << 32;  // seconds

std::uint32_t word_at(std::string_view bytes, std::size_t at) {
    std::uint32_t word = 0;
    for (std::size_t i = 0; i < 4; ++i)
        word = word << 8 | static_cast<unsigned char>(bytes[at + i]);
    return word;
}

// 16 bits of seconds and 16 of their fraction.
std::chrono::nanoseconds short_span(std::uint32_t word) {
    return std::chrono::nanoseconds(static_cast<std::int64_t>(word) * 1'000'000'000 >> 16);
}

// In the era that is nearest to `near`.
System time_at(std::string_view bytes, std::size_t at, System near) {
    const std::int64_t near_seconds =
        std::chrono::duration_cast<std::chrono::seconds>(near.time_since_epoch()).count();
    std::int64_t seconds = static_cast<std::int64_t>(word_at(bytes, at)) - from_1900_to_1970;
    while (near_seconds - seconds > era / 2) seconds += era;
    const std::int64_t fraction =
        static_cast<std::int64_t>(word_at(bytes, at + 4)) * 1'000'000'000 >> 32;
    return System(std::chrono::seconds(seconds) + std::chrono::nanoseconds(fraction));
}

}  // namespace

std::string question(std::string_view cookie) {
    std::string bytes(header_bytes, '\0');
    bytes[0] = 0x23;  // no leap second, version 4, client
    bytes.replace(transmit_at, cookie_bytes, cookie.substr(0, cookie_bytes));
    return bytes;
}

std::expected<Answer, std::string> read_answer(std::string_view bytes, std::string_view cookie,
                                               System near) {
    if (bytes.size() < header_bytes) return std::unexpected("too short for NTP");
    const auto first = static_cast<unsigned char>(bytes[0]);
    constexpr int server = 4;
    if ((first & 7) != server) return std::unexpected("no answer of a server");
    Answer answer;
    answer.leap = first >> 6;
    answer.version = first >> 3 & 7;
    if (answer.version < 3 || answer.version > 4) return std::unexpected("another version of NTP");
    if (bytes.substr(24, cookie_bytes) != cookie)
        return std::unexpected("an answer to another question");
    answer.stratum = static_cast<unsigned char>(bytes[1]);
    answer.root_delay = short_span(word_at(bytes, 4));
    answer.root_dispersion = short_span(word_at(bytes, 8));
    answer.reference = bytes.substr(12, 4);
    answer.received = time_at(bytes, 32, near);
    answer.sent = time_at(bytes, transmit_at, near);
    return answer;
}

}  // namespace vitals::wire::ntp
