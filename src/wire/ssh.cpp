#include "wire/ssh.hpp"

#include <algorithm>

namespace vitals::wire::ssh {

namespace {

constexpr std::size_t longest_line = 255;
constexpr std::size_t block = 8;
constexpr std::size_t least_padding = 4;
constexpr std::size_t most_strings = 64;
constexpr std::size_t cookie_bytes = 16;

std::string word(std::uint32_t value) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xff);
    return bytes;
}

std::uint32_t word_at(std::string_view bytes, std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i)
        value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
    return value;
}

// Takes the string at the front of `bytes`.
std::optional<std::string_view> take_string(std::string_view& bytes) {
    if (bytes.size() < 4) return std::nullopt;
    const std::uint32_t size = word_at(bytes, 0);
    if (size > bytes.size() - 4) return std::nullopt;
    const std::string_view text = bytes.substr(4, size);
    bytes.remove_prefix(4 + size);
    return text;
}

std::string list_of(const std::vector<std::string>& names) {
    std::string list;
    for (const std::string& name : names) list += (list.empty() ? "" : ",") + name;
    return write_string(list);
}

std::vector<std::string> names_of(std::string_view list) {
    std::vector<std::string> names;
    while (!list.empty()) {
        const std::string_view name = list.substr(0, list.find(','));
        names.emplace_back(name);
        list.remove_prefix(std::min(list.size(), name.size() + 1));
    }
    return names;
}

bool printable(std::string_view line) {
    return std::ranges::all_of(line, [](char byte) { return byte >= ' ' || byte == '\t'; });
}

}  // namespace

std::expected<std::optional<std::string>, std::string> take_banner(std::string& buffer) {
    std::size_t begin = 0;
    while (begin < buffer.size()) {
        const std::size_t end = buffer.find('\n', begin);
        const bool whole = end != std::string::npos;
        std::string_view line =
            std::string_view(buffer).substr(begin, whole ? end - begin : std::string::npos);
        if (line.size() > longest_line) return std::unexpected("not SSH: a line that is too long");
        if (!whole) break;
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.starts_with("SSH-")) {
            if (!printable(line)) return std::unexpected("not SSH: a banner of odd bytes");
            std::string banner(line);
            buffer.erase(0, end + 1);
            return banner;
        }
        begin = end + 1;
    }
    if (buffer.size() > longest_greeting) return std::unexpected("not SSH: no banner");
    return std::nullopt;
}

std::expected<std::optional<std::string>, std::string> take_packet(std::string& buffer) {
    if (buffer.size() < 5) return std::nullopt;
    const std::uint32_t length = word_at(buffer, 0);
    const auto padding = static_cast<unsigned char>(buffer[4]);
    if (length < 1 + least_padding + 1 || length > longest_packet)
        return std::unexpected("a packet of a length that no packet has");
    if (padding < least_padding || padding + 1U >= length)
        return std::unexpected("a packet that is padded wrongly");
    if (buffer.size() < 4 + static_cast<std::size_t>(length)) return std::nullopt;
    std::string payload = buffer.substr(5, length - padding - 1);
    buffer.erase(0, 4 + static_cast<std::size_t>(length));
    return payload;
}

std::expected<std::optional<std::string>, std::string> Take::operator()(std::string& buffer) {
    if (greeted) return take_packet(buffer);
    auto banner = take_banner(buffer);
    greeted = banner && *banner;
    return banner;
}

std::string write_packet(std::string_view payload) {
    std::size_t padding = block - (5 + payload.size()) % block;
    if (padding < least_padding) padding += block;
    return word(static_cast<std::uint32_t>(1 + payload.size() + padding)) +
           static_cast<char>(padding) + std::string(payload) + std::string(padding, '\0');
}

std::string write_string(std::string_view text) {
    return word(static_cast<std::uint32_t>(text.size())) + std::string(text);
}

std::string write_mpint(std::string_view bytes) {
    bytes.remove_prefix(std::min(bytes.find_first_not_of('\0'), bytes.size()));
    // A leading one bit would make it negative.
    const bool set = !bytes.empty() && (static_cast<unsigned char>(bytes[0]) & 0x80) != 0;
    return write_string((set ? std::string(1, '\0') : std::string()) + std::string(bytes));
}

std::string write_disconnect() {
    constexpr std::uint32_t by_application = 11;
    return static_cast<char>(disconnect) + word(by_application) + write_string("") +
           write_string("");
}

std::string write_offer(std::string_view cookie, const Offer& offer) {
    const std::vector<std::string> ciphers{"aes128-ctr", "aes256-ctr", "aes128-gcm@openssh.com",
                                           "chacha20-poly1305@openssh.com"};
    const std::vector<std::string> codes{"hmac-sha2-256", "hmac-sha2-512",
                                         "hmac-sha2-256-etm@openssh.com"};
    std::string payload(1, static_cast<char>(key_exchange_offer));
    payload += cookie.substr(0, cookie_bytes);
    payload += list_of(offer.exchanges) + list_of(offer.host_keys);
    payload += list_of(ciphers) + list_of(ciphers) + list_of(codes) + list_of(codes);
    payload += list_of({"none"}) + list_of({"none"}) + list_of({}) + list_of({});
    return payload + std::string(5, '\0');  // nothing follows unasked
}

std::optional<Offer> read_offer(std::string_view payload) {
    if (payload.size() < 1 + cookie_bytes || payload[0] != key_exchange_offer) return std::nullopt;
    payload.remove_prefix(1 + cookie_bytes);
    const auto exchanges = take_string(payload);
    const auto host_keys = exchanges ? take_string(payload) : std::nullopt;
    if (!host_keys) return std::nullopt;
    return Offer{names_of(*exchanges), names_of(*host_keys)};
}

std::optional<ExchangeReply> read_exchange_reply(std::string_view payload) {
    if (payload.empty() || payload[0] != exchange_reply) return std::nullopt;
    auto parts = strings_of(payload.substr(1));
    if (!parts || parts->size() != 3) return std::nullopt;
    return ExchangeReply{std::move((*parts)[0]), std::move((*parts)[1]), std::move((*parts)[2])};
}

std::optional<std::vector<std::string>> strings_of(std::string_view blob) {
    std::vector<std::string> parts;
    while (!blob.empty()) {
        const auto part = take_string(blob);
        if (!part || parts.size() == most_strings) return std::nullopt;
        parts.emplace_back(*part);
    }
    return parts;
}

}  // namespace vitals::wire::ssh
