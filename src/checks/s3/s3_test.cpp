#include "s3.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "expect_failed.hpp"
#include "http_peer.hpp"

namespace vitals::checks::s3 {
namespace {

using namespace std::chrono_literals;
using namespace vitals::testing;

std::string refusing(const std::string& status, const std::string& code,
                     const std::string& more = {}) {
    return http_answer(status, "<?xml version=\"1.0\"?><Error><Code>" + code +
                                   "</Code><Message>theirs</Message>" + more + "</Error>");
}

Options at(const std::string& url) {
    return {.url = url, .bucket = "media", .access_key = "key", .secret_key = Secret("geheim")};
}

// Keeps objects in memory, unless another behaviour is configured.
class FakeStore {
  public:
    // The whole answer to a request with that method, or empty to do as asked; `http_reset` resets.
    using Wish = std::function<std::string(const std::string& method, int count)>;

    explicit FakeStore(Wish wish = nullptr)
        : wish_(std::move(wish)),
          peer_([this](const testing::HttpRequest& request) { return respond(request); }) {}

    Options options() const { return at(peer_.url()); }
    std::size_t objects() {
        std::size_t count = 0;
        peer_.between_requests([&] { count = objects_.size(); });
        return count;
    }
    std::vector<std::string> requests() { return peer_.requests(); }
    void wish(Wish wish) {
        peer_.between_requests([&] { wish_ = std::move(wish); });
    }

  private:
    std::string respond(const testing::HttpRequest& request) {
        const std::string& method = request.method;
        if (method == "PUT") objects_[request.target] = request.body;
        if (wish_) {
            if (std::string wished = wish_(method, ++counts_[method]); !wished.empty())
                return wished;
        }
        if (method == "PUT") return http_answer("200 OK");
        const auto found = objects_.find(request.path());
        if (method == "DELETE") {
            if (found != objects_.end()) objects_.erase(found);
            return "HTTP/1.1 204 No Content\r\n\r\n";
        }
        if (request.target == "/media") return http_answer("200 OK", "", "X-Amz-Request-Id: 1\r\n");
        if (found == objects_.end()) return refusing("404 Not Found", "NoSuchKey");
        return http_answer("200 OK", found->second);
    }

