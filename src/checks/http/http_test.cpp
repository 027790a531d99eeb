#include "http.hpp"
#include "expect_failed.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http_peer.hpp"
#include "tls_peer.hpp"
#include "unix_listener.hpp"
#include "url_of.hpp"

namespace vitals::checks::http {
namespace {

using namespace std::chrono_literals;
using namespace vitals::testing;

Options to(const Peer& peer, const std::string& path = "/") {
    return {.url = "http://" + peer.address() + path};
}

Outcome run(const Options& options, std::chrono::milliseconds timeout = 2000ms) {
    return testing::run_in_time(kind, options, timeout);
}

std::string page(const std::string& body, const std::string& status = "200 OK") {
    return testing::http_answer(status, body);
}

// The requests that were made of a server, which answers each with `bytes`.
std::string requested(const std::function<Options(const Peer&)>& options, std::string bytes,
                      std::size_t body = 0) {
    std::string seen;
    {
        const Peer peer([&](int descriptor) {
            seen += testing::read_until(descriptor, "\r\n\r\n");
            std::string rest(body, '\0');
            if (body > 0) (void)::recv(descriptor, rest.data(), body, MSG_WAITALL);
            seen += rest;
            testing::send_all(descriptor, bytes);
            testing::close_in_order(descriptor);
        });
        const Outcome outcome = run(options(peer));
        EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    }
    return seen;
}

TEST(Http, a_good_answer_is_ok) {
    const Peer peer(Peer::answer(page("all good")));
    Options options = to(peer);
    options.expect_body = "good";
    const Outcome outcome = run(options);
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    EXPECT_EQ(outcome.detail, "status 200");
    EXPECT_EQ(std::get<std::int64_t>(*outcome.property("status")), 200);
    EXPECT_EQ(outcome.property("certificate_days_left"), nullptr);
    EXPECT_EQ(phases(outcome), (std::vector<std::string>{"connect", "wait", "read", "judge"}));
}

TEST(Http, sends_the_configured_request) {
    const std::string seen = requested(
        [](const Peer& peer) {
            Options options = to(peer, "/a%20b?c=d");
            options.method = "POST";
            options.headers = {{"X-Token", Secret("s3cret")}, {"Content-Type", Secret("text/x")}};
            options.body = "ping";
            options.user = "app";
            options.password = Secret("pa:ss");
            return options;
        },
        page("ok"), 4);
    EXPECT_TRUE(seen.starts_with("POST /a%20b?c=d HTTP/1.1\r\n")) << seen;
    EXPECT_NE(seen.find("X-Token: s3cret\r\n"), std::string::npos) << seen;
    EXPECT_NE(seen.find("Content-Type: text/x\r\n"), std::string::npos) << seen;
    EXPECT_NE(seen.find("Authorization: Basic YXBwOnBhOnNz\r\n"), std::string::npos) << seen;
    EXPECT_NE(seen.find("Content-Length: 4\r\n"), std::string::npos) << seen;
    EXPECT_EQ(seen.find("Accept-Encoding"), std::string::npos) << seen;
    EXPECT_TRUE(seen.ends_with("\r\n\r\nping")) << seen;
}

TEST(Http, takes_credentials_from_the_url_and_sends_them_only_as_a_header) {
    const std::string seen = requested(
        [](const Peer& peer) {
            return Options{.url = "http://app:p%40ss@" + peer.address() + "/x"};
        },
        page("ok"));
    EXPECT_TRUE(seen.starts_with("GET /x HTTP/1.1\r\n")) << seen;
    EXPECT_NE(seen.find("Authorization: Basic YXBwOnBAc3M=\r\n"), std::string::npos) << seen;
    EXPECT_EQ(seen.find("p%40ss"), std::string::npos) << seen;
}

// Whatever goes wrong, no text of the outcome repeats the password.
TEST(Http, never_tells_credentials) {
    const Peer garbage(Peer::answer("nonsense\r\n\r\n"));
    const Peer failing(Peer::answer(page("no", "500 No")));
    const Peer hanging(Peer::hang());
    const Peer away(Peer::answer("HTTP/1.1 302 Found\r\nLocation: ftp://h/\r\n\r\n"));
    for (const std::uint16_t port :
         {garbage.port(), failing.port(), hanging.port(), away.port(), testing::closed_port()}) {
        Options options;
        options.url = "http://app:geheim@127.0.0.1:" + std::to_string(port) + "/";
        options.redirects = 1;
        const Outcome outcome = run(options, 200ms);
        EXPECT_EQ(outcome.status, Status::failed);
        EXPECT_EQ((outcome.detail + outcome.error).find("geheim"), std::string::npos);
        EXPECT_EQ((outcome.detail + outcome.error).find("app:"), std::string::npos);
    }
}

TEST(Http, a_missing_secret_is_blindness) {
    const Peer peer(Peer::answer(page("ok")));
    Options options = to(peer);
    options.headers = {{"X-Token", Secret::pending()}};
    const Outcome outcome = run(options);
    EXPECT_EQ(outcome.status, Status::unknown);
    EXPECT_EQ(outcome.error_class, ErrorClass::local);
    EXPECT_EQ(outcome.detail, "a secret is not available");
    options.headers.clear();
    options.user = "app";
    options.password = Secret::pending();
    EXPECT_EQ(run(options).status, Status::unknown);
    EXPECT_EQ(peer.accepted(), 0);
}

TEST(Http, another_status_fails) {
    const Peer peer(Peer::answer(page("sorry", "503 Service Unavailable")));
    const Outcome outcome = run(to(peer));
    expect_failed(outcome, ErrorClass::assertion, "judge", "status 503, expected 2xx");
    EXPECT_EQ(outcome.error, R"(body: "sorry")");
    EXPECT_EQ(std::get<std::int64_t>(*outcome.property("status")), 503);
    Options options = to(peer);
    options.expect_status = {"5xx"};
    EXPECT_EQ(run(options).status, Status::ok);
}

TEST(Http, a_page_without_the_expected_content_fails) {
    const Peer peer(Peer::answer(page("<h1>It works!</h1>")));
    Options options = to(peer);
    options.expect_body = "shop";
    expect_failed(run(options), ErrorClass::assertion, "judge",
                  "body does not hold the expected text");
    options.expect_body = {};
    options.expect_json = {{"/status", "up"}};
    expect_failed(run(options), ErrorClass::protocol, "judge", "body is not JSON");
    options.expect_json.clear();
    options.expect_header = {{"X-Role", "primary"}};
    expect_failed(run(options), ErrorClass::assertion, "judge", "header X-Role is missing");
}

TEST(Http, follows_redirects_only_when_asked) {
    const Peer target(Peer::answer(page("arrived")));
    const Peer peer(Peer::answer("HTTP/1.1 302 Found\r\nLocation: http://" + target.address() +
                                 "/x\r\nContent-Length: 0\r\n\r\n"));
    const Outcome outcome = run(to(peer));
    expect_failed(outcome, ErrorClass::assertion, "judge", "status 302, expected 2xx");
    EXPECT_TRUE(outcome.error.starts_with("leads to \"http://" + target.address()))
        << outcome.error;
    Options options = to(peer);
    options.redirects = 1;
    options.expect_body = "arrived";
    EXPECT_EQ(run(options).status, Status::ok);
}

TEST(Http, endless_redirects_fail) {
    const Peer peer(Peer::answer("HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"));
    Options options = to(peer);
    options.redirects = 3;
    expect_failed(run(options), ErrorClass::protocol, "read", "too many redirects");
    EXPECT_EQ(peer.accepted(), 4);
}

TEST(Http, asks_through_a_unix_socket) {
    const testing::TemporaryDirectory directory;
    const std::string path = directory.file("socket");
    const int listener = testing::bound_to(path);
    ASSERT_EQ(::listen(listener, 4), 0);
    std::jthread server([listener] {
        const int descriptor = ::accept(listener, nullptr, nullptr);
        testing::read_until(descriptor, "\r\n\r\n");
        testing::send_all(descriptor, page("ok"));
        ::close(descriptor);
    });
    const Outcome outcome = run({.url = "http://docker/_ping", .unix_socket = path});
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    server.join();
    ::close(listener);
}

TEST(Http, a_closed_port_refuses) {
    expect_failed(run({.url = "http://127.0.0.1:" + std::to_string(testing::closed_port())}),
                  ErrorClass::connect, "connect", "connection refused");
}

TEST(Http, a_full_queue_times_out_in_connect) {
    const testing::FullPeer peer;
    expect_failed(run({.url = "http://" + peer.address()}, 300ms), ErrorClass::timeout, "connect",
                  "does not accept connections (timeout in connect)");
}

TEST(Http, a_server_that_hangs_times_out_in_wait) {
    const Peer peer(Peer::hang());
    expect_failed(run(to(peer), 300ms), ErrorClass::timeout, "wait",
                  "accepts connections and does not answer (timeout in wait)");
}

TEST(Http, a_server_that_drips_times_out_in_read) {
    const Peer head(Peer::drip("HTTP/1.1 200 OK\r\nX-Slow: " + std::string(10'000, 'x'), 10ms));
    expect_failed(run(to(head), 500ms), ErrorClass::timeout, "read",
                  "stopped answering (timeout in read)");
    const Peer body([](int descriptor) {
        testing::read_until(descriptor, "\r\n\r\n");
        testing::send_all(descriptor, "HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n");
        Peer::drip(std::string(9999, 'x'), 10ms)(descriptor);
    });
    expect_failed(run(to(body), 300ms), ErrorClass::timeout, "read",
                  "stopped answering (timeout in read)");
}

TEST(Http, a_reset_fails) {
    const Peer at_once(Peer::reset());
    expect_failed(run(to(at_once)), ErrorClass::protocol, "wait", "connection reset");
    const Peer amid(Peer::reset("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"));
    expect_failed(run(to(amid)), ErrorClass::protocol, "read", "connection reset");
}

TEST(Http, silence_and_then_the_end_fails) {
    const Peer peer(Peer::answer(""));
    expect_failed(run(to(peer)), ErrorClass::protocol, "wait", "closed without an answer");
}

TEST(Http, an_answer_cut_short_fails) {
    const Peer length(Peer::answer("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nall good"));
    Options options = to(length);
    options.expect_body = "all good";  // what is there would do
    expect_failed(run(options), ErrorClass::protocol, "read", "answer cut short");
    const Peer chunks(
        Peer::answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nall good\r\n"));
    options.url = to(chunks).url;
    expect_failed(run(options), ErrorClass::protocol, "read", "answer cut short");
    // Without a length the end of the connection is the end of the body.
    const Peer unbounded(Peer::answer("HTTP/1.0 200 OK\r\n\r\nall good"));
    options.url = to(unbounded).url;
    EXPECT_EQ(run(options).status, Status::ok);
}

TEST(Http, garbage_fails) {
    for (const char* bytes :
         {"all good\r\n\r\n", "220 mail.example.org ESMTP\r\n", "\x15\x03\x01"}) {
        const Peer peer(Peer::answer(bytes));
        const Outcome outcome = run(to(peer));
        EXPECT_EQ(outcome.status, Status::failed) << bytes;
        EXPECT_EQ(outcome.error_class, ErrorClass::protocol) << bytes;
        EXPECT_EQ(outcome.detail, "not HTTP") << outcome.error;
    }
}

TEST(Http, a_body_beyond_the_limit_fails) {
    Options options;
    options.max_body = Size{1024};
    const Peer said(Peer::answer(page(std::string(1025, 'x'))));
    options.url = to(said).url;
    expect_failed(run(options), ErrorClass::protocol, "read", "answer larger than 1KiB");
    const Peer fitting(Peer::answer(page(std::string(1024, 'x'))));
    options.url = to(fitting).url;
    EXPECT_EQ(run(options).status, Status::ok);
    const Peer endless([](int descriptor) {
        testing::read_until(descriptor, "\r\n\r\n");
        testing::send_all(descriptor, "HTTP/1.1 200 OK\r\n\r\n");
        while (testing::send_all(descriptor, std::string(4096, 'x'))) {
        }
    });
    options.url = to(endless).url;
    expect_failed(run(options), ErrorClass::protocol, "read", "answer larger than 1KiB");
    const Peer chatty([](int descriptor) {
        testing::read_until(descriptor, "\r\n\r\n");
        testing::send_all(descriptor, "HTTP/1.1 200 OK\r\n");
        while (testing::send_all(descriptor, "X-More: " + std::string(1000, 'x') + "\r\n")) {
        }
    });
    options.url = to(chatty).url;
    const Outcome outcome = run(options);
    EXPECT_EQ(outcome.status, Status::failed);
    EXPECT_EQ(outcome.error_class, ErrorClass::protocol) << outcome.detail << outcome.error;
}

TEST(Http, head_has_no_body_to_wait_for) {
    const Peer peer(Peer::answer("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"));
    Options options = to(peer);
    options.method = "HEAD";
    EXPECT_EQ(run(options).status, Status::ok);
}

class Https : public ::testing::Test {
  protected:
    Peer::Handler serving(const CertificateWish& wish, const std::string& bytes) const {
        return testing::tls_answer(authority_.issue(wish), bytes);
    }
    Options to(const Peer& peer, const std::string& host = "127.0.0.1") const {
        Options options;
        options.url = "https://" + host + ":" + std::to_string(peer.port()) + "/";
        options.tls.ca = authority_.file();
        return options;
    }
    testing::Authority authority_;
};

TEST_F(Https, a_good_answer_is_ok) {
    const Peer peer(serving({}, page("all good")));
    for (const char* host : {"127.0.0.1", "localhost"}) {
        const Outcome outcome = run(to(peer, host));
        EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
        EXPECT_EQ(std::get<std::int64_t>(*outcome.property("certificate_days_left")), 89);
    }
}

TEST_F(Https, a_certificate_about_to_end_degrades) {
    const Peer peer(serving({.until = 24h * 5 + 1h}, page("ok")));
    Options options = to(peer);
    EXPECT_EQ(run(options).status, Status::ok);
    options.certificate_days = 14;
    const Outcome outcome = run(options);
    EXPECT_EQ(outcome.status, Status::degraded);
    EXPECT_EQ(outcome.detail, "certificate ends in 5 days");
    EXPECT_EQ(std::get<std::int64_t>(*outcome.property("status")), 200);
    options.certificate_days = 5;
    EXPECT_EQ(run(options).status, Status::ok);
    // What users see comes first.
    options.certificate_days = 14;
    options.expect_status = {"204"};
    EXPECT_EQ(run(options).detail, "status 200, expected 204");
}

TEST_F(Https, a_wrong_certificate_fails) {
    const Peer other(serving({.names = {"shop.example.org"}, .addresses = {}}, page("ok")));
    expect_failed(run(to(other)), ErrorClass::tls, "tls", "certificate is for another name");
    Options named = to(other);
    named.tls.server_name = "shop.example.org";
    EXPECT_EQ(run(named).status, Status::ok);
    const Peer expired(serving({.from = -48h, .until = -24h}, page("ok")));
    expect_failed(run(to(expired)), ErrorClass::tls, "tls", "certificate expired");
    const Peer untrusted(testing::tls_answer(make_certificate(CertificateWish{}), page("ok")));
    expect_failed(run(to(untrusted)), ErrorClass::tls, "tls", "certificate not trusted");
}

TEST_F(Https, unverified_still_counts_days_when_asked) {
    const Peer expired(serving({.from = -48h, .until = -24h}, page("ok")));
    Options options = to(expired);
    options.tls.verify = false;
    EXPECT_EQ(run(options).status, Status::ok);
    options.certificate_days = 1;
    expect_failed(run(options), ErrorClass::tls, "judge", "certificate expired");
}

TEST_F(Https, a_server_without_tls_fails) {
    const Peer peer([](int descriptor) {
        testing::send_all(descriptor, "HTTP/1.1 400 Bad Request\r\n\r\n");
        testing::close_in_order(descriptor);
    });
    expect_failed(run(to(peer)), ErrorClass::tls, "tls", "does not speak TLS");
}

TEST_F(Https, a_server_that_hangs_times_out_in_tls) {
    const Peer peer(Peer::hang());
    expect_failed(run(to(peer), 300ms), ErrorClass::timeout, "tls",
                  "accepts connections and does not answer (timeout in tls)");
}

TEST_F(Https, a_redirect_away_from_tls_cannot_be_judged) {
    const Peer plain(Peer::answer(page("ok")));
    const Peer peer(serving({}, "HTTP/1.1 302 Found\r\nLocation: http://" + plain.address() +
                                    "/\r\nContent-Length: 0\r\n\r\n"));
    Options options = to(peer);
    options.redirects = 1;
    EXPECT_EQ(run(options).status, Status::ok);
    options.certificate_days = 14;
    expect_failed(run(options), ErrorClass::assertion, "judge",
                  "answered without TLS, so that no certificate can be judged");
}

TEST_F(Https, keeps_no_descriptor) {
    Runner runner;
    const Peer hanging(Peer::hang());
    const Peer resetting(Peer::reset("HTTP/1.1 200 OK\r\n"));
    const Peer garbage(Peer::answer("nonsense\r\n\r\n"));
    const Peer expired(serving({.from = -48h, .until = -24h}, page("ok")));
    const auto round = [&] {
        EXPECT_EQ(runner.run(kind, http::to(hanging), 5ms).error_class, ErrorClass::timeout);
        EXPECT_EQ(runner.run(kind, to(hanging), 5ms).error_class, ErrorClass::timeout);
        EXPECT_EQ(runner.run(kind, http::to(garbage), 2s).error_class, ErrorClass::protocol);
        EXPECT_EQ(runner.run(kind, to(expired), 2s).error_class, ErrorClass::tls);
    };
    round();
    EXPECT_EQ(runner.run(kind, http::to(resetting), 2s).error_class, ErrorClass::protocol);
    testing::expect_no_descriptor_kept(round);
}

TEST(HttpOptions, are_checked) {
    const auto problem = [](const Options& options) { return testing::problem_of(kind, &options); };
    EXPECT_EQ(problem({.url = "https://h/x?y"}), "");
    EXPECT_EQ(problem({.url = "ftp://h/"}), "url: has the scheme ftp; expected http or https");
    EXPECT_EQ(problem({.url = "http:///x"}), "url: names no host");
    EXPECT_EQ(problem({.url = "http://h", .method = "GE T"}),
              "method: is no method of HTTP; expected one such as GET, HEAD or POST");
    EXPECT_EQ(problem({.url = "http://h", .expect_status = {"2xx", "abc"}}),
              "expect_status: abc is no HTTP status; expected one such as 200, 2xx or 200-299");
    EXPECT_EQ(problem({.url = "http://h", .expect_json = {{"status", "up"}}}),
              "expect_json: status is no JSON pointer; expected one such as /status or "
              "/items/0/state");
    EXPECT_EQ(problem({.url = "http://h", .headers = {{"X Y", Secret("z")}}}),
              "headers: X Y is no name of a header");
    EXPECT_EQ(problem({.url = "http://h", .method = "HEAD", .expect_body = "x"}),
              "method HEAD asks for no body, so expect_body and expect_json can never be met");
    EXPECT_EQ(problem({.url = "http://h", .certificate_days = 14}),
              "certificate_days needs an https URL");
    EXPECT_EQ(problem({.url = "http://h", .redirects = 1, .certificate_days = 14}), "");
    EXPECT_EQ(problem({.url = "http://u:p@h", .user = "v"}),
              "user stands both in the URL and apart from it");
    EXPECT_EQ(problem({.url = "http://h", .unix_socket = "run/x"}),
              "unix_socket: is no absolute path");
}

TEST(HttpOptions, come_from_a_url) {
    EXPECT_EQ(testing::url_of<Options>(kind, "https://example.org/health"),
              "https://example.org/health");
    EXPECT_EQ(testing::url_of<Options>(kind, "http:///"), "names no host");
}

}  // namespace
}  // namespace vitals::checks::http
