// The begin of SSH, up to the server's proof that it has its host key: banner, key exchange offers,
// the exchange's reply (RFC 4253, RFC 8731). Nothing is encrypted before that. Pure; the caller
// does the cryptography.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vitals::wire::ssh {

inline constexpr std::size_t longest_greeting = 16 * 1024;  // with the lines before the banner
inline constexpr std::size_t longest_packet = 35'000;

enum Message : std::uint8_t {
    disconnect = 1,
    ignore = 2,
    unimplemented = 3,
    debug = 4,
    key_exchange_offer = 20,
    exchange_start = 30,
    exchange_reply = 31,
};

// The server's first message, `SSH-2.0-OpenSSH_9.2p1`, without the end of the line. Other lines may
// come before it; they stay in the buffer until the banner has come.
std::expected<std::optional<std::string>, std::string> take_banner(std::string& buffer);
// The payload of a packet.
std::expected<std::optional<std::string>, std::string> take_packet(std::string& buffer);

// For wire::Replies: the banner, then payloads.
struct Take {
    std::expected<std::optional<std::string>, std::string> operator()(std::string& buffer);
    bool greeted = false;
};

std::string write_packet(std::string_view payload);
std::string write_string(std::string_view text);
// A number of many bytes, the most significant first.
std::string write_mpint(std::string_view bytes);
std::string write_disconnect();

// The offers of each side; of the server's only the needed ones.
struct Offer {
    std::vector<std::string> exchanges;
    std::vector<std::string> host_keys;
};
// `cookie` has 16 random bytes.
std::string write_offer(std::string_view cookie, const Offer& offer);
std::optional<Offer> read_offer(std::string_view payload);

struct ExchangeReply {
    std::string host_key;   // the blob whose digest is the fingerprint
    std::string ephemeral;  // the server's public key of this exchange
    std::string signature;  // a blob: algorithm, signature
};
std::optional<ExchangeReply> read_exchange_reply(std::string_view payload);

// The strings in a blob; nothing if it contains anything else.
std::optional<std::vector<std::string>> strings_of(std::string_view blob);

}  // namespace vitals::wire::ssh
