#include "wire/mysql_password.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <memory>

namespace vitals::wire::mysql {
namespace {

std::string hex(std::string_view bytes) {
    std::string made;
    for (const char byte : bytes) {
        constexpr std::string_view digits = "0123456789abcdef";
        made += digits[static_cast<unsigned char>(byte) >> 4];
        made += digits[static_cast<unsigned char>(byte) & 0xf];
    }
    return made;
}

const std::string salt = "abcdefghij0123456789";
const std::string nul(1, '\0');

// Computed by Python's hashlib.
TEST(MysqlPassword, native_proofs_are_as_computed_elsewhere) {
    EXPECT_EQ(hex(native_proof("s3cret", salt)), "ef525f920b8b2ad9ca5eeb6c2b8dcc117baf54d4");
    EXPECT_EQ(native_proof("s3cret", salt + nul), native_proof("s3cret", salt));
    EXPECT_EQ(native_proof("", salt), "");
}

TEST(MysqlPassword, caching_sha2_proofs_are_as_computed_elsewhere) {
    EXPECT_EQ(hex(caching_sha2_proof("s3cret", salt)),
              "439eca51c9f48756d7a954d736764e5f1c91b1414952de5229a26bb5e6dc07e5");
    EXPECT_EQ(caching_sha2_proof("s3cret", salt + nul), caching_sha2_proof("s3cret", salt));
    EXPECT_EQ(caching_sha2_proof("", salt), "");
}

std::string signed_by_openssl(const std::string& key, const std::string& text) {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> made(
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr,
                                     reinterpret_cast<const unsigned char*>(key.data()),
                                     key.size()),
        EVP_PKEY_free);
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> work(EVP_MD_CTX_new(),
                                                                       EVP_MD_CTX_free);
    std::string signature(64, '\0');
    std::size_t size = signature.size();
    EVP_DigestSignInit(work.get(), nullptr, nullptr, nullptr, made.get());
    EVP_DigestSign(work.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                   reinterpret_cast<const unsigned char*>(text.data()), text.size());
    return signature;
}

// A password of 32 bytes would also be a key for OpenSSL.
TEST(MysqlPassword, ed25519_proofs_are_signatures) {
    for (const char letter : std::string("0aZ~")) {
        const std::string password = "thirty-two bytes of a password " + std::string(1, letter);
        const std::string challenge = salt + "0123456789" + letter + letter;
        EXPECT_EQ(hex(ed25519_proof(password, challenge + nul)),
                  hex(signed_by_openssl(password, challenge)));
    }
}

// Computed by Python from RFC 8032; MariaDB 10.11.19 accepts such proofs.
TEST(MysqlPassword, ed25519_takes_passwords_of_any_length) {
    EXPECT_EQ(hex(ed25519_proof("s3cret", salt + "0123456789ab")),
              "e6f8d293429ccf88c7076004a48bc513dd635bc4752175735c87bd9b85a169c2"
              "646eec853712065ca17438b5b7d3047da046fb5bb8a99630505618ad365edd08");
    EXPECT_EQ(ed25519_proof("", salt).size(), 64);
}

}  // namespace
}  // namespace vitals::wire::mysql
