#include "wire/icmp.hpp"

namespace vitals::wire::icmp {

namespace {

constexpr std::size_t header_bytes = 8;  // type, code, checksum, id, sequence

}  // namespace

std::string write_request(Version version, const Echo& echo) {
    std::string bytes(header_bytes, '\0');
    bytes[0] = static_cast<char>(version == Version::four ? 8 : 128);
    bytes[6] = static_cast<char>(echo.sequence >> 8);
    bytes[7] = static_cast<char>(echo.sequence & 0xff);
    return bytes + echo.payload;
}

std::optional<Echo> read_reply(Version version, std::string_view bytes) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(bytes[at]); };
    if (bytes.size() < header_bytes) return std::nullopt;
    if (byte(0) != (version == Version::four ? 0 : 129) || byte(1) != 0) return std::nullopt;
    return Echo{static_cast<std::uint16_t>(byte(6) << 8 | byte(7)),
                std::string(bytes.substr(header_bytes))};
}

}  // namespace vitals::wire::icmp
