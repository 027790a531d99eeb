#include "pop3.hpp"

#include <gtest/gtest.h>

#include <map>

#include "expect_failed.hpp"
#include "tls_peer.hpp"

namespace vitals::checks::pop3 {
namespace {

using namespace std::chrono_literals;
using namespace vitals::testing;

// Answers as Dovecot does; `odd` has other answers, by the command's first word.
Peer::Handler server(std::map<std::string, std::string> odd,
                     std::string greeting = "+OK ready\r\n") {
    return [odd, greeting](int descriptor) {
        testing::send_all(descriptor, greeting);
        for (;;) {
            const std::string line = testing::read_until(descriptor, "\r\n");
            if (!line.ends_with("\r\n")) return;
            const std::string word = line.substr(0, line.find_first_of(" \r"));
            const auto found = odd.find(word);
            testing::send_all(descriptor, found != odd.end() ? found->second : "+OK\r\n");
            if (word == "QUIT") return testing::close_in_order(descriptor);
        }
    };
}

Options to(const Peer& peer, bool with_user = true) {
    Options options{.url = "pop3://" + peer.address(), .starttls = "never"};
    if (with_user) {
        options.user = "app";
        options.password = Secret("geheim");
    }
    return options;
}

Outcome run(const Options& options, std::chrono::milliseconds timeout = 2000ms) {
    return testing::run_discreetly(kind, options, timeout);
}

Outcome of(std::map<std::string, std::string> odd) {
    const Peer peer(server(std::move(odd)));
    return run(to(peer));
}

TEST(Pop3, logs_in_and_says_goodbye) {
    const Outcome outcome = of({});
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    EXPECT_EQ(outcome.detail, "logged in, mailbox opened");
    EXPECT_EQ(testing::phases(outcome).back(), "quit");
    const Peer peer(server({}));
    EXPECT_EQ(run(to(peer, false)).detail, "ready");
}

TEST(Pop3, refusals_have_their_class) {
    const auto refused = [](const std::string& answer) {
        return of({{"PASS", "-ERR " + answer + "\r\n"}});
    };
    expect_failed(refused("[AUTH] no"), ErrorClass::auth, "auth", "wrong user or password");
    expect_failed(refused("no"), ErrorClass::auth, "auth", "log-in refused");
    expect_failed(refused("[SYS/TEMP] later"), ErrorClass::assertion, "auth",
                  "log-ins are not possible now");
    const Outcome used = refused("[IN-USE] somebody reads");
    EXPECT_EQ(used.status, Status::unknown);
    EXPECT_EQ(used.detail, "mailbox is in use by somebody else");
    expect_failed(of({{"STAT", "-ERR storage\r\n"}}), ErrorClass::assertion, "mailbox",
                  "mailbox cannot be opened");
    expect_failed(of({{"USER", "220 what\r\n"}}), ErrorClass::protocol, "auth", "not a POP3 reply");
}

TEST(Pop3, greetings_are_judged) {
    const Peer full(server({}, "-ERR too many\r\n"));
    expect_failed(run(to(full)), ErrorClass::assertion, "banner", "turned away");
    const Peer other(server({}, "* OK IMAP\r\n"));
    expect_failed(run(to(other)), ErrorClass::protocol, "banner", "not a POP3 reply");
}

TEST(Pop3, a_password_never_goes_before_tls) {
    for (const char* listed : {"+OK\r\nUSER\r\n.\r\n", "-ERR what\r\n"}) {
        const Peer stripping(server({{"CAPA", listed}}));
        Options options = to(stripping);
        options.starttls = "required";
        expect_failed(run(options), ErrorClass::tls, "capability", "STLS is not offered");
    }
    const Peer early(
        server({{"CAPA", "+OK\r\nSTLS\r\n.\r\n"}, {"STLS", "+OK go\r\n+OK early\r\n"}}));
    Options options = to(early);
    options.starttls = "required";
    expect_failed(run(options), ErrorClass::protocol, "tls", "spoke before the handshake");
}

TEST(Pop3, tls_is_verified) {
    const Peer untrusted(testing::tls(testing::make_certificate(testing::CertificateWish{}),
                                      [](testing::TlsStream&) {}));
    expect_failed(run({.url = "pop3s://" + untrusted.address()}), ErrorClass::tls, "tls",
                  "certificate not trusted");
}

TEST(Pop3, faults_of_the_connection_have_a_class_and_a_phase) {
    const Peer hanging(Peer::hang());
    const Outcome hung = run(to(hanging), 200ms);
    EXPECT_EQ(hung.error_class, ErrorClass::timeout);
    EXPECT_EQ(hung.failed_phase, "banner");
    const Peer flood(Peer::say("+OK " + std::string(200'000, 'x')));
    expect_failed(run(to(flood)), ErrorClass::protocol, "banner", "a POP3 line that does not end");
}

TEST(Pop3Options, are_checked) {
    const auto problem = [](const Options& options) { return testing::problem_of(kind, &options); };
    EXPECT_EQ(problem({.url = "pop3s://u:p@h"}), "");
    EXPECT_NE(problem({.url = "pop3://u@h"}), "");
    EXPECT_NE(problem({.url = "pop3://h", .user = "a\r\nDELE 1", .password = Secret("p")}), "");
    EXPECT_NE(problem({.url = "imap://h"}), "");
}

}  // namespace
}  // namespace vitals::checks::pop3
