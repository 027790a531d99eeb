#include "wire/pop3.hpp"

namespace vitals::wire::pop3 {

std::expected<std::optional<std::string>, std::string> take_line(std::string& buffer) {
    const std::size_t end = buffer.find('\n');
    if (end > longest_line && buffer.size() > longest_line)
        return std::unexpected("a POP3 line that does not end");
    if (end == std::string::npos) return std::nullopt;
    std::string line = buffer.substr(0, end);
    if (line.ends_with('\r')) line.pop_back();
    buffer.erase(0, end + 1);
    return line;
}

std::expected<Reply, std::string> read_reply(std::string_view line) {
    Reply reply;
    reply.good = line == "+OK" || line.starts_with("+OK ");
    if (!reply.good && line != "-ERR" && !line.starts_with("-ERR "))
        return std::unexpected("not a POP3 reply");
    line.remove_prefix(reply.good ? 3 : 4);
    if (line.starts_with(' ')) line.remove_prefix(1);
    const std::size_t end = line.find(']');
    if (line.starts_with('[') && end != std::string_view::npos) {
        reply.code = line.substr(1, end - 1);
        line.remove_prefix(end + 1);
        if (line.starts_with(' ')) line.remove_prefix(1);
    }
    reply.text = line;
    return reply;
}

}  // namespace vitals::wire::pop3
