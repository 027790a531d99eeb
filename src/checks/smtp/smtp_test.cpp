#include "smtp.hpp"
#include "expect_failed.hpp"

#include <gtest/gtest.h>

#include "tls_peer.hpp"

namespace vitals::checks::smtp {
namespace {

using namespace std::chrono_literals;
using namespace vitals::testing;

// What a server says to each command of a session; an empty text is silence.
struct Script {
    std::string banner = "220 mail.example.org ESMTP\r\n";
    std::string ehlo = "250-mail.example.org\r\n250-SIZE 1000\r\n250 STARTTLS\r\n";
    std::string helo = "250 mail.example.org\r\n";
    std::string starttls = "220 go ahead\r\n";
    std::string ehlo_inside = "250 mail.example.org\r\n";
    std::string noop = "250 ok\r\n";
};

std::string first_word(const std::string& line) {
    return line.substr(0, line.find_first_of(" \r\n"));
}

class Smtp : public ::testing::Test {
  protected:
    Identity issue(const CertificateWish& wish = {}) const { return authority_.issue(wish); }

    // A mail server by this script that keeps a record of the commands.
    Peer::Handler serve(Script script, Identity identity) {
        return [this, script = std::move(script), identity = std::move(identity)](int descriptor) {
            testing::send_all(descriptor, script.banner);
            for (;;) {
                const std::string line = testing::read_until(descriptor, "\r\n");
                if (line.empty()) return;
                commands_ += line;
                const std::string command = first_word(line);
                if (command == "EHLO") testing::send_all(descriptor, script.ehlo);
                if (command == "HELO") testing::send_all(descriptor, script.helo);
                if (command == "NOOP") testing::send_all(descriptor, script.noop);
                if (command == "QUIT") return;
                if (command != "STARTTLS") continue;
                testing::send_all(descriptor, script.starttls);
                const auto inside = [&](testing::TlsStream& stream) {
                    serve_inside(stream, script);
                };
                testing::serve_tls(descriptor, identity, inside);
                return;
            }
        };
    }

    void serve_inside(testing::TlsStream& stream, const Script& script) {
        for (;;) {
            const std::string line = stream.read_until("\r\n");
            if (line.empty()) return;
            commands_ += "tls " + line;
            const std::string command = first_word(line);
            if (command == "EHLO") stream.send_all(script.ehlo_inside);
            if (command == "NOOP") stream.send_all(script.noop);
            if (command == "QUIT") return;
        }
    }

    Options to(const Peer& peer, const std::string& scheme = "smtp") const {
        Options options;
        options.url = scheme + "://127.0.0.1:" + std::to_string(peer.port());
        options.tls.ca = authority_.file();
        return options;
    }

    static Outcome run(const Options& options, std::chrono::milliseconds timeout = 2000ms) {
        return testing::run_in_time(kind, options, timeout);
    }

    Outcome run_against(Script script, std::chrono::milliseconds timeout = 2000ms) {
        const Peer peer(serve(std::move(script), issue()));
        return run(to(peer), timeout);
    }

