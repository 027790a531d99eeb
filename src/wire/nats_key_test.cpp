#include "wire/nats_key.hpp"

#include <gtest/gtest.h>

namespace vitals::wire::nats {
namespace {

// Of the bytes 0 to 31, as python3-cryptography makes it.
constexpr auto seed = "SUAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4H776Y";

TEST(NatsKey, signs_as_others_do) {
    const auto read = read_credentials(seed);
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(read->jwt, "");
    EXPECT_EQ(public_key(read->seed), "UAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3RLKK");
    EXPECT_EQ(signature(read->seed, "a-nonce"),
              "76IidVdbLdAtZwP5m3XuYlWEyIGYkKGJwcqLGGr_jcdXC3_Ai90lE6PEq5gr"
              "wKcRVpFUbJFJWhBy9OIT_ziEAw");
}

TEST(NatsKey, credentials_are_a_jwt_and_a_seed) {
    const std::string file =
        "-----BEGIN NATS USER JWT-----\neyJ0.abc.def\n------END NATS USER "
        "JWT------\n\n*** IMPORTANT ***\n\n-----BEGIN USER NKEY SEED-----\n" +
        std::string(seed) + "\n------END USER NKEY SEED------\n";
    const auto read = read_credentials(file);
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(read->jwt, "eyJ0.abc.def");
    EXPECT_EQ(read->seed, read_credentials(seed)->seed);
    EXPECT_EQ(read_credentials(file + "\r\n")->jwt, "eyJ0.abc.def");
}

TEST(NatsKey, what_is_none_is_refused) {
    const auto fault = [](std::string_view text) {
        const auto read = read_credentials(text);
        return read ? "none" : read.error();
    };
    const std::string none = "no seed of NATS; expected SU and 56 letters and digits more";
    for (const char* text : {"", "SU", "secret", "SUAAA1", "su"}) EXPECT_EQ(fault(text), none);
    std::string wrong = seed;
    wrong[20] = wrong[20] == 'A' ? 'B' : 'A';
    EXPECT_EQ(fault(wrong), "a seed of NATS with a letter that is wrong");
    EXPECT_EQ(fault("SAAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4HYMHI"),
              "the seed of no user; that one begins with SU");
    const std::string credentials = "no credentials of NATS; expected a user's JWT and seed";
    EXPECT_EQ(fault("-----BEGIN USER NKEY SEED-----\nSU\n------END"), credentials);
    EXPECT_EQ(fault("-----BEGIN NATS USER JWT-----\nabc"), credentials);
}

}  // namespace
}  // namespace vitals::wire::nats
