#include "alerts/links.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <charconv>
#include <stdexcept>

#include <fmt/format.h>

#include "text/base64.hpp"

namespace vitals::alerts {
namespace {

constexpr std::size_t signature_bytes = 16;

std::string signature_of(std::string_view payload, const LinkKey& key) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(payload.data()), payload.size(), digest.data(),
         &size);
    return {reinterpret_cast<const char*>(digest.data()), signature_bytes};
}

}  // namespace

LinkKey new_link_key() {
    LinkKey key{};
    if (RAND_bytes(key.data(), static_cast<int>(key.size())) != 1)
        throw std::runtime_error("no random bytes are available");
    return key;
}

std::string to_text(const LinkKey& key) {
    std::string text;
    for (const unsigned char byte : key) text += fmt::format("{:02x}", byte);
    return text;
}

std::optional<LinkKey> link_key_of(std::string_view text) {
    LinkKey key{};
    if (text.size() != 2 * key.size()) return std::nullopt;
    for (std::size_t i = 0; i < key.size(); ++i) {
        const char* const begin = text.data() + 2 * i;
        const auto read = std::from_chars(begin, begin + 2, key[i], 16);
        if (read.ec != std::errc() || read.ptr != begin + 2) return std::nullopt;
    }
    return key;
}

std::string link_token(const Link& link, const LinkKey& key) {
    const std::string payload = fmt::format(
        "{}\n{}\n{}", link.incident,
        std::chrono::duration_cast<std::chrono::seconds>(link.expires.time_since_epoch()).count(),
        link.receiver);
    return text::base64_url(payload) + "." + text::base64_url(signature_of(payload, key));
}

std::optional<Link> read_link(std::string_view token, const LinkKey& key) {
    if (token.size() > longest_token) return std::nullopt;
    const std::size_t point = token.find('.');
    if (point == std::string_view::npos) return std::nullopt;
    const auto payload = text::from_base64_url(token.substr(0, point));
    const auto signature = text::from_base64_url(token.substr(point + 1));
    if (!payload || !signature || signature->size() != signature_bytes) return std::nullopt;
    const std::string expected = signature_of(*payload, key);
    if (CRYPTO_memcmp(signature->data(), expected.data(), signature_bytes) != 0)
        return std::nullopt;
    const std::size_t first = payload->find('\n');
    const std::size_t second = first == std::string::npos ? first : payload->find('\n', first + 1);
    if (second == std::string::npos) return std::nullopt;
    std::int64_t seconds = 0;
    const char* const end = payload->data() + second;
    const auto read = std::from_chars(payload->data() + first + 1, end, seconds);
    constexpr std::int64_t most = 9'000'000'000;
    if (read.ec != std::errc() || read.ptr != end || seconds < 0 || seconds > most)
        return std::nullopt;
    return Link{payload->substr(0, first), payload->substr(second + 1),
                System(std::chrono::seconds(seconds))};
}

}  // namespace vitals::alerts
