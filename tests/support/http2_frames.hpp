// For tests of HTTP/2: what a raw peer sends, frame by frame (RFC 9113, RFC 7541 without tables).
#pragma once

#include <cstdint>
#include <string>

namespace vitals::testing {

inline std::string number(std::uint32_t value) {
    std::string bytes;
    for (const unsigned shift : {24U, 16U, 8U, 0U})
        bytes += static_cast<char>(value >> shift & 0xff);
    return bytes;
}

// Types: 0 DATA, 1 HEADERS, 3 RST_STREAM, 4 SETTINGS, 7 GOAWAY.
inline std::string frame(char type, char flags, std::uint32_t stream, const std::string& payload) {
    return number(static_cast<std::uint32_t>(payload.size())).substr(1) + type + flags +
           number(stream) + payload;
}

inline std::string goaway(std::uint32_t last_stream, std::uint32_t code) {
    return frame(7, 0, 0, number(last_stream) + number(code));
}

inline std::string reset_stream(std::uint32_t stream, std::uint32_t code) {
    return frame(3, 0, stream, number(code));
}

// A header as HPACK's literal without indexing, new name.
inline std::string header(const std::string& name, const std::string& value) {
    return std::string(1, '\0') + static_cast<char>(name.size()) + name +
           static_cast<char>(value.size()) + value;
}

// What a server begins with: its settings, and that it has seen ours.
inline std::string greeting() {
    return frame(4, 0, 0, "") + frame(4, 1, 0, "");
}

}  // namespace vitals::testing
