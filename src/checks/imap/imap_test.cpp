#include "imap.hpp"

#include <gtest/gtest.h>

#include <map>

#include "expect_failed.hpp"
#include "tls_peer.hpp"

namespace vitals::checks::imap {
namespace {

using namespace std::chrono_literals;
using namespace vitals::testing;

// Answers as Dovecot does, command by command; `odd` has other answers, by the command's first
// word.
struct Script {
    std::string greeting = "* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] ready.\r\n";
    std::map<std::string, std::string> odd{};

    std::string answer(const std::string& line) const {
        const std::string tag = line.substr(0, line.find(' '));
        std::string word = line.substr(tag.size() + 1);
        word = word.substr(0, word.find_first_of(" \r"));
        if (const auto found = odd.find(word); found != odd.end()) {
            std::string said = found->second;
            for (std::size_t at = 0; (at = said.find('%')) != std::string::npos;)
                said.replace(at, 1, tag);
            return said;
        }
        if (word == "CAPABILITY")
            return "* CAPABILITY IMAP4rev1 STARTTLS\r\n" + tag + " OK done\r\n";
        if (word == "STATUS") return "* STATUS INBOX (MESSAGES 3)\r\n" + tag + " OK done\r\n";
        if (word == "LOGOUT") return "* BYE out\r\n" + tag + " OK done\r\n";
        return tag + " OK done\r\n";
    }
};

Peer::Handler plain(Script script) {
    return [script](int descriptor) {
        testing::send_all(descriptor, script.greeting);
        for (;;) {
            const std::string line = testing::read_until(descriptor, "\r\n");
            if (!line.ends_with("\r\n")) return;
            testing::send_all(descriptor, script.answer(line));
            if (line.contains("LOGOUT")) return testing::close_in_order(descriptor);
        }
    };
}

Options to(const Peer& peer, bool with_user = true) {
    Options options{.url = "imap://" + peer.address(), .starttls = "never"};
    if (with_user) {
        options.user = "app";
        options.password = Secret("geheim");
    }
    return options;
}

Outcome run(const Options& options, std::chrono::milliseconds timeout = 2000ms) {
    return testing::run_discreetly(kind, options, timeout);
}

Outcome of(Script script, bool with_user = true) {
    const Peer peer(plain(std::move(script)));
    return run(to(peer, with_user));
}

TEST(Imap, logs_in_and_opens_a_mailbox) {
    const Outcome outcome = of({});
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    EXPECT_EQ(outcome.detail, "logged in, mailbox opened");
    EXPECT_EQ(std::get<std::int64_t>(*outcome.property("messages")), 3);
    EXPECT_EQ(testing::phases(outcome),
              (std::vector<std::string>{"connect", "banner", "auth", "mailbox", "logout"}));
    EXPECT_EQ(of({}, false).detail, "ready");
}

TEST(Imap, refusals_have_their_class) {
    const auto refused = [](const std::string& answer) {
        return of({.odd = {{"LOGIN", "% " + answer + "\r\n"}}});
    };
    expect_failed(refused("NO [AUTHENTICATIONFAILED] no"), ErrorClass::auth, "auth",
                  "wrong user or password");
    expect_failed(refused("NO [LIMIT] Maximum number of connections"), ErrorClass::assertion,
                  "auth", "too many connections of this user");
    expect_failed(refused("NO [UNAVAILABLE] later"), ErrorClass::assertion, "auth",
                  "log-ins are not possible now");
    expect_failed(refused("NO [PRIVACYREQUIRED] tls"), ErrorClass::auth, "auth",
                  "log-in needs TLS");
    expect_failed(refused("NO no"), ErrorClass::auth, "auth", "log-in refused");
    expect_failed(of({.odd = {{"LOGIN", "* BYE maintenance\r\n"}}}), ErrorClass::assertion, "auth",
                  "turned away: the server says BYE");
    expect_failed(of({.odd = {{"STATUS", "% NO [SERVERBUG] storage\r\n"}}}), ErrorClass::assertion,
                  "mailbox", "mailbox cannot be opened");
    expect_failed(of({.odd = {{"STATUS", "% OK nothing\r\n"}}}), ErrorClass::assertion, "mailbox",
                  "mailbox cannot be opened");
}

TEST(Imap, greetings_are_judged) {
    expect_failed(of({.greeting = "* BYE full\r\n"}), ErrorClass::assertion, "banner",
                  "turned away: the server says BYE");
    expect_failed(of({.greeting = "* PREAUTH welcome\r\n"}), ErrorClass::auth, "auth",
                  "lets everybody in without a log-in (PREAUTH)");
    expect_failed(of({.greeting = "* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] ready\r\n"}),
                  ErrorClass::auth, "auth", "log-in needs TLS");
    for (const char* other : {"+OK POP3 ready\r\n", "220 mail\r\n", "SSH-2.0-x\r\n"})
        EXPECT_EQ(of({.greeting = other}).error_class, ErrorClass::protocol) << other;
}

TEST(Imap, a_password_never_goes_before_tls) {
    std::string seen;
    {
        const Peer stripping([&](int descriptor) {
            testing::send_all(descriptor, "* OK [CAPABILITY IMAP4rev1] ready\r\n");
            seen = testing::read_until(descriptor, "\r\n");
        });
        Options options = to(stripping);
        options.starttls = "required";
        expect_failed(run(options), ErrorClass::tls, "banner", "STARTTLS is not offered");
    }
    EXPECT_FALSE(seen.contains("LOGIN"));
    const Peer early([](int descriptor) {
        testing::send_all(descriptor, "* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n");
        testing::read_until(descriptor, "\r\n");
        testing::send_all(descriptor, "v1 OK go on\r\n* OK injected\r\n");
        testing::close_in_order(descriptor);
    });
    Options options = to(early);
    options.starttls = "required";
    expect_failed(run(options), ErrorClass::protocol, "tls", "spoke before the handshake");
}

TEST(Imap, tls_is_verified) {
    const Peer untrusted(testing::tls(testing::make_certificate(testing::CertificateWish{}),
                                      [](testing::TlsStream&) {}));
    Options options{
        .url = "imaps://" + untrusted.address(), .user = "app", .password = Secret("geheim")};
    expect_failed(run(options), ErrorClass::tls, "tls", "certificate not trusted");
    const testing::Authority authority;
    const Script script;
    const Peer trusted(testing::tls(authority.issue(), [&](testing::TlsStream& stream) {
        stream.send_all(script.greeting);
        for (;;) {
            const std::string line = stream.read_until("\r\n");
            if (!line.ends_with("\r\n")) return;
            stream.send_all(script.answer(line));
        }
    }));
    options.url = "imaps://" + trusted.address();
    options.tls.ca = authority.file();
    const Outcome outcome = run(options);
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    options.certificate_days = 3650;
    EXPECT_EQ(run(options).status, Status::degraded);
}

TEST(Imap, odd_passwords_go_as_literals) {
    std::string got;
    const Peer peer([&](int descriptor) {
        testing::send_all(descriptor, "* OK [CAPABILITY IMAP4rev1] ready\r\n");
        got = testing::read_until(descriptor, "\r\n");
        testing::send_all(descriptor, "+ go on\r\n");
        got += testing::read_until(descriptor, "\r\n");
        testing::send_all(descriptor, "+ go on\r\n");
        got += testing::read_until(descriptor, "\r\n");
        testing::send_all(descriptor, "v1 NO [AUTHENTICATIONFAILED] no\r\n");
        testing::close_in_order(descriptor);
    });
    Options options = to(peer);
    options.password = Secret("gehéim");
    expect_failed(run(options), ErrorClass::auth, "auth", "wrong user or password");
    EXPECT_EQ(got, "v1 LOGIN {3}\r\napp {7}\r\ngehéim\r\n");
}

TEST(Imap, a_wrong_password_is_not_tried_again_and_again) {
    const Peer peer(plain({.odd = {{"LOGIN", "% NO [AUTHENTICATIONFAILED] no\r\n"}}}));
    testing::Runner runner;
    runner.keep_connections();
    for (int i = 0; i < 5; ++i) {
        const Outcome outcome = runner.run(kind, to(peer), 2s);
        expect_failed(outcome, ErrorClass::auth, "auth", "wrong user or password");
    }
    EXPECT_EQ(peer.accepted(), 2);
    Options another = to(peer);
    another.password = Secret("another");
    EXPECT_EQ(runner.run(kind, another, 2s).error_class, ErrorClass::auth);
    EXPECT_EQ(peer.accepted(), 3) << "another password is tried at once";
}

TEST(Imap, faults_of_the_connection_have_a_class_and_a_phase) {
    const Peer hanging(Peer::hang());
    const Outcome hung = run(to(hanging), 200ms);
    EXPECT_EQ(hung.error_class, ErrorClass::timeout);
    EXPECT_EQ(hung.failed_phase, "banner");
    const Peer flood(Peer::say("* OK " + std::string(200'000, 'x')));
    expect_failed(run(to(flood)), ErrorClass::protocol, "banner",
                  "an IMAP response that does not end");
    const Peer resetting(Peer::reset());
    EXPECT_EQ(run(to(resetting)).error_class, ErrorClass::protocol);
}

TEST(ImapOptions, are_checked) {
    const auto problem = [](const Options& options) { return testing::problem_of(kind, &options); };
    EXPECT_EQ(problem({.url = "imaps://u:p@h"}), "");
    EXPECT_EQ(problem({.url = "imap://h"}), "");
    EXPECT_NE(problem({.url = "imap://u@h"}), "");
    EXPECT_NE(problem({.url = "imap://h", .password = Secret("x")}), "");
    EXPECT_NE(problem({.url = "imap://h/INBOX"}), "");
    EXPECT_NE(problem({.url = "imap://h", .mailbox = "a\nb"}), "");
    EXPECT_NE(problem({.url = "pop3://h"}), "");
}

}  // namespace
}  // namespace vitals::checks::imap
