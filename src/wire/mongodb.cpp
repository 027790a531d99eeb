#include "wire/mongodb.hpp"

#include <string_view>

namespace vitals::wire::mongodb {

namespace {

constexpr std::size_t header_size = 16;
constexpr std::size_t before_document = header_size + 4 + 1;  // flags, kind of section
constexpr std::uint32_t op_msg = 2013;
constexpr std::uint32_t with_checksum = 1;
constexpr std::uint32_t must_be_known = 0xffff;
constexpr std::uint32_t more_to_come = 2;
constexpr std::size_t checksum_size = 4;

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = at + 4; i-- > at;)
        value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return value;
}

std::string little(std::uint32_t value) {
    std::string made;
    for (unsigned shift = 0; shift < 32; shift += 8)
        made += static_cast<char>(value >> shift & 0xff);
    return made;
}

}  // namespace

std::expected<std::optional<Message>, std::string> take_message(std::string& buffer) {
    constexpr auto wrong = "not a message of MongoDB";
    if (buffer.size() < 4) return std::nullopt;
    const std::size_t size = number_at(buffer, 0);
    if (size < before_document + 5 || size > longest_message) return std::unexpected(wrong);
    if (buffer.size() >= header_size && number_at(buffer, 12) != op_msg)
        return std::unexpected(wrong);
    if (buffer.size() < size) return std::nullopt;
    const std::uint32_t flags = number_at(buffer, header_size);
    const bool good = (flags & must_be_known & ~(with_checksum | more_to_come)) == 0 &&
                      buffer[header_size + 4] == '\0';
    if (!good) return std::unexpected(wrong);
    const std::size_t behind = (flags & with_checksum) != 0 ? checksum_size : 0;
    if (size < before_document + 5 + behind) return std::unexpected(wrong);
    auto document = bson::read(
        std::string_view(buffer).substr(before_document, size - before_document - behind));
    if (!document) return std::unexpected(document.error());
    Message taken;
    taken.answers = static_cast<std::int32_t>(number_at(buffer, 8));
    taken.document = std::move(*document);
    buffer.erase(0, size);
    return taken;
}

std::string command(std::int32_t number, const bson::Writer& document) {
    const std::string body = document.document();
    return little(static_cast<std::uint32_t>(before_document + body.size())) +
           little(static_cast<std::uint32_t>(number)) + little(0) + little(op_msg) + little(0) +
           '\0' + body;
}

}  // namespace vitals::wire::mongodb
