#include "fleet/nkey.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

namespace vitals::fleet {

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::uint8_t kind_seed = 18 << 3, kind_user = 20 << 3;
constexpr std::size_t key_bytes = 32, seed_bytes = 2 + key_bytes + 2;

// CRC-16 of XMODEM, polynomial 0x1021.
std::uint16_t crc_of(std::string_view bytes) {
    unsigned crc = 0;
    for (const char c : bytes) {
        crc ^= static_cast<unsigned>(static_cast<unsigned char>(c)) << 8;
        for (int i = 0; i < 8; ++i) crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
        crc &= 0xffff;
    }
    return static_cast<std::uint16_t>(crc);
}

std::optional<std::string> base32_decoded(std::string_view text) {
    std::string bytes;
    unsigned held = 0, bits = 0;
    for (const char c : text) {
        const auto digit = alphabet.find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        held = (held << 5 | static_cast<unsigned>(digit)) & 0xffff;
        bits += 5;
        if (bits < 8) continue;
        bits -= 8;
        bytes += static_cast<char>((held >> bits) & 0xff);
    }
    return bytes;
}

std::string base32_encoded(std::string_view bytes) {
    std::string text;
    unsigned held = 0, bits = 0;
    for (const char c : bytes) {
        held = (held << 8 | static_cast<unsigned char>(c)) & 0xffff;
        bits += 8;
        while (bits >= 5) {
            bits -= 5;
            text += alphabet[(held >> bits) & 31];
        }
    }
    if (bits > 0) text += alphabet[(held << (5 - bits)) & 31];
    return text;
}

}  // namespace

std::expected<std::string, std::string> user_of_seed(std::string_view seed) {
    if (!seed.starts_with("SU"))
        return std::unexpected("it does not begin with SU, as the seed of a user does");
    auto bytes = base32_decoded(seed);
    if (!bytes || bytes->size() != seed_bytes)
        return std::unexpected("it is not a seed: expected 58 letters and digits");
    const auto byte = [&bytes](std::size_t at) { return static_cast<std::uint8_t>((*bytes)[at]); };
    const std::uint16_t crc =
        static_cast<std::uint16_t>(byte(seed_bytes - 2) | byte(seed_bytes - 1) << 8);
    const std::uint8_t kind = byte(0) & 0xf8;
    const auto of = static_cast<std::uint8_t>((byte(0) & 7) << 5 | byte(1) >> 3);
    const bool good = crc == crc_of(std::string_view(*bytes).substr(0, seed_bytes - 2)) &&
                      kind == kind_seed && of == kind_user;
    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
        good ? EVP_PKEY_new_raw_private_key(
                   EVP_PKEY_ED25519, nullptr,
                   reinterpret_cast<const unsigned char*>(bytes->data()) + 2, key_bytes)
             : nullptr,
        EVP_PKEY_free);
    OPENSSL_cleanse(bytes->data(), bytes->size());
    if (!key) return std::unexpected("it is damaged: its check sum is wrong");
    std::array<unsigned char, key_bytes> user{};
    std::size_t size = user.size();
    if (EVP_PKEY_get_raw_public_key(key.get(), user.data(), &size) != 1 || size != key_bytes)
        return std::unexpected("its public key cannot be computed");
    std::string raw(1, static_cast<char>(kind_user));
    raw.append(reinterpret_cast<const char*>(user.data()), user.size());
    const std::uint16_t sum = crc_of(raw);
    raw += static_cast<char>(sum & 0xff);
    raw += static_cast<char>(sum >> 8);
    return base32_encoded(raw);
}

}  // namespace vitals::fleet