    Wish wish_;
    std::map<std::string, std::string> objects_;
    std::map<std::string, int> counts_;
    testing::HttpPeer peer_;
};

Outcome run(const Options& options, std::chrono::milliseconds timeout = 2000ms) {
    return testing::run_discreetly(kind, options, timeout);
}

Outcome against(const std::string& url, std::chrono::milliseconds timeout) {
    return run(at(url), timeout);
}

TEST(S3, an_object_is_created_read_and_deleted) {
    FakeStore store;
    const Outcome outcome = run(store.options());
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    EXPECT_EQ(outcome.detail, "created, read and deleted an object");
    EXPECT_EQ(testing::phases(outcome), (std::vector<std::string>{"connect", "create", "stat",
                                                                  "download", "delete", "gone"}));
    EXPECT_EQ(store.objects(), 0U);
    const std::vector<std::string> asked = store.requests();
    ASSERT_EQ(asked.size(), 5U);
    EXPECT_TRUE(asked[0].starts_with("PUT /media/vitals-probe-")) << asked[0];
    EXPECT_NE(asked[0].find("authorization: AWS4-HMAC-SHA256 Credential=key/"), std::string::npos);
    EXPECT_NE(asked[0].find("/us-east-1/s3/aws4_request, SignedHeaders=content-type;host;x-amz-"),
              std::string::npos);
}

TEST(S3, every_run_has_an_object_of_its_own_behind_the_prefix) {
    FakeStore store;
    Options options = store.options();
    options.prefix = "health/";
    EXPECT_EQ(run(options).status, Status::ok);
    EXPECT_EQ(run(options).status, Status::ok);
    const auto path = [](const std::string& head) { return head.substr(0, head.find(" HTTP")); };
    const std::vector<std::string> asked = store.requests();
    ASSERT_EQ(asked.size(), 10U);
    EXPECT_TRUE(asked[0].starts_with("PUT /media/health/vitals-probe-")) << asked[0];
    EXPECT_NE(path(asked[0]), path(asked[5]));
}

// `127` before `0.0.1` makes a name that resolves everywhere.
TEST(S3, the_bucket_may_stand_in_the_hosts_name) {
    FakeStore store;
    Options options = store.options();
    options.url = "http://0.0.1" + options.url.text.substr(options.url.text.rfind(':'));
    options.bucket = "127";
    options.style = "virtual";
    EXPECT_EQ(run(options).status, Status::ok);
    const std::string asked = store.requests().at(0);
    EXPECT_TRUE(asked.starts_with("PUT /vitals-probe-")) << asked;
    EXPECT_NE(asked.find("Host: 127.0.0.1:"), std::string::npos) << asked;
}

TEST(S3, not_configured_is_ok_and_says_so) {
    const Outcome outcome = run(Options{});
    EXPECT_EQ(outcome.status, Status::ok);
    EXPECT_EQ(outcome.detail, "not configured");
    ASSERT_NE(outcome.property("configured"), nullptr);
    EXPECT_FALSE(std::get<bool>(*outcome.property("configured")));
}

TEST(S3, temporary_credentials_are_sent_and_signed) {
    FakeStore store;
    Options options = store.options();
    options.session_token = Secret("of-an-hour");
    EXPECT_EQ(run(options).status, Status::ok);
    EXPECT_NE(store.requests()[0].find("x-amz-security-token: of-an-hour\r\n"), std::string::npos);
    EXPECT_NE(store.requests()[0].find(";x-amz-security-token, Signature="), std::string::npos);
}

TEST(S3, a_bucket_is_seen_without_writing) {
    FakeStore store;
    Options options = store.options();
    options.mode = "bucket";
    EXPECT_EQ(run(options).status, Status::ok);
    ASSERT_EQ(store.requests().size(), 1U);
    EXPECT_TRUE(store.requests()[0].starts_with("HEAD /media HTTP"));
}

TEST(S3, why_a_bucket_is_refused_is_asked_for) {
    FakeStore store([](const std::string& method, int) {
        return method == "HEAD" ? "HTTP/1.1 403 Forbidden\r\n\r\n"
                                : refusing("403 Forbidden", "SignatureDoesNotMatch");
    });
    Options options = store.options();
    options.mode = "bucket";
    expect_failed(run(options), ErrorClass::auth, "bucket", "secret key refused");
    store.wish([](const std::string&, int) { return std::string("HTTP/1.1 404 No\r\n\r\n"); });
    expect_failed(run(options), ErrorClass::assertion, "bucket", "bucket does not exist");
}

// The console of a store, or any page that answers every path.
TEST(S3, a_web_page_is_no_bucket) {
    FakeStore store([](const std::string& method, int) {
        return method == "HEAD" ? http_answer("200 OK") : http_answer("200 OK", "<html>");
    });
    Options options = store.options();
    options.mode = "bucket";
    expect_failed(run(options), ErrorClass::protocol, "bucket", "not the answer of S3");
    store.wish([](const std::string& method, int) {
        return method == "HEAD" ? http_answer("200 OK")
                                : http_answer("200 OK", "<?xml?><ListBucketResult xmlns=\"x\">");
    });
    EXPECT_EQ(run(options).status, Status::ok) << "not every server has headers of AWS";
}

TEST(S3, a_bucket_elsewhere_names_its_region) {
    for (const std::string status : {"301 Moved Permanently", "400 Bad Request"}) {
        FakeStore store([status](const std::string&, int) {
            return "HTTP/1.1 " + status +
                   "\r\nX-Amz-Bucket-Region: eu-west-3\r\nContent-Length: 0\r\n\r\n";
        });
        Options options = store.options();
        options.mode = "bucket";
        expect_failed(run(options), ErrorClass::auth, "bucket",
                      "wrong region, the server expects eu-west-3");
        options.region = "eu-west-3";
        EXPECT_EQ(run(options).detail.find("region"), std::string::npos);
    }
}

TEST(S3, refusals_are_told_apart) {
    struct Case {
        std::string answer;
        ErrorClass error_class;
        std::string detail;
    };
    const std::vector<Case> cases{
        {refusing("403 Forbidden", "SignatureDoesNotMatch"), ErrorClass::auth,
         "secret key refused"},
        {refusing("403 Forbidden", "InvalidAccessKeyId"), ErrorClass::auth, "access key unknown"},
        {refusing("403 Forbidden", "AccessDenied"), ErrorClass::auth,
         "not allowed to create an object"},
        {refusing("400 Bad Request", "ExpiredToken"), ErrorClass::auth, "session token expired"},
        {refusing("403 Forbidden", "RequestTimeTooSkewed"), ErrorClass::auth,
         "clock differs too much from the server's"},
        {refusing("400 Bad Request", "AuthorizationHeaderMalformed", "<Region>eu-west-3</Region>"),
         ErrorClass::auth, "wrong region, the server expects eu-west-3"},
        {refusing("404 Not Found", "NoSuchBucket"), ErrorClass::assertion, "bucket does not exist"},
        {refusing("403 Forbidden", "QuotaExceeded"), ErrorClass::assertion, "quota exceeded"},
        {refusing("503 Slow Down", "SlowDown"), ErrorClass::assertion, "asked to slow down"},
        {http_answer("404 Not Found", "no such page"), ErrorClass::assertion,
         "status 404 when asked to create an object"},
        {refusing("307 Temporary Redirect", "TemporaryRedirect"), ErrorClass::assertion,
         "bucket is served at another address"},
        {http_answer("503 Service Unavailable", "<html>"), ErrorClass::assertion,
         "status 503 when asked to create an object"},
        {http_answer("302 Found", "", "Location: /login\r\n"), ErrorClass::assertion,
         "status 302 when asked to create an object"},
    };
    for (const Case& each : cases) {
        FakeStore store([&](const std::string& method, int) {
            return method == "PUT" ? each.answer : std::string();
        });
        expect_failed(run(store.options()), each.error_class, "create", each.detail);
        EXPECT_EQ(store.requests().size(), 1U) << each.detail;
    }
}

// A server that says yes and does something else.
TEST(S3, what_is_not_true_is_found) {
    struct Case {
        std::string method, answer, phase, detail;
    };
    const std::vector<Case> cases{
        {"HEAD", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "stat",
         "object is not there after it was created"},
        {"HEAD", http_answer("200 OK"), "stat", "object has not the size that was written"},
        {"GET", http_answer("200 OK", "something else"), "download",
         "object is not what was written"},
        {"GET", http_answer("500 Error"), "download", "status 500 when asked to read an object"},
    };
    for (const Case& each : cases) {
        FakeStore store([&](const std::string& method, int count) {
            return method == each.method && count == 1 ? each.answer : std::string();
        });
        expect_failed(run(store.options()), ErrorClass::assertion, each.phase, each.detail);
        EXPECT_EQ(store.objects(), 0U) << "deleted all the same: " << each.detail;
    }
}

TEST(S3, what_cannot_be_deleted_fails) {
    FakeStore store([](const std::string& method, int) {
        return method == "DELETE" ? refusing("403 Forbidden", "AccessDenied") : std::string();
    });
    expect_failed(run(store.options()), ErrorClass::auth, "delete",
                  "not allowed to delete an object");
    store.wish([](const std::string& method, int) {
        return method == "DELETE" ? std::string("HTTP/1.1 204 No Content\r\n\r\n") : std::string();
    });
    expect_failed(run(store.options()), ErrorClass::assertion, "gone",
                  "object is still there after it was deleted");
}

TEST(S3, a_copy_that_lingers_is_no_fault) {
    FakeStore store([](const std::string& method, int count) {
        return method == "HEAD" && count >= 2 && count <= 4
                   ? std::string("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
                   : std::string();
    });
    EXPECT_EQ(run(store.options()).status, Status::ok);
}

// A user who may not list a bucket gets 403 for a missing object.
TEST(S3, forbidden_to_see_it_is_gone_enough) {
    FakeStore store([](const std::string& method, int count) {
        return method == "HEAD" && count == 2
                   ? std::string("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
                   : std::string();
    });
    EXPECT_EQ(run(store.options()).status, Status::ok);
}

TEST(S3, old_versions_go_too) {
    FakeStore store([](const std::string& method, int) {
        return method == "PUT" ? http_answer("200 OK", "", "x-amz-version-id: v/1\r\n")
                               : std::string();
    });
    EXPECT_EQ(run(store.options()).status, Status::ok);
    EXPECT_NE(store.requests()[3].find("?versionId=v%2F1 HTTP"), std::string::npos);
    store.wish([](const std::string& method, int count) {
        if (method == "PUT") return http_answer("200 OK", "", "x-amz-version-id: v\r\n");
        return method == "DELETE" && count == 2 ? refusing("403 No", "AccessDenied")
                                                : std::string();
    });
    EXPECT_EQ(run(store.options()).status, Status::ok) << "then the object alone";
    EXPECT_EQ(store.objects(), 0U);
}

// The server took the object, but its answer never came: the next run of the component deletes it.
TEST(S3, a_later_run_deletes_what_was_left) {
    FakeStore store([](const std::string& method, int count) {
        return method == "PUT" && count == 1 ? std::string(testing::http_reset) : std::string();
    });
    const checks::Run bound = kind.bind(AnyOptions(std::make_shared<Options>(store.options())));
    Runner runner;
    const Outcome first = runner.run(bound, 2000ms);
    EXPECT_EQ(first.status, Status::failed);
    EXPECT_EQ(first.error_class, ErrorClass::protocol);
    EXPECT_EQ(first.failed_phase, "create");
    EXPECT_EQ(store.objects(), 1U);
    const Outcome second = runner.run(bound, 2000ms);
    EXPECT_EQ(second.status, Status::ok) << second.detail << second.error;
    EXPECT_EQ(store.objects(), 0U);
}

// A store that takes objects but neither returns nor deletes them is not filled up.
TEST(S3, what_stays_behind_is_bounded) {
    FakeStore store([](const std::string& method, int) {
        return method == "DELETE" ? refusing("403 Forbidden", "AccessDenied") : std::string();
    });
    const checks::Run bound = kind.bind(AnyOptions(std::make_shared<Options>(store.options())));
    Runner runner;
    for (int round = 0; round < 80; ++round) {
        const Outcome outcome = runner.run(bound, 2000ms);
        ASSERT_EQ(outcome.detail, "not allowed to delete an object");
    }
    EXPECT_EQ(store.objects(), 64U);
    store.wish(nullptr);
    for (int round = 0; round < 16; ++round)
        ASSERT_EQ(runner.run(bound, 5000ms).status, Status::ok) << round;
    EXPECT_EQ(store.objects(), 0U);
}

TEST(S3, a_peer_that_misbehaves_fails) {
    testing::expect_http_faults(against, "create", "64KiB");
}

TEST(S3, hung_in_the_middle_names_the_step) {
    const Peer peer([](int descriptor) {
        const std::string head = testing::read_until(descriptor, "\r\n\r\n");
        if (!head.starts_with("PUT")) return Peer::hang()(descriptor);
        testing::send_all(descriptor, http_answer("200 OK"));
        testing::close_in_order(descriptor);
    });
    const Outcome outcome = run(at("http://" + peer.address()), 300ms);
    EXPECT_EQ(outcome.error_class, ErrorClass::timeout);
    EXPECT_EQ(outcome.failed_phase, "stat");
}

TEST(S3, tls_is_verified) {
    testing::expect_tls_verified(against);
}

TEST(S3, a_missing_secret_is_blindness) {
    FakeStore store;
    Options options = store.options();
    options.secret_key = Secret::pending();
    const Outcome outcome = run(options);
    EXPECT_EQ(outcome.status, Status::unknown);
    EXPECT_EQ(outcome.error, "secret_key");
    EXPECT_EQ(store.requests().size(), 0U);
}

TEST(S3, keeps_no_descriptor) {
    FakeStore store;
    const Peer resetting(Peer::reset());
    Runner runner;
    Options bad = store.options();
    bad.url = "http://" + resetting.address();
    EXPECT_EQ(runner.run(kind, store.options(), 2000ms).status, Status::ok);
    const std::size_t before = testing::open_descriptors();
    for (int round = 0; round < 20; ++round) {
        EXPECT_EQ(runner.run(kind, store.options(), 2000ms).status, Status::ok);
        EXPECT_EQ(runner.run(kind, bad, 2000ms).status, Status::failed);
    }
    EXPECT_LE(testing::open_descriptors(), before + 2);
}

TEST(S3Options, are_checked) {
    const auto problem = [](const std::function<void(Options&)>& change) {
        Options options{.url = "https://s3.example.org",
                        .bucket = "media",
                        .access_key = "key",
                        .secret_key = Secret("s")};
        change(options);
        return testing::problem_of(kind, &options);
    };
    EXPECT_EQ(problem([](Options&) {}), "");
    EXPECT_NE(problem([](Options& o) { o.url = "https://s3.example.org/media"; }), "");
    EXPECT_NE(problem([](Options& o) { o.url = "https://a:b@s3.example.org"; }), "");
    EXPECT_NE(problem([](Options& o) { o.url = "ftp://s3.example.org"; }), "");
    EXPECT_NE(problem([](Options& o) { o.bucket = "a/b"; }), "");
    EXPECT_NE(problem([](Options& o) { o.bucket = ""; }), "");
    EXPECT_NE(problem([](Options& o) { o.access_key = ""; }), "");
    EXPECT_NE(problem([](Options& o) { o.secret_key = Secret(); }), "");
    EXPECT_NE(problem([](Options& o) { o.region = "EU Central"; }), "");
    EXPECT_NE(problem([](Options& o) { o.prefix = "/x"; }), "");
    EXPECT_NE(problem([](Options& o) {
                  o.url = "http://127.0.0.1:9000";
                  o.style = "virtual";
              }),
              "");
    EXPECT_EQ(problem([](Options& o) { o.session_token = Secret::pending(); }), "");
}

TEST(S3Options, come_from_a_url) {
    Options options;
    EXPECT_TRUE(kind.from_url(ObjectRef(options),
                              "s3://key:s%2Fx@h.example:9000/media?tls=off&region=eu-1"));
    EXPECT_EQ(options.url.text, "http://h.example:9000");
    EXPECT_EQ(options.bucket, "media");
    EXPECT_EQ(options.region, "eu-1");
    EXPECT_EQ(options.access_key, "key");
    EXPECT_EQ(options.secret_key.reveal(), "s/x");
    EXPECT_EQ(testing::problem_of(kind, &options), "");
    Options amazon;
    EXPECT_TRUE(
        kind.from_url(ObjectRef(amazon), "s3://key:s@media?region=eu-central-1&mode=bucket"));
    EXPECT_EQ(amazon.url.text, "https://s3.eu-central-1.amazonaws.com");
    EXPECT_EQ(amazon.bucket, "media");
    EXPECT_EQ(amazon.mode, "bucket");
    ASSERT_EQ(::unsetenv("AWS_ACCESS_KEY_ID"), 0);
    EXPECT_FALSE(kind.from_url(ObjectRef(amazon), "s3://media"));
    EXPECT_FALSE(kind.from_url(ObjectRef(amazon), "s3://k:s@media?color=red"));
    EXPECT_FALSE(kind.from_url(ObjectRef(amazon), "s3://k:s@h/a/b"));
    EXPECT_FALSE(kind.from_url(ObjectRef(amazon), "s3://k:s@minio:9000")) << "not a bucket of AWS";
    EXPECT_TRUE(kind.from_url(ObjectRef(amazon), "s3://k:s@minio:9000/media/"));
    EXPECT_EQ(amazon.bucket, "media");
    EXPECT_TRUE(kind.from_url(ObjectRef(amazon), "s3://k:s@media?region=cn-north-1"));
    EXPECT_EQ(amazon.url.text, "https://s3.cn-north-1.amazonaws.com.cn");
    ASSERT_EQ(::setenv("AWS_ACCESS_KEY_ID", "mine", 1), 0);
    ASSERT_EQ(::setenv("AWS_SECRET_ACCESS_KEY", "own", 1), 0);
    EXPECT_TRUE(kind.from_url(ObjectRef(amazon), "s3://media"));
    EXPECT_EQ(amazon.access_key, "mine");
    EXPECT_EQ(amazon.secret_key.reveal(), "own");
}

}  // namespace
}  // namespace vitals::checks::s3
