#include "cloudfront.hpp"

#include <gtest/gtest.h>

#include "http_peer.hpp"
#include "tls_peer.hpp"

namespace vitals::checks::cloudfront {
namespace {

using namespace std::chrono_literals;
using testing::Peer;

Outcome run(const Options& options, std::chrono::milliseconds timeout = 2000ms) {
    return testing::run_discreetly(kind, options, timeout);
}

Outcome resource(const std::string& status, const std::string& headers,
                 const std::string& cache = "any") {
    const Peer peer(Peer::answer(testing::http_answer(status, "ok", headers)));
    return run({.url = "http://" + peer.address() + "/x", .expect_cache = cache});
}

Options api(std::uint16_t port) {
    return {.distribution = "E2QWRUHAPOMQZL",
            .access_key = "key",
            .secret_key = Secret("geheim"),
            .endpoint = "http://127.0.0.1:" + std::to_string(port)};
}

Outcome distribution(const std::string& status, const std::string& body) {
    const Peer peer(Peer::answer(testing::http_answer(status, body)));
    return run(api(peer.port()));
}

std::string described(const std::string& status, const std::string& enabled) {
    return "<Distribution><Id>E</Id><Status>" + status +
           "</Status><ActiveTrustedSigners><Enabled>false</Enabled></ActiveTrustedSigners>"
           "<DistributionConfig><Comment/><Logging><Enabled>false</Enabled></Logging><Enabled>" +
           enabled +
           "</Enabled><Late><Enabled>false</Enabled></Late></DistributionConfig>"
           "</Distribution>";
}

TEST(CloudFront, a_resource_is_served_by_it) {
    EXPECT_EQ(resource("200 OK", "X-Cache: Hit from cloudfront\r\n").detail,
              "status 200, from the cache");
    EXPECT_EQ(resource("200 OK", "x-cache: RefreshHit from cloudfront\r\n", "hit").status,
              Status::ok);
    EXPECT_EQ(resource("200 OK", "Via: 1.1 a.cloudfront.net (CloudFront)\r\n").status, Status::ok);
    const Outcome miss = resource("200 OK", "X-Cache: Miss from cloudfront\r\n", "hit");
    EXPECT_EQ(miss.status, Status::degraded);
    EXPECT_EQ(miss.detail, "status 200, from the origin, expected a hit");
}

TEST(CloudFront, what_others_serve_fails) {
    const Outcome other = resource("200 OK", "Via: 1.1 varnish\r\nX-Cache: HIT\r\n");
    EXPECT_EQ(other.status, Status::failed);
    EXPECT_EQ(other.detail, "status 200, not served by CloudFront");
    const Outcome error = resource("503 No", "X-Cache: Error from cloudfront\r\n");
    EXPECT_EQ(error.status, Status::failed);
    EXPECT_EQ(error.detail, "status 503, an error of origin or edge");
    EXPECT_EQ(resource("403 No", "X-Cache: Hit from cloudfront\r\n").status, Status::failed);
}

TEST(CloudFront, a_distribution_is_enabled) {
    EXPECT_EQ(distribution("200 OK", described("Deployed", "true")).detail, "deployed");
    EXPECT_EQ(distribution("200 OK", described("InProgress", "true")).status, Status::ok);
    EXPECT_EQ(distribution("200 OK", described("Deployed", "false")).detail,
              "distribution is disabled");
    for (const std::string odd : {"", "<html>", "<Status>Deployed</Status>"}) {
        const Outcome outcome = distribution("200 OK", odd);
        EXPECT_EQ(outcome.error_class, ErrorClass::protocol) << odd;
        EXPECT_EQ(outcome.detail, "not the answer of CloudFront");
    }
    EXPECT_EQ(distribution("404 No", "<E><Code>NoSuchDistribution</Code></E>").detail,
              "distribution does not exist");
    EXPECT_EQ(distribution("403 No", "<E><Code>SignatureDoesNotMatch</Code></E>").error_class,
              ErrorClass::auth);
}

TEST(CloudFront, a_peer_that_misbehaves_fails) {
    EXPECT_EQ(run(api(testing::closed_port())).error_class, ErrorClass::connect);
    const Peer hanging(Peer::hang());
    EXPECT_EQ(run(api(hanging.port()), 200ms).failed_phase, "distribution");
    EXPECT_EQ(run({.url = "http://" + hanging.address()}, 200ms).error_class, ErrorClass::timeout);
    const Peer resetting(Peer::reset());
    EXPECT_EQ(run({.url = "http://" + resetting.address()}).error_class, ErrorClass::protocol);
    const Peer cut(
        Peer::answer("HTTP/1.1 200 OK\r\nX-Cache: Hit from cloudfront\r\n"
                     "Content-Length: 100\r\n\r\nhalf"));
    EXPECT_EQ(run({.url = "http://" + cut.address()}).detail, "answer cut short");
    const Peer untrusted(testing::tls_answer(testing::make_certificate(testing::CertificateWish{}),
                                             testing::http_answer("200 OK")));
    EXPECT_EQ(run({.url = "https://" + untrusted.address()}).error_class, ErrorClass::tls);
}

TEST(CloudFrontOptions, are_checked) {
    const auto problem = [](const Options& options) { return testing::problem_of(kind, &options); };
    EXPECT_NE(problem({}), "");
    EXPECT_NE(problem({.url = "https://a", .distribution = "E1"}), "");
    EXPECT_NE(problem({.distribution = "E1"}), "");
    EXPECT_NE(problem({.distribution = "e/1", .access_key = "a", .secret_key = Secret("b")}), "");
    EXPECT_EQ(problem({.url = "https://a/b"}), "");
}

TEST(CloudFrontOptions, come_from_a_url) {
    ASSERT_EQ(::unsetenv("AWS_ACCESS_KEY_ID"), 0);
    Options options;
    EXPECT_TRUE(kind.from_url(ObjectRef(options), "cloudfront://d1.cloudfront.net/x?a=b"));
    EXPECT_EQ(options.url.text, "https://d1.cloudfront.net/x?a=b");
    EXPECT_FALSE(kind.from_url(ObjectRef(options), "cloudfront:"));
    EXPECT_FALSE(kind.from_url(ObjectRef(options), "cloudfront:e/1"));
    EXPECT_FALSE(kind.from_url(ObjectRef(options), "cloudfront:E1")) << "without credentials";
    ASSERT_EQ(::setenv("AWS_ACCESS_KEY_ID", "mine", 1), 0);
    ASSERT_EQ(::setenv("AWS_SECRET_ACCESS_KEY", "own", 1), 0);
    Options distribution;
    EXPECT_TRUE(kind.from_url(ObjectRef(distribution), "cloudfront:E1"));
    EXPECT_EQ(distribution.distribution, "E1");
    EXPECT_EQ(testing::problem_of(kind, &distribution), "");
    ASSERT_EQ(::unsetenv("AWS_ACCESS_KEY_ID"), 0);
}

}  // namespace
}  // namespace vitals::checks::cloudfront
