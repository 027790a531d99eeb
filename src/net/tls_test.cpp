// TLS on a connection: which peers are accepted, the text about others, and the class of an
// unusable file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <thread>

#include "check_testing.hpp"
#include "net/connection.hpp"
#include "net/net_testing.hpp"
#include "tls_peer.hpp"

namespace vitals::net {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using namespace vitals::testing;

// What a run over TLS shows, also when the handshake failed.
struct Shown {
    std::optional<PeerCertificate> certificate;
    std::string heard;
    std::optional<CheckError> error;
};

awaitable<Shown> handshake_and_hear(Context& context, Endpoint endpoint, TlsOptions options,
                                    std::string host) {
    Shown shown;
    const auto connection = co_await dial(context, endpoint);
    context.enter("tls");
    try {
        co_await connection->start_tls(options, host);
        context.enter("talk");
        co_await connection->write("ping\n");
        char buffer[100];
        const std::size_t got = co_await connection->read_some(buffer);
        shown.heard.assign(buffer, got);
    } catch (const CheckError& error) {
        shown.error = error;
    }
    shown.certificate = connection->certificate();
    co_return shown;
}

struct TlsTest : ::testing::Test {
    std::filesystem::path directory =
        std::filesystem::temp_directory_path() / ("vitals-tls-" + std::to_string(::getpid()));
    Identity authority = make_certificate({.subject = "authority", .names = {}, .authority = true});
    Loop loop;
    Environment environment{loop};

    TlsTest() { std::filesystem::create_directories(directory); }
    ~TlsTest() override { std::filesystem::remove_all(directory); }

