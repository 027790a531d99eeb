#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "http2_frames.hpp"
#include "net/http_testing.hpp"
#include "tls_peer.hpp"

namespace vitals::net {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using namespace vitals::testing;

struct HttpsTest : ::testing::Test {
    std::filesystem::path directory =
        std::filesystem::temp_directory_path() / ("vitals-https-" + std::to_string(::getpid()));
    Identity authority = make_certificate({.subject = "authority", .names = {}, .authority = true});
    Loop loop;
    Environment environment{loop};
    HttpsTest() { std::filesystem::create_directories(directory); }
    ~HttpsTest() override { std::filesystem::remove_all(directory); }
    TlsOptions trusting() const {
        TlsOptions options;
        options.ca = (directory / "ca.pem").string();
        std::ofstream(options.ca) << authority.certificate;
        return options;
    }
    Ran<HttpResponse> fetch_from(const Peer& peer, const std::string& host, TlsOptions options) {
        HttpRequest request = get("https://" + host + ":" + std::to_string(peer.port()) + "/");
        request.tls = std::move(options);
        return drive<HttpResponse>(loop, environment, fetching(request));
    }
    Ran<HttpResponse> fetch_from(const Identity& identity, const std::string& host = "localhost") {
        Peer peer(tls_answer(identity, fine));
        return fetch_from(peer, host, trusting());
    }
};

TEST_F(HttpsTest, a_trusted_server_is_asked_and_its_certificate_shown) {
    const auto ran = fetch_from(make_certificate({}, authority));
    ASSERT_TRUE(ran.value) << ran.detail() << ran.error->error;
    EXPECT_EQ(ran.value->body, "ok");
    ASSERT_TRUE(ran.value->certificate);
    EXPECT_EQ(ran.value->certificate->subject, "CN=localhost");
    EXPECT_EQ(ran.value->certificate->version, "TLSv1.3");
    EXPECT_FALSE(ran.value->certificate->cipher.empty());
    EXPECT_GT(ran.value->certificate->not_after_earliest - std::chrono::system_clock::now(),
              24h * 80);
    EXPECT_THAT(names(ran.phases), ElementsAre("resolve", "connect", "tls", "wait", "read"));
    // By address, too.
    EXPECT_TRUE(fetch_from(make_certificate({}, authority), "127.0.0.1").value);
}

TEST_F(HttpsTest, unacceptable_certificates_are_named) {
    struct {
        Identity identity;
        const char* detail;
    } cases[] = {
        {make_certificate({.from = -48h, .until = -24h}, authority), "certificate expired"},
        {make_certificate({.from = 24h, .until = 48h}, authority), "certificate not yet valid"},
        {make_certificate({.names = {"other"}, .addresses = {}}, authority),
         "certificate is for another name"},
        {make_certificate({}), "certificate not trusted"},
    };
    for (const auto& each : cases) {
        const auto ran = fetch_from(each.identity);
        EXPECT_EQ(ran.detail(), each.detail);
        EXPECT_EQ(ran.error_class(), ErrorClass::tls);
        EXPECT_EQ(ran.phase, "tls");
    }
}

TEST_F(HttpsTest, http2_is_spoken_with_a_server_that_agrees_to_it) {
    Peer peer(vitals::testing::tls(
        make_certificate({}, authority),
        [](auto& stream) {
            stream.read_until("\r\n\r\nSM\r\n\r\n");
            std::this_thread::sleep_for(50ms);
            // A hint before the answer, whose trailers come after a good-bye.
            stream.send_all(vitals::testing::greeting() + frame(1, 4, 1, header(":status", "103")) +
                            frame(1, 4, 1, header(":status", "203") + header("x-one", "1")) +
                            frame(0, 0, 1, "hel") + vitals::testing::goaway(1, 0) +
                            frame(0, 0, 1, "lo") + frame(1, 5, 1, header("x-sum", "7")));
            stream.read_until("never");
        },
        "h2"));
    const auto ran = fetch_from(peer, "localhost", trusting());
    ASSERT_TRUE(ran.value) << ran.detail() << ran.error->error;
    EXPECT_EQ(ran.value->status, 203);
    EXPECT_EQ(ran.value->body, "hello");
    EXPECT_THAT(ran.value->headers, ElementsAre(Pair("x-one", "1")));
    EXPECT_THAT(ran.value->trailers, ElementsAre(Pair("x-sum", "7")));
    EXPECT_EQ(ran.value->certificate->subject, "CN=localhost");
    EXPECT_THAT(names(ran.phases), ElementsAre("resolve", "connect", "tls", "wait", "read"));
}

TEST_F(HttpsTest, another_name_may_be_asked_for_and_verified) {
    const Identity other =
        make_certificate({.names = {"other.example"}, .addresses = {}}, authority);
    std::string asked;
    Peer peer(vitals::testing::tls(other, [&asked](auto& stream) {
        stream.read_until("\r\n\r\n");
        asked = stream.server_name();
        stream.send_all(fine);
    }));
    TlsOptions options = trusting();
    options.server_name = "other.example";
    const auto ran = fetch_from(peer, "127.0.0.1", options);
    ASSERT_TRUE(ran.value) << ran.detail() << ran.error->error;
    EXPECT_EQ(asked, "other.example");
}

TEST_F(HttpsTest, without_verification_any_certificate_is_accepted_and_shown) {
    Peer peer(tls_answer(make_certificate({.names = {"x"}, .until = -1h}), fine));
    TlsOptions options;
    options.verify = false;
    const auto ran = fetch_from(peer, "127.0.0.1", options);
    ASSERT_TRUE(ran.value) << ran.detail() << ran.error->error;
    EXPECT_EQ(ran.value->certificate->subject, "CN=localhost");
}

TEST_F(HttpsTest, unusable_files_of_the_configuration_are_blindness) {
    Peer peer(Peer::hang());
    TlsOptions options;
    options.ca = "/nonexistent/ca.pem";
    const auto ran = fetch_from(peer, "127.0.0.1", options);
    EXPECT_EQ(ran.detail(), "authorities file cannot be used");
    EXPECT_EQ(ran.error_class(), ErrorClass::local);
    EXPECT_THAT(ran.error->error, HasSubstr("/nonexistent/ca.pem"));
}

TEST_F(HttpsTest, a_server_without_tls_fails_the_handshake) {
    Peer plain(Peer::say("HTTP/1.1 400 Bad Request\r\n\r\n"));
    EXPECT_EQ(fetch_from(plain, "127.0.0.1", trusting()).detail(), "does not speak TLS");
    Peer resetting(Peer::reset());
    const auto ran = fetch_from(resetting, "127.0.0.1", trusting());
    EXPECT_EQ(ran.detail(), "handshake failed");
    EXPECT_EQ(ran.error_class(), ErrorClass::tls);
}

TEST_F(HttpsTest, system_authorities_are_not_needed_for_plain_http) {
    ::setenv("SSL_CERT_FILE", "/nonexistent", 1);
    ::setenv("SSL_CERT_DIR", "/nonexistent", 1);
    Server server({fine});
    EXPECT_TRUE(fetch(get(server.url())).value);
    ::unsetenv("SSL_CERT_FILE");
    ::unsetenv("SSL_CERT_DIR");
}

TEST_F(HttpsTest, a_thousand_cancelled_exchanges_leave_nothing_behind) {
    Peer hanging(Peer::hang());
    Peer answering(Peer::answer(fine));
    Peer speaking(tls_answer(make_certificate({}, authority), fine));
    HttpRequest requests[] = {
        get("http://" + hanging.address() + "/"), get("http://" + answering.address() + "/"),
        get("https://" + hanging.address() + "/"), get("https://" + speaking.address() + "/")};
    for (HttpRequest& request : requests) {
        request.tls = trusting();
        drive<HttpResponse>(loop, environment, fetching(request), 20ms);
    }
    const std::size_t before = open_descriptors();
    for (int i = 0; i < 1000; ++i)
        drive<HttpResponse>(loop, environment, fetching(requests[i % 4]), milliseconds(i % 3));
    std::this_thread::sleep_for(100ms);
    EXPECT_LE(open_descriptors(), before + 3);  // what the peers have not noticed yet
    const auto ran = drive<HttpResponse>(loop, environment, fetching(requests[3]));
    EXPECT_TRUE(ran.value) << ran.detail();
}

}  // namespace
}  // namespace vitals::net
