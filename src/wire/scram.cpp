#include "wire/scram.hpp"

#include <charconv>
#include <cstddef>
#include <limits>
#include <system_error>

namespace vitals::wire::scram {

namespace {

constexpr std::size_t head = 5;                       // type and length
constexpr std::uint32_t authentication_goes_on = 11;  // AuthenticationSASLContinue

std::uint32_t number_at(std::string_view text, std::size_t at) {
    std::uint32_t made = 0;
    for (const char c : text.substr(at, 4)) made = made << 8 | static_cast<unsigned char>(c);
    return made;
}

// `r=NONCE,s=SALT,i=4096`; neither nonce nor salt may hold a comma.
std::optional<std::uint64_t> iterations_in(std::string_view first_message) {
    constexpr std::string_view before = ",i=";
    const std::size_t at = first_message.find(before);
    if (at == std::string_view::npos) return std::nullopt;
    const char* const begin = first_message.data() + at + before.size();
    std::uint64_t count = 0;
    const auto [end, error] =
        std::from_chars(begin, first_message.data() + first_message.size(), count);
    if (error == std::errc::result_out_of_range) return std::numeric_limits<std::uint64_t>::max();
    return error == std::errc() ? std::optional(count) : std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> iterations_asked(std::string_view messages) {
    while (messages.size() >= head) {
        const std::size_t length = number_at(messages, 1);  // with itself, without the type
        if (length < 4) return std::nullopt;
        const std::string_view body = messages.substr(head, length - 4);
        if (messages[0] == 'R' && body.size() > 4 && number_at(body, 0) == authentication_goes_on)
            return iterations_in(body.substr(4));
        if (length + 1 > messages.size()) return std::nullopt;
        messages.remove_prefix(length + 1);
    }
    return std::nullopt;
}

}  // namespace vitals::wire::scram
