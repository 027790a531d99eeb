#include "certificate.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

#include "expect_failed.hpp"
#include "tls_peer.hpp"

namespace vitals::checks::certificate {
namespace {

using namespace std::chrono_literals;
using namespace vitals::testing;

class CertificateFile : public ::testing::Test {
  protected:
    static Identity authority(const std::string& subject) {
        return make_certificate({.subject = subject,
                                 .names = {},
                                 .addresses = {},
                                 .until = 24h * 365,
                                 .authority = true});
    }

    static void refused(const Outcome& outcome, ErrorClass error_class, const std::string& detail,
                        const std::string& phase = "judge",
                        std::source_location at = std::source_location::current()) {
        testing::expect_failed(outcome, error_class, phase, detail, at);
    }

    static Outcome look(Options options) { return run_once(kind, std::move(options), 5000ms); }
    Outcome look_at(const std::string& content) {
        return look({.path = directory_.write("a.pem", content)});
    }

    // openssl's own program, as people use it to make such files.
    void openssl(const std::string& words) {
        const std::string command =
            "cd " + directory_.path() + " && openssl " + words + " >/dev/null 2>&1";
        ASSERT_EQ(std::system(command.c_str()), 0) << words;
    }

    TemporaryDirectory directory_;
    Identity root_ = authority("root");
};

TEST_F(CertificateFile, is_good_for_a_while) {
    const Outcome outcome = look_at(make_certificate({}, root_).certificate);
    EXPECT_EQ(outcome.status, Status::ok);
    EXPECT_EQ(outcome.detail, "certificate ends in 89 days");
    EXPECT_EQ(*outcome.property("days_left"), Value(std::int64_t{89}));
    EXPECT_EQ(*outcome.property("certificates"), Value(std::int64_t{1}));
}

TEST_F(CertificateFile, ends_soon_or_has_ended_or_has_not_begun) {
    const auto life = [&](std::chrono::seconds from, std::chrono::seconds until) {
        return look_at(make_certificate({.from = from, .until = until}, root_).certificate);
    };
    const Outcome soon = life(-24h * 80, 24h * 10 + 1h);
    EXPECT_EQ(soon.status, Status::degraded);
    EXPECT_EQ(soon.detail, "certificate ends in 10 days");
    EXPECT_TRUE(soon.error.contains("CN=localhost, valid ")) << soon.error;
    refused(life(-24h * 80, 24h * 2 + 1h), ErrorClass::assertion, "certificate ends in 2 days");
    refused(life(-24h * 80, 5h + 30min), ErrorClass::assertion, "certificate ends in 5.5 h");
    refused(life(-24h * 80, -2h), ErrorClass::tls, "certificate expired");
    refused(life(24h, 24h * 90), ErrorClass::tls, "certificate not yet valid");
}

// RFC 5280, 4.1.2.5: 99991231235959Z says that there is no end.
TEST_F(CertificateFile, without_an_end_is_good) {
    const std::chrono::sys_seconds end =
        std::chrono::sys_days(std::chrono::year(9999) / 12 / 31) + 23h + 59min + 59s;
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const Outcome outcome = look_at(make_certificate({.until = end - now - 1h}, root_).certificate);
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail;
    EXPECT_GT(std::get<std::int64_t>(*outcome.property("days_left")), 36'500);
}

TEST_F(CertificateFile, of_a_short_life_is_judged_by_its_life) {
    const auto of_a_week = [&](std::chrono::seconds left) {
        return look_at(
            make_certificate({.from = left - 24h * 7, .until = left}, root_).certificate);
    };
    EXPECT_EQ(of_a_week(24h * 5).status, Status::ok);
    EXPECT_EQ(of_a_week(24h * 2).status, Status::degraded);  // of 7 days a third: 56 h
    EXPECT_EQ(of_a_week(9h).status, Status::degraded);
    EXPECT_EQ(of_a_week(7h).status, Status::failed);  // a seventh of that
}

TEST_F(CertificateFile, is_judged_by_what_ends_first_in_its_chain) {
    const Identity intermediate = make_certificate({.subject = "intermediate",
                                                    .names = {},
                                                    .addresses = {},
                                                    .from = -24h * 300,
                                                    .until = 24h * 4 + 1h,
                                                    .authority = true},
                                                   root_);
    const Identity leaf = make_certificate({}, intermediate);
    const Outcome outcome = look_at(leaf.certificate + intermediate.certificate);
    EXPECT_EQ(outcome.status, Status::degraded);
    EXPECT_EQ(outcome.detail, "certificate ends in 4 days");
    EXPECT_TRUE(outcome.error.contains("CN=intermediate")) << outcome.error;
}

TEST_F(CertificateFile, holds_its_chain_in_order) {
    const Identity leaf = make_certificate({}, root_);
    const std::string own = leaf.certificate;
    refused(look_at(root_.certificate + own), ErrorClass::tls,
            "the server's own certificate does not come first");
    const Outcome stranger = look_at(own + authority("stranger").certificate);
    EXPECT_EQ(stranger.status, Status::degraded);
    EXPECT_EQ(stranger.detail, "chain is broken or out of order");
    EXPECT_EQ(look_at(own + root_.certificate).status, Status::ok);
    // A list of authorities is no chain.
    EXPECT_EQ(look_at(authority("a").certificate + authority("b").certificate).status, Status::ok);
}

TEST_F(CertificateFile, cut_short_is_no_shorter_chain) {
    const Identity leaf = make_certificate({}, root_);
    const std::string own = leaf.certificate;
    const std::string whole = own + root_.certificate;
    for (std::size_t cut = own.size() + 8; cut + 2 < whole.size(); cut += 7) {
        const Outcome outcome = look_at(whole.substr(0, cut));
        EXPECT_EQ(outcome.status, Status::failed) << whole.substr(own.size(), cut - own.size());
        EXPECT_EQ(outcome.detail, "file is cut short or damaged");
    }
    refused(look_at(own.substr(0, own.size() / 2)), ErrorClass::assertion,
            "file is cut short or damaged");
}

TEST_F(CertificateFile, that_holds_none_is_no_certificate) {
    refused(look_at(""), ErrorClass::assertion, "file holds no certificate");
    refused(look_at("some text\n"), ErrorClass::assertion, "file holds no certificate");
    refused(look_at(root_.key), ErrorClass::assertion, "file holds no certificate");
    refused(look({.path = directory_.file("none")}), ErrorClass::assertion, "file does not exist");
    refused(look({.path = directory_.file("*.crt")}), ErrorClass::assertion,
            "no certificate found");
    std::filesystem::create_directory(directory_.file("empty"));
    refused(look({.path = directory_.file("empty")}), ErrorClass::assertion,
            "no certificate found");
    ASSERT_EQ(::mkfifo(directory_.file("pipe").c_str(), 0600), 0);
    refused(look({.path = directory_.file("pipe")}), ErrorClass::assertion,
            "file is no regular file");
    const Outcome large = look_at(std::string(2 << 20, ' '));
    EXPECT_EQ(large.status, Status::unknown);
    EXPECT_EQ(large.detail, "file is too large");
}

TEST_F(CertificateFile, may_stand_among_others_in_a_directory) {
    // In certbot's layout: live/ holds links into archive/, where old ones stay.
    const auto folder = std::filesystem::path(directory_.path());
    std::filesystem::create_directories(folder / "archive/shop");
    std::filesystem::create_directories(folder / "live/shop");
    const Identity old = make_certificate({.from = -24h * 90, .until = -24h}, root_);
    const Identity now = make_certificate({.until = 24h * 40 + 1h}, root_);
    (void)directory_.write("archive/shop/fullchain1.pem", old.certificate);
    (void)directory_.write("archive/shop/fullchain2.pem", now.certificate);
    (void)directory_.write("archive/shop/privkey2.pem", now.key);
    std::filesystem::create_symlink("../../archive/shop/fullchain2.pem",
                                    folder / "live/shop/fullchain.pem");
    std::filesystem::create_symlink("../../archive/shop/privkey2.pem",
                                    folder / "live/shop/privkey.pem");
    std::filesystem::create_symlink("gone.pem", folder / "live/shop/dangling.pem");
    (void)directory_.write("live/README", "Do not move these files.\n");
    const Outcome live = look({.path = folder / "live"});
    EXPECT_EQ(live.status, Status::ok) << live.detail << live.error;
    EXPECT_EQ(live.detail, "certificate ends in 40 days");
    EXPECT_EQ(*look({.path = folder}).property("files"), Value(std::int64_t{1}));

    (void)directory_.write("live/other.pem",
                           make_certificate({.until = 24h * 30 + 1h}, root_).certificate);
    const Outcome both = look({.path = folder / "live"});
    EXPECT_EQ(both.detail, "2 certificates in 2 files, the first ends in 30 days");
    EXPECT_EQ(look({.path = folder / "live/*.pem"}).detail, "certificate ends in 30 days");
    (void)directory_.write("live/other.pem", old.certificate);
    refused(look({.path = folder / "live"}), ErrorClass::tls, "certificate expired");
}

TEST_F(CertificateFile, has_its_key) {
    const Identity own = make_certificate({}, root_);
    const std::string path = directory_.write("a.pem", own.certificate);
    const auto with = [&](const std::string& key, const char* password = nullptr) {
        Options options{.path = path, .key = directory_.file(key)};
        if (password != nullptr) options.password = Secret(password);
        return look(options);
    };
    (void)directory_.write("a.key", own.key);
    EXPECT_EQ(with("a.key").status, Status::ok);
    (void)directory_.write("b.key", make_certificate({}).key);
    refused(with("b.key"), ErrorClass::assertion, "key does not belong to the certificate");
    refused(with("a.pem"), ErrorClass::assertion, "file holds no private key");
    refused(with("none.key"), ErrorClass::assertion, "key does not exist");
    openssl("pkey -in a.key -aes256 -passout pass:secret -out locked.key");
    refused(with("locked.key"), ErrorClass::auth, "password required");
    refused(with("locked.key", "wrong"), ErrorClass::auth, "wrong password");
    EXPECT_EQ(with("locked.key", "secret").status, Status::ok);
}

TEST_F(CertificateFile, may_be_der_or_pkcs12) {
    const Identity own = make_certificate({.until = 24h * 60 + 1h}, root_);
    (void)directory_.write("a.pem", own.certificate);
    (void)directory_.write("a.key", own.key);
    openssl("x509 -in a.pem -outform DER -out a.der");
    EXPECT_EQ(look({.path = directory_.file("a.der")}).detail, "certificate ends in 60 days");

    openssl("pkcs12 -export -in a.pem -inkey a.key -passout pass:secret -out a.p12");
    openssl("pkcs12 -export -in a.pem -inkey a.key -passout pass:secret -legacy -out old.p12");
    openssl(
        "pkcs12 -export -in a.pem -inkey a.key -passout pass:secret -iter 300000 -out slow.p12");
    const auto open = [&](const std::string& file, const std::string& password) {
        return look({.path = directory_.file(file), .password = Secret(password)});
    };
    EXPECT_EQ(open("a.p12", "secret").detail, "certificate ends in 60 days");
    EXPECT_EQ(open("old.p12", "secret").detail, "certificate ends in 60 days");
    refused(open("a.p12", "wrong"), ErrorClass::auth, "wrong password");
    refused(look({.path = directory_.file("a.p12")}), ErrorClass::auth, "password required");
    const Outcome slow = open("slow.p12", "secret");
    EXPECT_EQ(slow.status, Status::unknown);
    EXPECT_EQ(slow.detail, "file hashes its password too often to be opened here");
}

TEST_F(CertificateFile, is_for_its_names) {
    const std::string path = directory_.write("a.pem", make_certificate({}, root_).certificate);
    EXPECT_EQ(look({.path = path, .names = {"localhost", "127.0.0.1"}}).status, Status::ok);
    const Outcome other = look({.path = path, .names = {"localhost", "shop.example.org"}});
    refused(other, ErrorClass::tls, "certificate is for another name");
    EXPECT_TRUE(other.error.ends_with("CN=localhost is not for shop.example.org")) << other.error;
}

TEST_F(CertificateFile, holds_a_whole_chain) {
    const Identity intermediate = make_certificate({.subject = "intermediate",
                                                    .names = {},
                                                    .addresses = {},
                                                    .until = 24h * 90,
                                                    .authority = true},
                                                   root_);
    const Identity leaf = make_certificate({}, intermediate);
    const std::string ca = directory_.write("ca.pem", root_.certificate);
    const auto complete = [&](const std::string& content) {
        return look({.path = directory_.write("a.pem", content), .complete = true, .ca = ca});
    };
    EXPECT_EQ(complete(leaf.certificate + intermediate.certificate).status, Status::ok);
    refused(complete(leaf.certificate), ErrorClass::tls,
            "chain is incomplete, or its authority is not trusted");
    const Outcome blind = look({.path = directory_.file("a.pem"), .complete = true, .ca = "/none"});
    EXPECT_EQ(blind.status, Status::unknown);
    EXPECT_EQ(blind.detail, "authorities file cannot be used");
}

TEST_F(CertificateFile, is_what_its_server_shows) {
    const Identity own = make_certificate({}, root_);
    const Identity renewed = make_certificate({}, root_);
    const auto serving = [](const Identity& identity) {
        return testing::tls(identity, [](testing::TlsStream& stream) { stream.read_until("\n"); });
    };
    Peer peer(serving(own));
    Options options{.path = directory_.write("a.pem", own.certificate), .serves = peer.address()};
    EXPECT_EQ(look(options).status, Status::ok);
    (void)directory_.write("a.pem", renewed.certificate);
    const Outcome stale = look(options);
    refused(stale, ErrorClass::assertion, "server shows another certificate: reload it", "compare");
    options.serves = "127.0.0.1:" + std::to_string(testing::closed_port());
    EXPECT_EQ(look(options).error_class, ErrorClass::connect);
    Peer plain(Peer::say("220 no TLS here\r\n"));
    options.serves = "tls://" + plain.address();
    EXPECT_EQ(look(options).error_class, ErrorClass::tls);
}

TEST_F(CertificateFile, that_may_not_be_read_is_not_judged) {
    const std::string path = directory_.write("a.pem", root_.certificate);
    (void)directory_.write("b.pem", root_.certificate);
    (void)directory_.write("privkey.pem", root_.key);
    ASSERT_EQ(::chmod(path.c_str(), 0), 0);
    ASSERT_EQ(::chmod(directory_.file("privkey.pem").c_str(), 0), 0);
    ASSERT_EQ(::chmod(directory_.path().c_str(), 0755), 0);
    if (::geteuid() == 0) ASSERT_EQ(::seteuid(65534), 0);
    const Outcome alone = look({.path = path});
    const Outcome together = look({.path = directory_.path()});
    const Outcome other = look({.path = directory_.file("[bp]*.pem")});
    if (::getuid() == 0) ASSERT_EQ(::seteuid(0), 0);
    EXPECT_EQ(alone.status, Status::unknown);
    EXPECT_EQ(alone.detail, "not permitted to read the file");
    EXPECT_EQ(together.status, Status::unknown);
    EXPECT_EQ(together.error_class, ErrorClass::local);
    EXPECT_EQ(other.status, Status::ok) << "a key that nobody may read is no fault";
}

TEST_F(CertificateFile, has_checked_options_and_a_url) {
    const Options crossed{.path = "/a", .degraded_below = 24h, .failed_below = 48h};
    EXPECT_EQ(problem_of(kind, &crossed),
              "failed_below is above degraded_below: it would never be degraded");
    const Options without{.path = "/a", .ca = "/ca.pem"};
    EXPECT_EQ(problem_of(kind, &without), "ca goes with complete: true, which asks for a chain");
    const Options server{.path = "/a", .serves = "host:port"};
    EXPECT_TRUE(problem_of(kind, &server).contains("is no host:port")) << problem_of(kind, &server);
    Options options;
    EXPECT_TRUE(kind.from_url(ObjectRef(options), "certificate:/etc/ssl/*.pem"));
    EXPECT_EQ(options.path, "/etc/ssl/*.pem");
}

}  // namespace
}  // namespace vitals::checks::certificate
