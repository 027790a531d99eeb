#include "host_key.hpp"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/sha.h>

#include <array>
#include <vector>

#include "model/check_error.hpp"
#include "text/base64.hpp"
#include "wire/ssh.hpp"

namespace vitals::checks::ssh {

namespace {

using net::FreedBy;
using net::Key;

using KeyContext = std::unique_ptr<EVP_PKEY_CTX, FreedBy<EVP_PKEY_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, FreedBy<BN_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, FreedBy<OSSL_PARAM_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, FreedBy<OSSL_PARAM_BLD_free>>;

constexpr std::size_t x25519_bytes = 32;
constexpr int least_rsa_bits = 1024;
constexpr int most_rsa_bits = 16384;

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

Number number_of(std::string_view bytes) {
    return Number(BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
}

// A public key from the numbers and bytes that the builder has.
Key built(const char* type, const Builder& builder) {
    const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
    const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* key = nullptr;
    if (parameters && context && EVP_PKEY_fromdata_init(context.get()) == 1)
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get());
    return Key(key);
}

// The parts of a host key's blob: its algorithm first.
Key key_of(const std::vector<std::string>& parts) {
    if (parts.size() == 2 && parts[0] == "ssh-ed25519" && parts[1].size() == x25519_bytes)
        return Key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(parts[1]),
                                               parts[1].size()));
    const Builder builder(OSSL_PARAM_BLD_new());
    if (parts.size() == 3 && parts[0] == "ecdsa-sha2-nistp256" && parts[1] == "nistp256") {
        OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
        OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, parts[2].data(),
                                         parts[2].size());
        return built("EC", builder);
    }
    if (parts.size() != 3 || parts[0] != "ssh-rsa") return nullptr;
    const Number exponent = number_of(parts[1]);
    const Number modulus = number_of(parts[2]);
    const int bits = modulus ? BN_num_bits(modulus.get()) : 0;
    if (!exponent || bits < least_rsa_bits || bits > most_rsa_bits) return nullptr;
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
    return built("RSA", builder);
}

// SSH has r and s separately, OpenSSL wants them in DER.
std::string der_of(std::string_view signature) {
    const auto numbers = wire::ssh::strings_of(signature);
    if (!numbers || numbers->size() != 2) return {};
    const std::unique_ptr<ECDSA_SIG, FreedBy<ECDSA_SIG_free>> pair(ECDSA_SIG_new());
    Number r = number_of((*numbers)[0]);
    Number s = number_of((*numbers)[1]);
    if (!pair || !r || !s || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) return {};
    (void)r.release();
    (void)s.release();
    unsigned char* bytes = nullptr;
    const int size = i2d_ECDSA_SIG(pair.get(), &bytes);
    if (size <= 0) return {};
    std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    OPENSSL_free(bytes);
    return der;
}

bool verifies(EVP_PKEY* key, const EVP_MD* digest, std::string_view signature,
              std::string_view message) {
    const std::unique_ptr<EVP_MD_CTX, FreedBy<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
    return context && EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key) == 1 &&
           EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message),
                            message.size()) == 1;
}

}  // namespace

Ephemeral::Ephemeral() : key_(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519")) {
    std::size_t size = x25519_bytes;
    public_.resize(size);
    if (!key_ || EVP_PKEY_get_raw_public_key(
                     key_.get(), reinterpret_cast<unsigned char*>(public_.data()), &size) != 1) {
        ERR_clear_error();
        throw CheckError(ErrorClass::local, "no X25519 in this OpenSSL");
    }
}

std::string Ephemeral::shared_with(std::string_view peer) const {
    std::string shared(x25519_bytes, '\0');
    std::size_t size = shared.size();
    const Key other(
        peer.size() == x25519_bytes
            ? EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, bytes_of(peer), peer.size())
            : nullptr);
    const KeyContext context(EVP_PKEY_CTX_new(key_.get(), nullptr));
    const bool done =
        other && context && EVP_PKEY_derive_init(context.get()) == 1 &&
        EVP_PKEY_derive_set_peer(context.get(), other.get()) == 1 &&
        EVP_PKEY_derive(context.get(), reinterpret_cast<unsigned char*>(shared.data()), &size) == 1;
    ERR_clear_error();
    return done ? shared : std::string();
}

std::string sha256(std::string_view bytes) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    ::SHA256(bytes_of(bytes), bytes.size(), digest.data());
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::string fingerprint_of(std::string_view host_key) {
    std::string text = text::base64(sha256(host_key));
    while (text.ends_with('=')) text.pop_back();
    return "SHA256:" + text;
}

bool is_signed(std::string_view host_key, std::string_view signature, std::string_view message) {
    const auto key_parts = wire::ssh::strings_of(host_key);
    const auto parts = wire::ssh::strings_of(signature);
    if (!key_parts || key_parts->empty() || !parts || parts->size() != 2) return false;
    const std::string& type = key_parts->front();
    const std::string& algorithm = parts->front();
    const Key key = key_of(*key_parts);
    bool good = false;
    if (key && type == "ssh-ed25519" && algorithm == type)
        good = verifies(key.get(), nullptr, (*parts)[1], message);
    else if (key && type == "ecdsa-sha2-nistp256" && algorithm == type)
        good = verifies(key.get(), EVP_sha256(), der_of((*parts)[1]), message);
    else if (key && type == "ssh-rsa" && algorithm == "rsa-sha2-512")
        good = verifies(key.get(), EVP_sha512(), (*parts)[1], message);
    else if (key && type == "ssh-rsa" && algorithm == "rsa-sha2-256")
        good = verifies(key.get(), EVP_sha256(), (*parts)[1], message);
    ERR_clear_error();
    return good;
}

}  // namespace vitals::checks::ssh
