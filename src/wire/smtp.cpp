#include "wire/smtp.hpp"

#include <algorithm>
#include <cctype>

namespace vitals::wire::smtp {

namespace {

bool equal_any_case(std::string_view a, std::string_view b) {
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [](unsigned char x, unsigned char y) {
               return std::toupper(x) == std::toupper(y);
           });
}

// Whether a line, or the begin of one, can be that of a reply: three digits, then a blank, a hyphen
// or the line's end.
bool plausible(std::string_view line) {
    for (std::size_t index = 0; index < std::min<std::size_t>(line.size(), 3); ++index) {
        const char low = index == 0 ? '2' : '0';
        const char high = index == 0 ? '5' : '9';
        if (line[index] < low || line[index] > high) return false;
    }
    return line.size() < 4 || line[3] == ' ' || line[3] == '-' || line[3] == '\r';
}

}  // namespace

bool Reply::offers(std::string_view extension) const {
    // The first line greets.
    return std::any_of(lines.begin() + 1, lines.end(), [&](const std::string& line) {
        return equal_any_case(std::string_view(line).substr(0, line.find(' ')), extension);
    });
}

std::expected<std::optional<Reply>, std::string> take_reply(std::string& buffer) {
    Reply reply;
    std::size_t begin = 0;
    while (begin < buffer.size()) {
        const std::size_t end = buffer.find('\n', begin);
        std::string_view line = std::string_view(buffer).substr(
            begin, end == std::string::npos ? std::string::npos : end - begin);
        if (!plausible(line)) return std::unexpected("not an SMTP reply");
        if (end == std::string::npos) break;
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.size() < 3) return std::unexpected("not an SMTP reply");
        const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
        if (!reply.lines.empty() && code != reply.code) {
            return std::unexpected("an SMTP reply with two codes");
        }
        reply.code = code;
        reply.lines.emplace_back(line.size() > 4 ? line.substr(4) : std::string_view());
        begin = end + 1;
        if (begin > longest_reply) break;
        if (line.size() == 3 || line[3] == ' ') {
            buffer.erase(0, begin);
            return reply;
        }
    }
    if (buffer.size() > longest_reply) return std::unexpected("an SMTP reply that does not end");
    return std::nullopt;
}

}  // namespace vitals::wire::smtp
