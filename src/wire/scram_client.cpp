#include "wire/scram_client.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <utility>

#include "model/secret.hpp"
#include "text/base64.hpp"

namespace vitals::wire::scram {

namespace {

const EVP_MD* digest_of(Hash hash) {
    switch (hash) {
        case Hash::sha_1:
            return EVP_sha1();
        case Hash::sha_256:
            return EVP_sha256();
        case Hash::sha_512:
            break;
    }
    return EVP_sha512();
}

const unsigned char* bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::string keyed(Hash hash, std::string_view key, std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> made{};
    unsigned int size = 0;
    if (HMAC(digest_of(hash), key.data(), static_cast<int>(key.size()), bytes(text), text.size(),
             made.data(), &size) == nullptr)
        throw std::runtime_error("HMAC is not available");
    return {made.begin(), made.begin() + size};
}

std::string hashed(Hash hash, std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> made{};
    unsigned int size = 0;
    if (EVP_Digest(text.data(), text.size(), made.data(), &size, digest_of(hash), nullptr) != 1)
        throw std::runtime_error("a digest is not available");
    return {made.begin(), made.begin() + size};
}

std::string salted(Hash hash, std::string_view password, std::string_view salt,
                   std::uint64_t iterations) {
    std::string made(static_cast<std::size_t>(EVP_MD_get_size(digest_of(hash))), '\0');
    if (PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), bytes(salt),
                          static_cast<int>(salt.size()), static_cast<int>(iterations),
                          digest_of(hash), static_cast<int>(made.size()),
                          reinterpret_cast<unsigned char*>(made.data())) != 1)
        throw std::runtime_error("PBKDF2 is not available");
    return made;
}

// RFC 5802, section 5.1.
std::string escaped(std::string_view user) {
    std::string made;
    for (const char c : user) {
        if (c == ',')
            made += "=2C";
        else if (c == '=')
            made += "=3D";
        else
            made += c;
    }
    return made;
}

// The value of `x=` in a message; nothing when there is none.
std::optional<std::string_view> attribute(std::string_view message, char name) {
    while (!message.empty()) {
        const std::size_t end = std::min(message.find(','), message.size());
        const std::string_view part = message.substr(0, end);
        if (part.size() >= 2 && part[0] == name && part[1] == '=') return part.substr(2);
        message.remove_prefix(std::min(end + 1, message.size()));
    }
    return std::nullopt;
}

constexpr std::uint64_t most_iterations = 1'000'000;
constexpr std::size_t longest_message = 4096;

}  // namespace

std::string random_nonce() {
    std::string bytes(24, '\0');
    if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()),
                   static_cast<int>(bytes.size())) != 1)
        throw std::runtime_error("no random numbers");
    return text::base64(bytes);
}

Client::Client(Hash hash, std::string_view user, std::string password, std::string nonce)
    : hash_(hash),
      password_(std::move(password)),
      nonce_(std::move(nonce)),
      first_bare_("n=" + escaped(user) + ",r=" + nonce_) {}

std::expected<void, std::string> Client::take_challenge(std::string_view message) {
    constexpr auto wrong = "not a challenge of SCRAM";
    const auto nonce = attribute(message, 'r');
    const auto salt = attribute(message, 's');
    const auto count = attribute(message, 'i');
    if (message.size() > longest_message || !nonce || !salt || !count)
        return std::unexpected(wrong);
    if (!nonce->starts_with(nonce_) || nonce->size() == nonce_.size())
        return std::unexpected("a challenge that is not for us");
    const char* const last = count->data() + count->size();
    const auto [end, error] = std::from_chars(count->data(), last, iterations_);
    const auto decoded = text::from_base64(*salt);
    if (error != std::errc() || end != last || iterations_ == 0 || !decoded || decoded->empty())
        return std::unexpected(wrong);
    if (iterations_ > most_iterations)
        return std::unexpected("needs more hashing than a log-in may take");
    nonce_ = *nonce;
    salt_ = *decoded;
    challenge_ = message;
    return {};
}

std::string Client::final_message() {
    const std::string without_proof = "c=biws,r=" + nonce_;  // biws: no channel binding
    const std::string all = first_bare_ + "," + challenge_ + "," + without_proof;
    const std::string key = salted(hash_, password_, salt_, iterations_);
    std::string proof = keyed(hash_, key, "Client Key");
    const std::string signature = keyed(hash_, hashed(hash_, proof), all);
    for (std::size_t i = 0; i < proof.size(); ++i)
        proof[i] = static_cast<char>(proof[i] ^ signature[i]);
    server_signature_ = text::base64(keyed(hash_, keyed(hash_, key, "Server Key"), all));
    return without_proof + ",p=" + text::base64(proof);
}

bool Client::accepts(std::string_view message) const {
    const auto said = attribute(message, 'v');
    return said && !server_signature_.empty() && constant_time_equal(*said, server_signature_);
}

}  // namespace vitals::wire::scram
