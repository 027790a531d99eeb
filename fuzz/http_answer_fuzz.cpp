// An HTTP server that sends arbitrary bytes: the result must be the same in one piece and cut
// anywhere, and nothing may exceed the limits.

#include "target.hpp"
#include "wire/http_answer.hpp"

namespace vitals::fuzz {
namespace {

using vitals::wire::HttpAnswer;

constexpr std::size_t max_body = 64;

// All that came of it, as a text.
std::string told(std::string_view bytes, std::size_t piece, bool to_head) {
    HttpAnswer answer(to_head, max_body);
    std::expected<bool, vitals::CheckError> taken = false;
    for (std::size_t at = 0; at < bytes.size() && taken && !*taken; at += piece)
        taken = answer.receive(bytes.substr(at, piece));
    if (taken && !*taken) taken = answer.end();
    require(answer.body.size() <= max_body);
    // How much of an invalid body was taken depends on where it was cut.
    if (!taken) return "! " + taken.error().detail;
    require(answer.status >= 100 && answer.status <= 999);
    std::string text = std::to_string(answer.status) + answer.body;
    for (const auto* fields : {&answer.headers, &answer.trailers})
        for (const auto& [name, value] : *fields) text += name + "=" + value + ";";
    return text;
}

}  // namespace

void run(std::string_view bytes) {
    if (bytes.empty()) return;
    const bool to_head = (bytes[0] & 1) != 0;
    bytes.remove_prefix(1);
    const std::string whole = told(bytes, bytes.size(), to_head);
    require(told(bytes, 1, to_head) == whole && told(bytes, 7, to_head) == whole);
}

}  // namespace vitals::fuzz
