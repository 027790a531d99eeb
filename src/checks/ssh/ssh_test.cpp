#include "ssh.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include "check_testing.hpp"
#include "expect_failed.hpp"
#include "host_key.hpp"
#include "wire/ssh.hpp"

namespace vitals::checks::ssh {
namespace {

using namespace std::chrono_literals;
using namespace vitals::testing;
using wire::ssh::write_packet;
using wire::ssh::write_string;

const std::string fingerprint = "SHA256:uNiVztksCsDhcc0u9e8BrrXx4vA1sIbXTZhwTLmLMvk";

Outcome against(const Peer& peer, Options options = {},
                std::chrono::milliseconds timeout = 2000ms) {
    options.url = "ssh://" + peer.address();
    return testing::run_in_time(kind, options, timeout);
}

std::string offer(const std::string& exchange, const std::string& host_key) {
    return write_packet(wire::ssh::write_offer(std::string(16, 'c'), {{exchange}, {host_key}}));
}

// An ed25519 key that signs as SSH does.
class HostKey {
  public:
    HostKey() : key_(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")) {
        std::string raw(32, '\0');
        std::size_t size = raw.size();
        EVP_PKEY_get_raw_public_key(key_.get(), reinterpret_cast<unsigned char*>(raw.data()),
                                    &size);
        blob_ = write_string("ssh-ed25519") + write_string(raw);
    }
    const std::string& blob() const { return blob_; }
    std::string sign(const std::string& message) const {
        std::string signature(64, '\0');
        std::size_t size = signature.size();
        EVP_MD_CTX* const context = EVP_MD_CTX_new();
        EVP_DigestSignInit(context, nullptr, nullptr, nullptr, key_.get());
        EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size,
                       reinterpret_cast<const unsigned char*>(message.data()), message.size());
        EVP_MD_CTX_free(context);
        return write_string("ssh-ed25519") + write_string(signature);
    }