    std::string file(const std::string& name, const std::string& content) const {
        std::ofstream(directory / name) << content;
        return (directory / name).string();
    }
    TlsOptions trusting() const {
        TlsOptions options;
        options.ca = file("ca.pem", authority.certificate);
        return options;
    }
    Ran<Shown> connect_to(Peer::Handler handler, TlsOptions options, std::string host = "localhost",
                          milliseconds limit = 5s) {
        Peer peer(std::move(handler));
        const Endpoint endpoint{"127.0.0.1", peer.port(), {}};
        const Work<Shown> work = [=](Context& context) {
            return handshake_and_hear(context, endpoint, options, host);
        };
        return drive<Shown>(loop, environment, work, limit);
    }
    // A server that sends back the line it got, and the name it was asked for.
    static Peer::Handler echo(Identity identity) {
        return vitals::testing::tls(std::move(identity), [](TlsStream& stream) {
            const std::string line = stream.read_until("\n");
            stream.send_all(line + stream.server_name());
        });
    }
    // The private `error` goes with each detail.
    void expect_refused(const Ran<Shown>& ran, const std::string& detail,
                        ErrorClass error_class = ErrorClass::tls) {
        ASSERT_TRUE(ran.value) << ran.detail();
        ASSERT_TRUE(ran.value->error);
        EXPECT_EQ(ran.value->error->detail, detail) << ran.value->error->error;
        EXPECT_EQ(ran.value->error->error_class, error_class);
    }
};

System now() {
    return std::chrono::system_clock::now();
}

TEST_F(TlsTest, a_trusted_peer_is_accepted) {
    const auto ran = connect_to(echo(make_certificate({}, authority)), trusting());
    ASSERT_TRUE(ran.value && !ran.value->error) << ran.value->error->error;
    EXPECT_EQ(ran.value->heard, "ping\nlocalhost");  // the name it was asked for by SNI
    ASSERT_TRUE(ran.value->certificate);
    EXPECT_EQ(ran.value->certificate->subject, "CN=localhost");
    EXPECT_EQ(ran.value->certificate->version, "TLSv1.3");
    EXPECT_FALSE(ran.value->certificate->cipher.empty());
    const auto left = ran.value->certificate->not_after_earliest - now();
    EXPECT_GT(left, 24h * 89);
    EXPECT_LT(left, 24h * 91);
}

// RFC 5280, 4.1.2.5: the end of the year 9999 means that there is no end.
TEST_F(TlsTest, a_certificate_without_an_end_has_not_ended) {
    const auto end = std::chrono::sys_days(std::chrono::year(9999) / 12 / 31);
    const auto life = std::chrono::floor<std::chrono::seconds>(
        end - std::chrono::floor<std::chrono::seconds>(now()));
    const auto ran = connect_to(echo(make_certificate({.until = life}, authority)), trusting());
    ASSERT_TRUE(ran.value && !ran.value->error) << ran.value->error->error;
    EXPECT_GT(ran.value->certificate->not_after_earliest, now() + 24h);  // its authority's end
}

TEST_F(TlsTest, an_expired_certificate_is_reported_and_shown) {
    const auto ran = connect_to(
        echo(make_certificate({.from = -24h * 30, .until = -24h * 2}, authority)), trusting());
    expect_refused(ran, "certificate expired");
    EXPECT_THAT(ran.value->error->error, HasSubstr("CN=localhost, valid until 20"));
    ASSERT_TRUE(ran.value->certificate);
    EXPECT_LT(ran.value->certificate->not_after_earliest, now() - 24h);
    EXPECT_GT(ran.value->certificate->not_after_earliest, now() - 24h * 3);
}

TEST_F(TlsTest, a_certificate_that_is_not_yet_valid_is_reported) {
    const auto ran =
        connect_to(echo(make_certificate({.from = 24h, .until = 48h}, authority)), trusting());
    expect_refused(ran, "certificate not yet valid");
}

TEST_F(TlsTest, a_certificate_for_another_name_is_reported) {
    const Identity other =
        make_certificate({.names = {"other.example"}, .addresses = {}}, authority);
    expect_refused(connect_to(echo(other), trusting()), "certificate is for another name");
    expect_refused(connect_to(echo(other), trusting(), "127.0.0.1"),
                   "certificate is for another name");
    // Unless that is the wanted name; SNI also uses it.
    TlsOptions options = trusting();
    options.server_name = "other.example";
    const auto ran = connect_to(echo(other), options);
    ASSERT_FALSE(ran.value->error) << ran.value->error->error;
    EXPECT_EQ(ran.value->heard, "ping\nother.example");
}

TEST_F(TlsTest, addresses_are_verified_and_not_asked_for_by_name) {
    const auto ran = connect_to(echo(make_certificate({}, authority)), trusting(), "127.0.0.1");
    ASSERT_FALSE(ran.value->error) << ran.value->error->error;
    EXPECT_EQ(ran.value->heard, "ping\n");
}

TEST_F(TlsTest, a_trailing_dot_is_no_part_of_the_name) {
    const auto ran = connect_to(echo(make_certificate({}, authority)), trusting(), "localhost.");
    ASSERT_FALSE(ran.value->error) << ran.value->error->error;
    EXPECT_EQ(ran.value->heard, "ping\nlocalhost");
}

TEST_F(TlsTest, an_untrusted_certificate_is_reported) {
    expect_refused(connect_to(echo(make_certificate({})), trusting()), "certificate not trusted");
    const Identity stranger = make_certificate({.subject = "stranger", .authority = true});
    expect_refused(connect_to(echo(make_certificate({}, stranger)), trusting()),
                   "certificate not trusted");
}

TEST_F(TlsTest, without_verification_any_certificate_is_accepted_and_shown) {
    TlsOptions options;
    options.verify = false;
    options.ca = "/nonexistent";  // not looked at
    const auto ran = connect_to(echo(make_certificate({.names = {"x"}, .until = -1h})), options);
    ASSERT_FALSE(ran.value->error) << ran.value->error->error;
    ASSERT_TRUE(ran.value->certificate);
    EXPECT_LT(ran.value->certificate->not_after_earliest, now());
}

TEST_F(TlsTest, the_earliest_end_of_the_chain_counts) {
    const Identity between = make_certificate(
        {.subject = "between", .names = {}, .until = 24h * 5, .authority = true}, authority);
    Identity leaf = make_certificate({}, between);
    leaf.certificate += between.certificate;
    const auto ran = connect_to(echo(leaf), trusting());
    ASSERT_FALSE(ran.value->error) << ran.value->error->error;
    EXPECT_LT(ran.value->certificate->not_after_earliest - now(), 24h * 6);
    // The intermediate alone may be trusted as well.
    TlsOptions options;
    options.ca = file("between.pem", between.certificate);
    EXPECT_FALSE(connect_to(echo(leaf), options).value->error);
}

// Many servers still send an old cross-signed certificate that nobody needs.
TEST_F(TlsTest, a_certificate_that_no_path_needs_does_not_count) {
    const Identity old = make_certificate({.subject = "old", .from = -48h, .until = -24h});
    Identity leaf = make_certificate({}, authority);
    leaf.certificate += old.certificate;
    const auto ran = connect_to(echo(leaf), trusting());
    ASSERT_FALSE(ran.value->error) << ran.value->error->error;
    EXPECT_GT(ran.value->certificate->not_after_earliest - now(), 24h * 80);
}

TEST_F(TlsTest, unusable_files_of_the_configuration_are_blindness) {
    TlsOptions missing;
    missing.ca = (directory / "none.pem").string();
    auto ran = connect_to(Peer::hang(), missing);
    expect_refused(ran, "authorities file cannot be used", ErrorClass::local);
    EXPECT_THAT(ran.value->error->error, HasSubstr(missing.ca + ": No such file"));

    TlsOptions garbage;
    garbage.ca = file("garbage.pem", "no certificate at all");
    ran = connect_to(Peer::hang(), garbage);
    expect_refused(ran, "authorities file cannot be used", ErrorClass::local);
    EXPECT_THAT(ran.value->error->error, HasSubstr(garbage.ca));

    TlsOptions no_key = trusting();
    no_key.certificate = file("client.pem", make_certificate({}).certificate);
    no_key.key = (directory / "none.key").string();
    ran = connect_to(Peer::hang(), no_key);
    expect_refused(ran, "client key cannot be used", ErrorClass::local);
    EXPECT_THAT(ran.value->error->error, HasSubstr(no_key.key));

    TlsOptions other_key = no_key;
    other_key.key = file("other.key", make_certificate({}).key);
    expect_refused(connect_to(Peer::hang(), other_key), "client key cannot be used",
                   ErrorClass::local);

    TlsOptions no_certificate = trusting();
    no_certificate.certificate = (directory / "none.pem").string();
    expect_refused(connect_to(Peer::hang(), no_certificate), "client certificate cannot be used",
                   ErrorClass::local);
}

// On a machine without authorities every peer would look untrusted.
TEST_F(TlsTest, without_any_authority_installed_the_result_is_blindness) {
    ::setenv("SSL_CERT_DIR", directory.c_str(), 1);
    ::setenv("SSL_CERT_FILE", (directory / "none.pem").c_str(), 1);
    const auto ran = connect_to(echo(make_certificate({})), TlsOptions{});
    ::unsetenv("SSL_CERT_DIR");
    ::unsetenv("SSL_CERT_FILE");
    expect_refused(ran, "no certificate authorities installed", ErrorClass::local);
}

TEST_F(TlsTest, the_systems_authorities_are_found_by_their_hash) {
    const std::string name = file("authority.pem", authority.certificate);
    const std::string rehash = "openssl rehash " + directory.string();
    ASSERT_EQ(std::system(rehash.c_str()), 0);
    ::setenv("SSL_CERT_DIR", ("/nonexistent:" + directory.string()).c_str(), 1);
    const auto ran = connect_to(echo(make_certificate({}, authority)), TlsOptions{});
    const auto stranger = connect_to(echo(make_certificate({})), TlsOptions{});
    ::unsetenv("SSL_CERT_DIR");
    EXPECT_FALSE(ran.value->error) << ran.value->error->error;
    expect_refused(stranger, "certificate not trusted");
    // Or from the one file that the environment names.
    ::setenv("SSL_CERT_FILE", name.c_str(), 1);
    const auto by_file = connect_to(echo(make_certificate({}, authority)), TlsOptions{});
    ::unsetenv("SSL_CERT_FILE");
    EXPECT_FALSE(by_file.value->error) << by_file.value->error->error;
}

TEST_F(TlsTest, a_renewed_authority_file_is_read_again) {
    const Identity next = make_certificate({.subject = "next", .names = {}, .authority = true});
    const TlsOptions options = trusting();
    EXPECT_FALSE(connect_to(echo(make_certificate({}, authority)), options).value->error);
    expect_refused(connect_to(echo(make_certificate({}, next)), options),
                   "certificate not trusted");
    file("ca.pem", next.certificate);
    EXPECT_FALSE(connect_to(echo(make_certificate({}, next)), options).value->error);
    expect_refused(connect_to(echo(make_certificate({}, authority)), options),
                   "certificate not trusted");
}

// A server that wants a certificate of `authority`'s from its clients.
Peer::Handler demanding(Identity identity, std::string ca_file) {
    return [=](int descriptor) {
        std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_server_method()),
                                                                  SSL_CTX_free);
        const std::string own = ca_file + ".server";
        std::ofstream(own) << identity.certificate << identity.key;
        SSL_CTX_use_certificate_chain_file(context.get(), own.c_str());
        SSL_CTX_use_PrivateKey_file(context.get(), own.c_str(), SSL_FILETYPE_PEM);
        SSL_CTX_load_verify_locations(context.get(), ca_file.c_str(), nullptr);
        SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                           nullptr);
        std::unique_ptr<SSL, decltype(&SSL_free)> session(SSL_new(context.get()), SSL_free);
        SSL_set_fd(session.get(), descriptor);
        if (SSL_accept(session.get()) != 1) {
            char rest[100];  // closing over unread bytes would reset, and lose the alert
            ::shutdown(descriptor, SHUT_WR);
            while (::recv(descriptor, rest, sizeof rest, 0) > 0) {
            }
            return;
        }
        char line[100];
        SSL_read(session.get(), line, sizeof line);
        SSL_write(session.get(), "welcome", 7);
        SSL_shutdown(session.get());
    };
}

