#include "wire/memcached.hpp"

#include <algorithm>
#include <charconv>

namespace vitals::wire::memcached {

namespace {

constexpr const char* too_long = "an answer that is too long";
constexpr const char* no_reply = "not a memcached answer";

// The line that begins there, without its end. Nothing while it is incomplete.
std::expected<std::optional<std::string_view>, std::string> line_at(std::string_view bytes,
                                                                    std::size_t position) {
    const std::string_view rest = bytes.substr(position);
    const std::string_view within = rest.substr(0, longest_line);
    const std::size_t end = within.find('\n');
    const std::string_view line = within.substr(0, end);
    // All answers begin with a capital letter; anything else is another protocol.
    if (!line.empty() && (line.front() < 'A' || line.front() > 'Z'))
        return std::unexpected(no_reply);
    const bool printable = std::all_of(line.begin(), line.end(), [](char c) {
        return static_cast<unsigned char>(c) >= ' ' || c == '\r';
    });
    if (!printable) return std::unexpected(no_reply);
    if (end == std::string_view::npos) {
        if (rest.size() >= longest_line) return std::unexpected(too_long);
        return std::nullopt;
    }
    if (!line.ends_with('\r') || line.size() == 1) return std::unexpected(no_reply);
    return line.substr(0, line.size() - 1);
}

// The last word of `VALUE <key> <flags> <bytes>`.
std::expected<std::size_t, std::string> length_of(std::string_view line) {
    if (std::count(line.begin(), line.end(), ' ') != 3) return std::unexpected(no_reply);
    const std::string_view digits = line.substr(line.rfind(' ') + 1);
    std::size_t length = 0;
    const char* const last = digits.data() + digits.size();
    const auto [end, error] = std::from_chars(digits.data(), last, length);
    if (end != last || digits.empty()) return std::unexpected(no_reply);
    if (error != std::errc() || length > longest_data) return std::unexpected(too_long);
    return length;
}

}  // namespace

std::expected<std::optional<Reply>, std::string> take_reply(std::string& buffer) {
    const auto first = line_at(buffer, 0);
    if (!first) return std::unexpected(first.error());
    if (!*first) return std::nullopt;
    std::size_t position = (*first)->size() + 2;
    Reply reply;
    reply.line = **first;
    if (reply.line.starts_with("VALUE ")) {
        const auto length = length_of(reply.line);
        if (!length) return std::unexpected(length.error());
        const std::string_view rest = std::string_view(buffer).substr(position);
        if (rest.size() > *length && rest[*length] != '\r') return std::unexpected(no_reply);
        if (rest.size() > *length + 1 && rest[*length + 1] != '\n')
            return std::unexpected(no_reply);
        if (rest.size() < *length + 2) return std::nullopt;
        reply.value = rest.substr(0, *length);
        position += *length + 2;
        const auto end = line_at(buffer, position);
        if (!end) return std::unexpected(end.error());
        if (!*end) return std::nullopt;
        if (**end != "END") return std::unexpected(no_reply);
        reply.line = **end;
        position += (*end)->size() + 2;
    }
    buffer.erase(0, position);
    return reply;
}

std::string set_command(std::string_view key, std::string_view data, std::int64_t seconds) {
    std::string bytes = "set ";
    bytes += key;
    bytes += " 0 " + std::to_string(seconds) + ' ' + std::to_string(data.size()) + "\r\n";
    bytes += data;
    bytes += "\r\n";
    return bytes;
}

}  // namespace vitals::wire::memcached
