#include "wire/nats_key.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>

#include "text/base64.hpp"

namespace vitals::wire::nats {

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::size_t key_bytes = 32, signature_bytes = 64, checksum_bytes = 2;
constexpr std::uint8_t of_seed = 18 << 3, of_user = 20 << 3;  // S and U, in base 32
constexpr std::size_t longest_jwt = 8192;

// RFC 4648, without padding.
std::string to_base_32(std::string_view bytes) {
    std::string made;
    std::uint32_t bits = 0;
    int held = 0;
    for (const char byte : bytes) {
        bits = bits << 8 | static_cast<unsigned char>(byte);
        for (held += 8; held >= 5; held -= 5) made += alphabet[bits >> (held - 5) & 31];
    }
    if (held > 0) made += alphabet[bits << (5 - held) & 31];
    return made;
}

std::optional<std::string> from_base_32(std::string_view text) {
    std::string bytes;
    std::uint32_t bits = 0;
    int held = 0;
    for (const char c : text) {
        const std::size_t value = alphabet.find(c);
        if (value == std::string_view::npos) return std::nullopt;
        bits = bits << 5 | static_cast<std::uint32_t>(value);
        held += 5;
        if (held < 8) continue;
        held -= 8;
        bytes += static_cast<char>(bits >> held & 0xff);
    }
    return bytes;
}

// CRC-16 as XMODEM has it, the lower byte first.
std::string checksum(std::string_view bytes) {
    std::uint16_t sum = 0;
    for (const char byte : bytes) {
        sum = static_cast<std::uint16_t>(sum ^ static_cast<unsigned char>(byte) << 8);
        for (int bit = 0; bit < 8; ++bit)
            sum = static_cast<std::uint16_t>((sum & 0x8000) != 0 ? sum << 1 ^ 0x1021 : sum << 1);
    }
    return {static_cast<char>(sum & 0xff), static_cast<char>(sum >> 8)};
}

std::expected<std::string, std::string> seed_of(std::string_view text) {
    const auto decoded = from_base_32(text);
    constexpr std::size_t whole = 2 + key_bytes + checksum_bytes;
    if (!decoded || decoded->size() != whole)
        return std::unexpected("no seed of NATS; expected SU and 56 letters and digits more");
    const std::string_view bytes(*decoded);
    if (bytes.substr(whole - checksum_bytes) != checksum(bytes.substr(0, whole - checksum_bytes)))
        return std::unexpected("a seed of NATS with a letter that is wrong");
    const auto first = static_cast<std::uint8_t>(bytes[0]);
    const auto second = static_cast<std::uint8_t>(bytes[1]);
    const auto whose = static_cast<std::uint8_t>((first & 7) << 5 | second >> 3);
    if ((first & 0xf8) != of_seed) return std::unexpected("no seed of NATS: it begins with S");
    if (whose != of_user) return std::unexpected("the seed of no user; that one begins with SU");
    return std::string(bytes.substr(2, key_bytes));
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    const std::size_t begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

// The text between the lines with that title; nsc ends each with six dashes, and begins with five.
std::optional<std::string_view> section(std::string_view text, std::string_view title) {
    const std::string begin = "-----BEGIN " + std::string(title) + "-----";
    const std::size_t at = text.find(begin);
    if (at == std::string_view::npos) return std::nullopt;
    text.remove_prefix(at + begin.size());
    const std::size_t end = text.find("-----");
    if (end == std::string_view::npos) return std::nullopt;
    return trimmed(text.substr(0, end));
}

struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::unique_ptr<EVP_PKEY, Free> key_of(std::string_view seed) {
    std::unique_ptr<EVP_PKEY, Free> key(
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes_of(seed), seed.size()));
    if (key == nullptr) throw std::runtime_error("Ed25519 is not available");
    return key;
}

}  // namespace

std::expected<Credentials, std::string> read_credentials(std::string_view text) {
    Credentials made;
    std::string_view seed = trimmed(text);
    if (text.contains("-----BEGIN")) {
        const auto jwt = section(text, "NATS USER JWT");
        const auto key = section(text, "USER NKEY SEED");
        if (!jwt || !key || jwt->empty() || jwt->size() > longest_jwt)
            return std::unexpected("no credentials of NATS; expected a user's JWT and seed");
        made.jwt = *jwt;
        seed = *key;
    }
    auto read = seed_of(seed);
    if (!read) return std::unexpected(std::move(read.error()));
    made.seed = *std::move(read);
    return made;
}

std::string public_key(std::string_view seed) {
    const auto key = key_of(seed);
    std::string raw(key_bytes, '\0');
    std::size_t size = raw.size();
    if (EVP_PKEY_get_raw_public_key(key.get(), reinterpret_cast<unsigned char*>(raw.data()),
                                    &size) != 1)
        throw std::runtime_error("Ed25519 is not available");
    const std::string named = static_cast<char>(of_user) + raw;
    return to_base_32(named + checksum(named));
}

std::string signature(std::string_view seed, std::string_view nonce) {
    const auto key = key_of(seed);
    const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
    std::string made(signature_bytes, '\0');
    std::size_t size = made.size();
    if (context == nullptr ||
        EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(made.data()), &size,
                       bytes_of(nonce), nonce.size()) != 1)
        throw std::runtime_error("Ed25519 is not available");
    std::string text = text::base64(made);
    for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
    while (text.ends_with('=')) text.pop_back();
    return text;
}

}  // namespace vitals::wire::nats