TEST_F(TlsTest, shows_a_client_certificate_when_the_peer_asks_for_one) {
    const TlsOptions anonymous = trusting();
    const Identity server = make_certificate({}, authority);
    expect_refused(connect_to(demanding(server, anonymous.ca), anonymous),
                   "client certificate refused");

    TlsOptions known = anonymous;
    const Identity client = make_certificate({.subject = "client"}, authority);
    known.certificate = file("client.pem", client.certificate);
    known.key = file("client.key", client.key);
    const auto ran = connect_to(demanding(server, known.ca), known);
    ASSERT_FALSE(ran.value->error) << ran.value->error->error;
    EXPECT_EQ(ran.value->heard, "welcome");

    TlsOptions both_in_one = anonymous;
    both_in_one.certificate = file("both.pem", client.certificate + client.key);
    EXPECT_EQ(connect_to(demanding(server, known.ca), both_in_one).value->heard, "welcome");
}

TEST_F(TlsTest, a_peer_that_does_not_speak_tls_fails_the_handshake) {
    const auto plain = connect_to(Peer::say("220 hello, this is not TLS\r\n"), trusting());
    expect_refused(plain, "does not speak TLS");
    expect_refused(connect_to(Peer::reset(), trusting()), "handshake failed");
    const auto closed = connect_to(Peer::say(""), trusting());
    expect_refused(closed, "handshake failed");
}

