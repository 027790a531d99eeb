#include "wire/scram_client.hpp"

#include <gtest/gtest.h>

namespace vitals::wire::scram {
namespace {

// RFC 5802, section 5.
TEST(ScramClient, logs_in_as_published_with_sha_1) {
    Client client(Hash::sha_1, "user", "pencil", "fyko+d2lbbFgONRv9qkxdawL");
    EXPECT_EQ(client.first_message(), "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL");
    ASSERT_TRUE(client.take_challenge(
        "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096"));
    EXPECT_EQ(client.iterations(), 4096);
    EXPECT_FALSE(client.accepts("v=rmF9pqV8S7suAoZWja4dJRkFsKQ=")) << "before the proof";
    EXPECT_EQ(client.final_message(),
              "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=");
    EXPECT_TRUE(client.accepts("v=rmF9pqV8S7suAoZWja4dJRkFsKQ="));
    EXPECT_FALSE(client.accepts("v=rmF9pqV8S7suAoZWja4dJRkFsKR="));
    EXPECT_FALSE(client.accepts("e=other-error"));
    EXPECT_FALSE(client.accepts(""));
}

// RFC 7677, section 3.
TEST(ScramClient, logs_in_as_published_with_sha_256) {
    Client client(Hash::sha_256, "user", "pencil", "rOprNGfwEbeRWgbNEkqO");
    ASSERT_TRUE(client.take_challenge(
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"));
    EXPECT_EQ(client.final_message(),
              "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
              "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
    EXPECT_TRUE(client.accepts("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
}

// No document has an example; this one is Python's hashlib and hmac.
TEST(ScramClient, logs_in_with_sha_512) {
    Client client(Hash::sha_512, "user", "pencil", "rOprNGfwEbeRWgbNEkqO");
    ASSERT_TRUE(
        client.take_challenge("r=rOprNGfwEbeRWgbNEkqOxyz,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"));
    EXPECT_EQ(client.final_message(),
              "c=biws,r=rOprNGfwEbeRWgbNEkqOxyz,p="
              "Zh7jX0Zd1PDsAp0GWmOHffLG1DskbCh0BAVkrdux5geSLrPrNDADLnb7cECE"
              "f2tNQChGSgS6exnqZm0MJydbJQ==");
    EXPECT_TRUE(
        client.accepts("v=EvTyz7M5H81pgmL5qrcfBywuFl5QwZM+NX9KNezM1jkj8Jr32Qla+qrVtZhQ"
                       "krcU/NswVKlNY2aaVw8HypRJ/w=="));
}

TEST(ScramClient, names_are_escaped) {
    EXPECT_EQ(Client(Hash::sha_256, "a,b=c", "", "x").first_message(), "n,,n=a=2Cb=3Dc,r=x");
}

TEST(ScramClient, what_is_no_challenge_is_refused) {
    const auto fault = [](std::string_view message) {
        const auto taken = Client(Hash::sha_256, "u", "p", "abc").take_challenge(message);
        return taken ? "none" : taken.error();
    };
    EXPECT_EQ(fault("r=abcd,s=QSXCR+Q6sek8bf92,i=4096"), "none");
    EXPECT_EQ(fault(""), "not a challenge of SCRAM");
    EXPECT_EQ(fault("r=abcd,s=QSXCR+Q6sek8bf92"), "not a challenge of SCRAM");
    EXPECT_EQ(fault("r=abcd,s=,i=4096"), "not a challenge of SCRAM");
    EXPECT_EQ(fault("r=abcd,s=!,i=4096"), "not a challenge of SCRAM");
    EXPECT_EQ(fault("r=abcd,s=QSXC,i=0"), "not a challenge of SCRAM");
    EXPECT_EQ(fault("r=abcd,s=QSXC,i=1x"), "not a challenge of SCRAM");
    EXPECT_EQ(fault("r=abc,s=QSXC,i=1"), "a challenge that is not for us");
    EXPECT_EQ(fault("r=xyz,s=QSXC,i=1"), "a challenge that is not for us");
    EXPECT_EQ(fault("r=abcd,s=QSXC,i=1000001"), "needs more hashing than a log-in may take");
    EXPECT_EQ(fault("r=abcd,s=QSXC,i=99999999999999999999"), "not a challenge of SCRAM");
}

}  // namespace
}  // namespace vitals::wire::scram
