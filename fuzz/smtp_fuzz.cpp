// SMTP replies on arbitrary bytes: taken in one piece or byte by byte they must be the same, each
// must make the buffer shorter, and nothing may be kept waiting for beyond the limit.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "wire/smtp.hpp"

namespace {

using namespace vitals::wire::smtp;

void require(bool condition) {
    if (!condition) std::abort();
}

// The replies in the buffer, each as one text; `?` at the end when what follows is none.
std::vector<std::string> take_all(std::string& buffer) {
    std::vector<std::string> replies;
    for (;;) {
        const std::size_t before = buffer.size();
        const auto reply = take_reply(buffer);
        if (!reply) {
            replies.emplace_back("?");
            return replies;
        }
        if (!*reply) {
            require(buffer.size() == before && before <= longest_reply);
            return replies;
        }
        require(buffer.size() < before);
        require((*reply)->code >= 200 && (*reply)->code <= 599 && !(*reply)->lines.empty());
        std::string text = std::to_string((*reply)->code);
        for (const std::string& line : (*reply)->lines) text += '\n' + line;
        replies.push_back(text);
        (void)(*reply)->offers("STARTTLS");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string whole(reinterpret_cast<const char*>(data), size);
    std::string buffer = whole;
    const auto at_once = take_all(buffer);
    buffer.clear();
    std::vector<std::string> piecemeal;
    for (const char byte : whole) {
        buffer += byte;
        for (std::string& reply : take_all(buffer)) piecemeal.push_back(std::move(reply));
        if (!piecemeal.empty() && piecemeal.back() == "?") break;
    }
    // Piece by piece a fault may show before the reply that holds it is complete, never later.
    require(piecemeal == at_once);
    return 0;
}