TEST_F(TlsTest, a_handshake_that_hangs_ends_with_the_run) {
    const auto ran = connect_to(Peer::hang(), trusting(), "localhost", 100ms);
    EXPECT_TRUE(ran.cancelled);
    EXPECT_EQ(ran.phase, "tls");
    EXPECT_LT(ran.took, 200ms);
}

TEST_F(TlsTest, old_versions_are_refused) {
    auto old = [identity = make_certificate({}, authority)](int descriptor) {
        std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_server_method()),
                                                                  SSL_CTX_free);
        SSL_CTX_set_security_level(context.get(), 0);
        SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
        SSL_CTX_set_max_proto_version(context.get(), TLS1_1_VERSION);
        std::unique_ptr<SSL, decltype(&SSL_free)> session(SSL_new(context.get()), SSL_free);
        SSL_set_fd(session.get(), descriptor);
        SSL_accept(session.get());
    };
    expect_refused(connect_to(old, trusting()), "handshake failed");
}

TEST_F(TlsTest, many_bytes_go_both_ways) {
    auto mirror = vitals::testing::tls(make_certificate({}, authority), [](TlsStream& stream) {
        stream.send_all(stream.read_until("!"));
    });
    Peer peer(std::move(mirror));
    auto send_and_count = [](Context& context, Endpoint endpoint,
                             TlsOptions options) -> awaitable<int> {
        const auto connection = co_await dial(context, endpoint);
        co_await connection->start_tls(options, "localhost");
        const std::string much(300'000, 'x');
        co_await connection->write(much);
        co_await connection->write("!");
        std::array<char, 16384> bytes;
        int count = 0;
        while (count < 300'001) {
            const std::size_t got = co_await connection->read_some(bytes);
            if (got == 0) break;
            count += static_cast<int>(got);
        }
        co_return count;
    };
    const Endpoint endpoint{"127.0.0.1", peer.port(), {}};
    const TlsOptions options = trusting();
    const Work<int> work = [=](Context& context) {
        return send_and_count(context, endpoint, options);
    };
    EXPECT_EQ(drive<int>(loop, environment, work).value, 300'001);
}

TEST_F(TlsTest, cancelled_handshakes_leave_no_descriptor_behind) {
    const TlsOptions options = trusting();
    Peer peer(Peer::hang());
    const Endpoint endpoint{"127.0.0.1", peer.port(), {}};
    const Work<Shown> work = [=](Context& context) {
        return handshake_and_hear(context, endpoint, options, "localhost");
    };
    drive<Shown>(loop, environment, work, 10ms);
    const std::size_t before = open_descriptors();
    for (int i = 0; i < 300; ++i) drive<Shown>(loop, environment, work, milliseconds(i % 4));
    std::this_thread::sleep_for(50ms);
    EXPECT_LE(open_descriptors(), before + 1);
}

}  // namespace
}  // namespace vitals::net