    testing::Authority authority_;
    std::string commands_;  // read after the peer is gone
};

TEST_F(Smtp, changes_to_tls_where_it_is_offered) {
    {
        const Peer peer(serve({}, issue()));
        const Outcome outcome = run(to(peer));
        EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
        EXPECT_EQ(outcome.detail, "ready, with TLS");
        EXPECT_TRUE(std::get<bool>(*outcome.property("tls")));
        EXPECT_EQ(std::get<std::int64_t>(*outcome.property("certificate_days_left")), 89);
    }
    EXPECT_EQ(commands_,
              "EHLO localhost\r\nSTARTTLS\r\ntls EHLO localhost\r\ntls NOOP\r\ntls QUIT\r\n");
}

TEST_F(Smtp, does_without_tls_where_it_may) {
    {
        const Peer peer(serve({.ehlo = "250 mail.example.org\r\n"}, issue()));
        Options options = to(peer);
        const Outcome outcome = run(options);
        EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
        EXPECT_EQ(outcome.detail, "ready, without TLS");
        EXPECT_FALSE(std::get<bool>(*outcome.property("tls")));
        options.starttls = "required";
        expect_failed(run(options), ErrorClass::assertion, "ehlo", "STARTTLS is not offered");
    }
    EXPECT_EQ(commands_, "EHLO localhost\r\nNOOP\r\nQUIT\r\nEHLO localhost\r\n");
    commands_.clear();
    {
        const Peer peer(serve({}, issue()));
        Options options = to(peer);
        options.starttls = "never";
        options.hello = "probe.example.org";
        EXPECT_EQ(run(options).status, Status::ok);
    }
    EXPECT_EQ(commands_, "EHLO probe.example.org\r\nNOOP\r\nQUIT\r\n");
}

TEST_F(Smtp, speaks_tls_from_the_start_with_smtps) {
    const Script script;
    const Peer peer(testing::tls(issue(), [&](testing::TlsStream& stream) {
        stream.send_all(script.banner);
        serve_inside(stream, script);
    }));
    const Outcome outcome = run(to(peer, "smtps"));
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    EXPECT_EQ(outcome.detail, "ready, with TLS");
}

TEST_F(Smtp, a_server_that_says_no_fails) {
    expect_failed(run_against({.banner = "421 too busy\r\n"}), ErrorClass::assertion, "banner",
                  "service not available (421)");
    expect_failed(run_against({.banner = "554-no\r\n554 not you\r\n"}), ErrorClass::assertion,
                  "banner", "banner answered with 554, expected 220");
    const Outcome outcome = run_against({.ehlo = "550 what?\r\n"});
    expect_failed(outcome, ErrorClass::assertion, "ehlo", "ehlo answered with 550, expected 250");
    EXPECT_EQ(outcome.error, R"(got "what?\n")");
    expect_failed(run_against({.starttls = "454 no certificate\r\n"}), ErrorClass::assertion,
                  "starttls", "starttls answered with 454, expected 220");
    expect_failed(run_against({.ehlo_inside = "503 bad\r\n"}), ErrorClass::assertion, "ehlo",
                  "ehlo answered with 503, expected 250");
    expect_failed(run_against({.noop = "451 disk full\r\n"}), ErrorClass::assertion, "noop",
                  "noop answered with 451, expected 250");
}

TEST_F(Smtp, a_server_that_knows_no_ehlo_is_greeted_with_helo) {
    for (const std::string ehlo : {"500 what?\r\n", "502 what?\r\n"}) {
        commands_.clear();
        {
            const Peer peer(serve({.ehlo = ehlo}, issue()));
            const Outcome outcome = run(to(peer));
            EXPECT_EQ(outcome.status, Status::ok) << outcome.detail;
            EXPECT_EQ(outcome.detail, "ready, without TLS");
        }
        EXPECT_EQ(commands_, "EHLO localhost\r\nHELO localhost\r\nNOOP\r\nQUIT\r\n");
        const Peer peer(serve({.ehlo = ehlo}, issue()));
        Options options = to(peer);
        options.starttls = "required";
        expect_failed(run(options), ErrorClass::assertion, "helo", "STARTTLS is not offered");
    }
    expect_failed(run_against({.ehlo = "502 what?\r\n", .helo = "502 what?\r\n"}),
                  ErrorClass::assertion, "helo", "helo answered with 502, expected 250");
}

TEST_F(Smtp, a_wrong_certificate_fails) {
    const auto fault = [&](const Identity& identity) {
        const Peer peer(serve({}, identity));
        const Outcome outcome = run(to(peer));
        EXPECT_EQ(outcome.error_class, ErrorClass::tls);
        EXPECT_EQ(outcome.failed_phase, "tls");
        return outcome.detail;
    };
    EXPECT_EQ(fault(issue({.names = {"other.example.org"}, .addresses = {}})),
              "certificate is for another name");
    EXPECT_EQ(fault(issue({.from = -48h, .until = -24h})), "certificate expired");
    EXPECT_EQ(fault(make_certificate(CertificateWish{})), "certificate not trusted");
}

TEST_F(Smtp, counts_the_days_of_the_certificate) {
    const Peer peer(serve({}, issue({.until = 24h * 5 + 1h})));
    Options options = to(peer);
    options.starttls = "required";
    EXPECT_EQ(run(options).status, Status::ok);
    options.certificate_days = 14;
    const Outcome outcome = run(options);
    EXPECT_EQ(outcome.status, Status::degraded);
    EXPECT_EQ(outcome.detail, "certificate ends in 5 days");
}

// Bytes that are injected before the handshake would otherwise be read as if they came after it.
TEST_F(Smtp, what_is_injected_before_the_handshake_is_refused) {
    expect_failed(run_against({.starttls = "220 go ahead\r\n250 injected\r\n"}),
                  ErrorClass::protocol, "tls", "spoke before the handshake");
}

TEST_F(Smtp, garbage_fails) {
    expect_failed(run_against({.banner = "HTTP/1.1 400 Bad Request\r\n\r\n"}), ErrorClass::protocol,
                  "banner", "not an SMTP reply");
    expect_failed(run_against({.banner = "220-" + std::string(20'000, 'x')}), ErrorClass::protocol,
                  "banner", "an SMTP reply that does not end");
    expect_failed(run_against({.ehlo = "250-a\r\n251 b\r\n"}), ErrorClass::protocol, "ehlo",
                  "an SMTP reply with two codes");
}

TEST_F(Smtp, a_closed_port_refuses) {
    Options options;
    options.url = "smtp://127.0.0.1:" + std::to_string(testing::closed_port());
    expect_failed(run(options), ErrorClass::connect, "connect", "connection refused");
}

TEST_F(Smtp, a_server_that_hangs_times_out_wherever_it_does) {
    expect_failed(run_against({.banner = ""}, 300ms), ErrorClass::timeout, "banner",
                  "accepts connections and does not answer (timeout in banner)");
    expect_failed(run_against({.ehlo = ""}, 300ms), ErrorClass::timeout, "ehlo",
                  "stopped answering (timeout in ehlo)");
    expect_failed(run_against({.ehlo_inside = ""}, 300ms), ErrorClass::timeout, "ehlo",
                  "stopped answering (timeout in ehlo)");
    expect_failed(run_against({.noop = ""}, 300ms), ErrorClass::timeout, "noop",
                  "stopped answering (timeout in noop)");
    const Peer drip(Peer::drip("220 " + std::string(4000, 'x'), 10ms));
    expect_failed(run(to(drip), 300ms), ErrorClass::timeout, "banner",
                  "accepts connections and does not answer (timeout in banner)");
}

TEST_F(Smtp, the_end_or_a_reset_amid_an_answer_fails) {
    const Peer ends(Peer::say("220-mail.example.org\r\n220"));
    expect_failed(run(to(ends)), ErrorClass::protocol, "banner",
                  "closed without a complete answer");
    const Peer resets([](int descriptor) {
        testing::send_all(descriptor, "220 mail\r\n");
        testing::read_until(descriptor, "\r\n");
        testing::send_all(descriptor, "250-ma");
        std::this_thread::sleep_for(50ms);
        testing::reset_on_close(descriptor);
    });
    expect_failed(run(to(resets)), ErrorClass::protocol, "ehlo", "connection reset");
}

TEST_F(Smtp, keeps_no_descriptor) {
    Runner runner;
    const Peer hanging(Peer::hang());
    const Peer busy(Peer::say("421 too busy\r\n"));
    const Peer expired(serve({}, issue({.from = -48h, .until = -24h})));
    const auto round = [&] {
        EXPECT_EQ(runner.run(kind, to(hanging), 5ms).error_class, ErrorClass::timeout);
        EXPECT_EQ(runner.run(kind, to(busy), 2s).error_class, ErrorClass::assertion);
        EXPECT_EQ(runner.run(kind, to(expired), 2s).error_class, ErrorClass::tls);
    };
    testing::expect_no_descriptor_kept(round);
}

TEST(SmtpOptions, are_checked) {
    const auto problem = [](const Options& options) { return testing::problem_of(kind, &options); };
    EXPECT_EQ(problem({.url = "smtp://h"}), "");
    EXPECT_EQ(problem({.url = "smtp://u:p@h"}), "url: holds a user; this check does not log in");
    EXPECT_EQ(problem({.url = "imap://h"}), "url: has the scheme imap; expected smtp or smtps");
    EXPECT_EQ(problem({.url = "smtp://h", .hello = "a\r\nDATA"}), "hello: is no name of a host");
    EXPECT_EQ(problem({.url = "smtps://h", .starttls = "required"}),
              "smtps is TLS from the start: no starttls");
    EXPECT_EQ(problem({.url = "smtp://h", .certificate_days = 14}),
              "certificate_days needs smtps or starttls: required");
    EXPECT_EQ(problem({.url = "smtps://h", .certificate_days = 14}), "");
    Options options;
    EXPECT_TRUE(kind.from_url(ObjectRef(options), "smtps://mail.example.org"));
    EXPECT_EQ(options.url.text, "smtps://mail.example.org");
}

}  // namespace
}  // namespace vitals::checks::smtp
