#include "tls.hpp"
#include "expect_failed.hpp"

#include <gtest/gtest.h>

#include "tls_peer.hpp"
#include "url_of.hpp"

namespace vitals::checks::tls {
namespace {

using namespace std::chrono_literals;
using namespace vitals::testing;

// An authority that the checks trust, and one that they do not.
class Tls : public ::testing::Test {
  protected:
    Identity issue(const CertificateWish& wish = {}) const { return authority_.issue(wish); }

    static Peer::Handler silent(Identity identity) {
        return testing::tls(std::move(identity),
                            [](testing::TlsStream& stream) { stream.read_until("\n"); });
    }

    Options to(const Peer& peer, const std::string& host = "127.0.0.1") const {
        Options options;
        options.url = "tls://" + host + ":" + std::to_string(peer.port());
        options.tls.ca = authority_.file();
        return options;
    }

    Outcome run(const Options& options, std::chrono::milliseconds timeout = 2000ms) {
        return testing::run_in_time(kind, options, timeout);
    }

    testing::TemporaryDirectory directory_;
    testing::Authority authority_;
};

TEST_F(Tls, accepts_a_good_certificate_by_address_and_by_name) {
    const Peer peer(silent(issue()));
    for (const char* host : {"127.0.0.1", "localhost"}) {
        const Outcome outcome = run(to(peer, host));
        EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
        EXPECT_EQ(outcome.detail, "certificate valid");
        ASSERT_NE(outcome.property("days_left"), nullptr);
        EXPECT_EQ(std::get<std::int64_t>(*outcome.property("days_left")), 89);
        EXPECT_EQ(std::get<std::string>(*outcome.property("version")), "TLSv1.3");
        EXPECT_EQ(outcome.phases.back().name, "tls");
    }
}

TEST_F(Tls, asks_for_the_name_it_is_told) {
    std::string asked;
    {
        const auto note = [&](testing::TlsStream& stream) { asked = stream.server_name(); };
        const Peer peer(
            testing::tls(issue({.names = {"shop.example.org"}, .addresses = {}}), note));
        Options options = to(peer);
        options.tls.server_name = "shop.example.org";
        EXPECT_EQ(run(options).status, Status::ok);
    }  // its thread has ended
    EXPECT_EQ(asked, "shop.example.org");
}

TEST_F(Tls, refuses_a_certificate_for_another_name) {
    const Peer peer(silent(issue({.names = {"shop.example.org"}, .addresses = {}})));
    expect_failed(run(to(peer)), ErrorClass::tls, "tls", "certificate is for another name");
    expect_failed(run(to(peer, "localhost")), ErrorClass::tls, "tls",
                  "certificate is for another name");
}

TEST_F(Tls, refuses_an_expired_certificate) {
    const Peer peer(silent(issue({.from = -48h, .until = -24h})));
    expect_failed(run(to(peer)), ErrorClass::tls, "tls", "certificate expired");
    // Even unverified it is no good.
    Options unverified = to(peer);
    unverified.tls.verify = false;
    const Outcome outcome = run(unverified);
    expect_failed(outcome, ErrorClass::tls, "tls", "certificate expired");
    EXPECT_LT(std::get<std::int64_t>(*outcome.property("days_left")), 0);
}

TEST_F(Tls, refuses_a_certificate_of_the_future) {
    const Peer peer(silent(issue({.from = 24h})));
    expect_failed(run(to(peer)), ErrorClass::tls, "tls", "certificate not yet valid");
}

TEST_F(Tls, refuses_an_authority_it_does_not_trust) {
    const Peer peer(silent(make_certificate(CertificateWish{})));
    expect_failed(run(to(peer)), ErrorClass::tls, "tls", "certificate not trusted");
    Options unverified = to(peer);
    unverified.tls.verify = false;
    EXPECT_EQ(run(unverified).status, Status::ok);
}

TEST_F(Tls, counts_the_days_of_whatever_ends_first_in_the_chain) {
    const Identity between = make_certificate({.subject = "intermediate",
                                               .names = {},
                                               .addresses = {},
                                               .until = 24h * 5 + 1h,
                                               .authority = true},
                                              authority_.identity());
    Identity chain = make_certificate(CertificateWish{}, between);
    chain.certificate += between.certificate;
    const Peer peer(silent(chain));
    const Outcome outcome = run(to(peer));
    EXPECT_EQ(outcome.status, Status::degraded);
    EXPECT_EQ(outcome.detail, "certificate ends in 5 days");
}

// Servers still send an old cross-signature that nobody needs; clients accept that.
TEST_F(Tls, an_expired_certificate_that_no_path_needs_is_no_fault) {
    Identity chain = issue();
    chain.certificate +=
        make_certificate({.subject = "old root", .from = -48h, .until = -24h, .authority = true})
            .certificate;
    const Peer peer(silent(chain));
    const Outcome outcome = run(to(peer));
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail;
    EXPECT_EQ(std::get<std::int64_t>(*outcome.property("days_left")), 89);
}

TEST_F(Tls, judges_the_days_left) {
    const Peer peer(silent(issue({.until = 24h * 5 + 1h})));
    Options options = to(peer);
    EXPECT_EQ(run(options).status, Status::degraded);
    options.degraded_below = 5;
    EXPECT_EQ(run(options).status, Status::ok);
    options.degraded_below = 30;
    options.failed_below = 6;
    expect_failed(run(options), ErrorClass::assertion, "tls", "certificate ends in 5 days");
    options.failed_below = 5;
    EXPECT_EQ(run(options).status, Status::degraded);
}

TEST_F(Tls, a_server_that_speaks_no_tls_fails) {
    const Peer peer([](int descriptor) {
        testing::send_all(descriptor, "220 mail.example.org ESMTP\r\n");
        testing::close_in_order(descriptor);
    });
    expect_failed(run(to(peer)), ErrorClass::tls, "tls", "does not speak TLS");
}

TEST_F(Tls, a_server_that_hangs_times_out_in_the_handshake) {
    const Peer peer(Peer::hang());
    expect_failed(run(to(peer), 300ms), ErrorClass::timeout, "tls",
                  "accepts connections and does not answer (timeout in tls)");
}

TEST_F(Tls, a_server_that_drips_times_out) {
    // The beginning of a record that never gets complete.
    const Peer peer(
        Peer::drip(std::string("\x16\x03\x03\x40\x00\x02", 6) + std::string(4000, 'x'), 20ms));
    expect_failed(run(to(peer), 300ms), ErrorClass::timeout, "tls",
                  "accepts connections and does not answer (timeout in tls)");
}

TEST_F(Tls, a_reset_in_the_handshake_fails) {
    const Peer peer(Peer::reset());
    expect_failed(run(to(peer)), ErrorClass::tls, "tls", "handshake failed");
}

TEST_F(Tls, a_closed_port_refuses) {
    Options options;
    options.url = "tls://127.0.0.1:" + std::to_string(testing::closed_port());
    expect_failed(run(options), ErrorClass::connect, "connect", "connection refused");
}

TEST_F(Tls, an_unreadable_file_of_authorities_is_blindness) {
    const Peer peer(silent(issue()));
    Options options = to(peer);
    options.tls.ca = directory_.file("missing.pem");
    const Outcome outcome = run(options);
    EXPECT_EQ(outcome.status, Status::unknown);
    EXPECT_EQ(outcome.error_class, ErrorClass::local);
}

TEST_F(Tls, keeps_no_descriptor) {
    Runner runner;
    const Peer hanging(Peer::hang());
    const Peer resetting(Peer::reset());
    const Peer expired(silent(issue({.from = -48h, .until = -24h})));
    const auto round = [&] {
        EXPECT_EQ(runner.run(kind, to(hanging), 5ms).error_class, ErrorClass::timeout);
        EXPECT_EQ(runner.run(kind, to(resetting), 2s).error_class, ErrorClass::tls);
        EXPECT_EQ(runner.run(kind, to(expired), 2s).error_class, ErrorClass::tls);
    };
    testing::expect_no_descriptor_kept(round);
}

TEST(TlsOptions, are_checked) {
    const auto problem = [](Options options) { return testing::problem_of(kind, &options); };
    EXPECT_EQ(problem({.url = "tls://h"}), "");
    EXPECT_EQ(problem({.url = "tls://[::1]:8443"}), "");
    EXPECT_EQ(problem({.url = "https://h"}), "url: has the scheme https; expected tls");
    EXPECT_EQ(problem({.url = "tls://h/x"}), "url: has a path; expected tls://host:port");
    EXPECT_EQ(problem({.url = "tls://h", .degraded_below = 3, .failed_below = 7}),
              "failed_below is above degraded_below: it would never be degraded");
    Options key{.url = "tls://h"};
    key.tls.key = "/etc/key.pem";
    EXPECT_EQ(problem(key), "tls: a key without a certificate");
}

TEST(TlsOptions, come_from_a_url) {
    EXPECT_EQ(testing::url_of<Options>(kind, "tls://example.org:993"), "tls://example.org:993");
}

}  // namespace
}  // namespace vitals::checks::tls