  private:
    net::Key key_;
    std::string blob_;
};

TEST(SshHostKey, signatures_are_verified) {
    const HostKey key;
    EXPECT_TRUE(is_signed(key.blob(), key.sign("message"), "message"));
    EXPECT_FALSE(is_signed(key.blob(), key.sign("message"), "another"));
    EXPECT_FALSE(is_signed(HostKey().blob(), key.sign("message"), "message"));
    for (const std::string& odd : {std::string(), write_string("ssh-ed25519"), std::string("x")}) {
        EXPECT_FALSE(is_signed(odd, key.sign("message"), "message"));
        EXPECT_FALSE(is_signed(key.blob(), odd, "message"));
    }
}

TEST(SshHostKey, both_sides_share_a_secret) {
    const Ephemeral ours, theirs;
    EXPECT_EQ(ours.shared_with(theirs.public_key()), theirs.shared_with(ours.public_key()));
    EXPECT_EQ(ours.shared_with("short"), "");
    EXPECT_EQ(ours.shared_with(std::string(32, '\0')), "") << "a secret that everybody knows";
}

TEST(SshHostKey, fingerprints_are_as_ssh_keygen_prints_them) {
    EXPECT_EQ(fingerprint_of(""), "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU");
}

TEST(Ssh, a_full_server_is_no_other_protocol) {
    const Peer full(Peer::say("Exceeded MaxStartups\r\n"));
    expect_failed(against(full), ErrorClass::assertion, "banner", "too many log-ins at once");
}

TEST(Ssh, what_is_not_ssh_fails) {
    const Peer closing(Peer::say(""));
    expect_failed(against(closing), ErrorClass::protocol, "banner", "closed without an answer");
    const Peer mail(Peer::say("220 mail ready\r\n"));
    expect_failed(against(mail), ErrorClass::protocol, "banner",
                  "closed without a complete answer");
    const Peer noise(Peer::say(std::string(300, 'x')));
    expect_failed(against(noise), ErrorClass::protocol, "banner",
                  "not SSH: a line that is too long");
    const Peer old(Peer::say("SSH-1.5-old\r\n"));
    expect_failed(against(old), ErrorClass::assertion, "banner", "speaks no SSH 2");
}

TEST(Ssh, banner_is_judged) {
    const Peer peer(Peer::say("SSH-2.0-OpenSSH_9.2\r\n"));
    expect_failed(against(peer, {.banner = "/OpenSSH_8/"}), ErrorClass::assertion, "banner",
                  "banner does not hold the expected text");
}

TEST(Ssh, a_banner_alone_proves_nothing) {
    const Peer hanging([](int descriptor) {
        testing::send_all(descriptor, "SSH-2.0-x\r\n");
        Peer::hang()(descriptor);
    });
    const Outcome hung = against(hanging, {}, 300ms);
    EXPECT_EQ(hung.error_class, ErrorClass::timeout);
    EXPECT_EQ(hung.failed_phase, "key");
    const Peer garbage(Peer::say("SSH-2.0-x\r\nHTTP/1.1 400 Bad Request\r\n\r\n"));
    expect_failed(against(garbage), ErrorClass::protocol, "key",
                  "a packet of a length that no packet has");
    const Peer ending(Peer::say("SSH-2.0-x\r\n" + write_packet(wire::ssh::write_disconnect())));
    expect_failed(against(ending), ErrorClass::assertion, "key", "the server ends the exchange");
    const Peer odd(Peer::say("SSH-2.0-x\r\n" + write_packet("\x63")));
    expect_failed(against(odd), ErrorClass::protocol, "key", "not what SSH says here");
}

TEST(Ssh, a_key_that_the_server_does_not_have_is_reported) {
    const Peer no_key(Peer::say("SSH-2.0-x\r\n" + offer("curve25519-sha256", "ssh-rsa")));
    expect_failed(against(no_key, {.key = "ecdsa"}), ErrorClass::assertion, "key",
                  "has no ecdsa key");
    expect_failed(against(no_key), ErrorClass::assertion, "key",
                  "has no ed25519, ecdsa or rsa key");
    expect_failed(against(no_key, {.fingerprint = {fingerprint}}), ErrorClass::assertion, "key",
                  "has no ed25519 key");
    const Peer no_curve(Peer::say("SSH-2.0-x\r\n" + offer("ecdh-sha2-nistp256", "ssh-ed25519")));
    expect_failed(against(no_curve), ErrorClass::assertion, "key", "does not offer curve25519");
}

// A copied public key, and a signature over something else.
TEST(Ssh, a_server_that_only_shows_a_key_is_failed) {
    const HostKey key;
    const Ephemeral theirs;
    std::string reply(1, static_cast<char>(wire::ssh::exchange_reply));
    reply += write_string(key.blob()) + write_string(theirs.public_key()) +
             write_string(key.sign("something else"));
    const Peer thief(Peer::say("SSH-2.0-x\r\n" + offer("curve25519-sha256", "ssh-ed25519") +
                               write_packet(reply)));
    expect_failed(against(thief), ErrorClass::auth, "key",
                  "does not have the host key that it shows");
}

TEST(Ssh, faults_of_the_connection_have_a_class_and_a_phase) {
    expect_failed(
        testing::run_in_time(
            kind, Options{.url = "ssh://127.0.0.1:" + std::to_string(testing::closed_port())}),
        ErrorClass::connect, "connect", "connection refused");
    const Peer hanging(Peer::hang());
    EXPECT_EQ(against(hanging, {}, 200ms).failed_phase, "banner");
    const Peer resetting(Peer::reset());
    EXPECT_EQ(against(resetting).error_class, ErrorClass::protocol);
}

TEST(SshOptions, are_checked) {
    const auto problem = [](const Options& options) { return testing::problem_of(kind, &options); };
    EXPECT_EQ(problem({.url = "ssh://h", .fingerprint = {fingerprint}}), "");
    EXPECT_NE(problem({.url = "ssh://u@h"}), "");
    EXPECT_NE(problem({.url = "ssh://h/a"}), "");
    EXPECT_NE(problem({.url = "ssh://h", .fingerprint = {"MD5:00:11"}}), "");
    EXPECT_NE(problem({.url = "ssh://h", .fingerprint = {fingerprint.substr(7)}}), "");
}

}  // namespace
}  // namespace vitals::checks::ssh
