#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "net/http_testing.hpp"
#include "tls_peer.hpp"

namespace vitals::net {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using namespace vitals::testing;

TEST(Http, answers_with_status_headers_and_body) {
    Server server(
        {"HTTP/1.1 203 Fine\r\nX-One: 1\r\nx-two:  2 \r\nContent-Length: 5\r\n\r\nhello"});
    const auto ran = fetch(get(server.url("/path?q=1#part")));
    ASSERT_TRUE(ran.value) << ran.detail();
    EXPECT_EQ(ran.value->status, 203);
    EXPECT_EQ(ran.value->body, "hello");
    EXPECT_THAT(ran.value->headers,
                ElementsAre(Pair("X-One", "1"), Pair("x-two", "2"), Pair("Content-Length", "5")));
    ASSERT_NE(ran.value->header("X-TWO"), nullptr);
    EXPECT_EQ(*ran.value->header("X-TWO"), "2");
    EXPECT_EQ(ran.value->header("x-three"), nullptr);
    EXPECT_FALSE(ran.value->certificate);
    EXPECT_THAT(names(ran.phases), ElementsAre("connect", "wait", "read"));
    EXPECT_THAT(server.request(),
                ::testing::StartsWith("GET /path?q=1 HTTP/1.1\r\nHost: 127.0.0.1:"));
    EXPECT_THAT(server.request(), HasSubstr("\r\nUser-Agent: vitals\r\n"));
}

TEST(Http, sends_method_headers_and_body_as_given) {
    Server server({fine});
    HttpRequest request = get(server.url("/a/../b"));
    request.method = "PUT";
    request.headers = {{"X-Thing", "yes"}, {"User-Agent", "other"}, {"X-Empty", ""}};
    request.body = "payload";
    EXPECT_TRUE(fetch(request).value);
    const std::string sent = server.request();
    EXPECT_THAT(sent, ::testing::StartsWith("PUT /a/../b HTTP/1.1\r\n"));
    EXPECT_THAT(sent, HasSubstr("\r\nX-Thing: yes\r\n"));
    EXPECT_THAT(sent, HasSubstr("\r\nUser-Agent: other\r\n"));
    EXPECT_THAT(sent, HasSubstr("\r\nX-Empty:\r\n"));
    EXPECT_THAT(sent, HasSubstr("\r\nContent-Length: 7\r\n"));
    EXPECT_THAT(sent, Not(HasSubstr("Content-Type")));
    EXPECT_THAT(sent, Not(HasSubstr("Expect")));
    EXPECT_THAT(sent, ::testing::EndsWith("\r\n\r\npayload"));
}

TEST(Http, every_method_has_its_form) {
    Server server({fine});
    for (const char* method : {"GET", "POST", "DELETE", "OPTIONS", "PATCH"}) {
        HttpRequest request = get(server.url());
        request.method = method;
        ASSERT_TRUE(fetch(request).value) << method;
        const std::string sent = server.request(server.requests() - 1);
        EXPECT_THAT(sent, ::testing::StartsWith(std::string(method) + " / HTTP/1.1\r\n"));
        const bool has_body = std::string(method) == "POST" || std::string(method) == "PATCH";
        EXPECT_EQ(sent.find("Content-Length: 0") != std::string::npos, has_body) << sent;
    }
    Server head({"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"});
    HttpRequest request = get(head.url());
    request.method = "HEAD";
    const auto ran = fetch(request);
    ASSERT_TRUE(ran.value) << ran.detail();
    EXPECT_EQ(ran.value->body, "");
    EXPECT_EQ(*ran.value->header("content-length"), "500");
}

TEST(Http, credentials_are_basic_and_stay_out_of_the_effective_url) {
    Server server({fine});
    HttpRequest request = get(server.url());
    request.user = "user";
    request.password = "p:w";
    EXPECT_TRUE(fetch(request).value);
    EXPECT_THAT(server.request(), HasSubstr("\r\nAuthorization: Basic dXNlcjpwOnc=\r\n"));
    std::string in_url = server.url();
    in_url.insert(7, "user:p%3Aw@");
    EXPECT_TRUE(fetch(get(in_url)).value);
    EXPECT_THAT(server.request(1), HasSubstr("\r\nAuthorization: Basic dXNlcjpwOnc=\r\n"));
}

TEST(Http, line_breaks_cannot_be_smuggled_in) {
    Server server({fine});
    HttpRequest request = get(server.url());
    request.headers = {{"X-One", "1\r\nX-Two: 2"}};
    EXPECT_EQ(fetch(request).detail(), "header value holds a line break");
    request.headers = {{"X-One\r\nX-Two", "2"}};
    EXPECT_EQ(fetch(request).detail(), "header name holds a line break");
    request.headers = {};
    request.method = "GET / HTTP/1.0\r\n\r\n";
    EXPECT_EQ(fetch(request).detail(), "method holds a line break");
    EXPECT_EQ(server.requests(), 0u);
}

TEST(Http, only_http_is_spoken) {
    for (const char* url : {"file:///etc/passwd", "ftp://127.0.0.1/", "nonsense://x", "http://", "",
                            "http://127.0.0.1:99999/", "http://a b/"}) {
        const auto ran = fetch(get(url));
        EXPECT_EQ(ran.detail(), "not a usable URL") << url;
        EXPECT_EQ(ran.error_class(), ErrorClass::local) << url;
    }
}

TEST(Http, the_proxy_of_the_environment_is_not_used) {
    ::setenv("http_proxy", "http://127.0.0.1:1", 1);
    Server server({fine});
    EXPECT_TRUE(fetch(get(server.url())).value);
    ::unsetenv("http_proxy");
}

TEST(Http, every_exchange_proves_that_a_new_connection_works) {
    Peer peer(Peer::answer(fine));  // would allow keep-alive
    Loop loop;
    Environment environment(loop);
    for (int i = 0; i < 3; ++i)
        EXPECT_TRUE(
            drive<HttpResponse>(loop, environment, fetching(get("http://" + peer.address() + "/")))
                .value);
    EXPECT_EQ(peer.accepted(), 3);
}

TEST(Http, ipv6_addresses_stand_in_brackets) {
    const auto port = std::to_string(closed_port());
    const auto ran = fetch(get("http://[::1]:" + port + "/"));
    // Refused, or no route on a machine without IPv6; in any case the address was understood.
    EXPECT_THAT(ran.error->error, HasSubstr("[::1]:" + port));
    EXPECT_EQ(ran.phase, "connect");
}

TEST(Http, informational_answers_are_not_the_answer) {
    Server server({"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + fine});
    const auto ran = fetch(get(server.url()));
    ASSERT_TRUE(ran.value) << ran.detail();
    EXPECT_EQ(ran.value->status, 200);
    EXPECT_EQ(ran.value->header("link"), nullptr);
}

TEST(Http, trailers_are_kept_apart) {
    Server server(
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
         "3\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 7\r\n\r\n"});
    const auto ran = fetch(get(server.url()));
    ASSERT_TRUE(ran.value) << ran.detail();
    EXPECT_EQ(ran.value->body, "abcde");
    EXPECT_THAT(ran.value->trailers, ElementsAre(Pair("X-Sum", "7")));
    EXPECT_EQ(ran.value->header("x-sum"), nullptr);
}

TEST(Http, an_answer_without_length_ends_with_the_connection) {
    Peer peer(Peer::answer("HTTP/1.0 200 OK\r\n\r\nuntil the end"));
    const auto ran = fetch(get("http://" + peer.address() + "/"));
    ASSERT_TRUE(ran.value) << ran.detail();
    EXPECT_EQ(ran.value->body, "until the end");
}

TEST(Http, bodies_are_limited) {
    const std::string whole(2000, 'x');
    Server server({"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + whole,
                   "HTTP/1.0 200 OK\r\n\r\n" + whole,
                   "HTTP/1.1 200 OK\r\nContent-Length: 1024\r\n\r\n" + whole.substr(0, 1024)});
    HttpRequest request = get(server.url());
    request.max_body = 1024;
    for (int i = 0; i < 2; ++i) {
        const auto ran = fetch(request);
        EXPECT_EQ(ran.detail(), "answer larger than 1KiB");
        EXPECT_EQ(ran.error_class(), ErrorClass::protocol);
    }
    EXPECT_TRUE(fetch(request).value);
}

TEST(Http, headers_are_limited) {
    std::string many = "HTTP/1.1 200 OK\r\n";
    while (many.size() < 300'000) many += "X-Filler: " + std::string(1000, 'x') + "\r\n";
    Server server(
        {many + "\r\n", "HTTP/1.1 200 OK\r\nX-Long: " + std::string(300'000, 'x') + "\r\n\r\n"});
    const auto ran = fetch(get(server.url()));
    EXPECT_EQ(ran.detail(), "header larger than 256KiB");
    EXPECT_EQ(ran.error_class(), ErrorClass::protocol);
    const auto line = fetch(get(server.url()));
    EXPECT_EQ(line.detail(), "header too large");
    EXPECT_EQ(line.error_class(), ErrorClass::protocol);
}

struct Fault {
    const char* name;
    Peer::Handler handler;
    const char* detail;
    const char* phase;
};

TEST(Http, each_fault_has_its_name_and_its_phase) {
    const Fault faults[] = {
        {"reset", Peer::reset(), "connection reset", "wait"},
        {"reset in the head", Peer::reset("HTTP/1.1 200 O"), "connection reset", "wait"},
        {"reset in the body", Peer::reset("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"),
         "connection reset", "read"},
        {"closed", Peer::answer(""), "closed without an answer", "wait"},
        {"closed in the head", Peer::answer("HTTP/1.1 200 OK\r\nServer: a\r\nContent-"),
         "answer cut short", "read"},
        {"closed before the head's end", Peer::answer("HTTP/1.1 200 OK\r\nServer: a\r\n"),
         "answer cut short", "read"},
        {"cut short", Peer::answer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"),
         "answer cut short", "read"},
        {"cut in a chunk",
         Peer::answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf"),
         "answer cut short", "read"},
        {"bad chunk", Peer::answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"),
         "malformed answer", "read"},
        {"another protocol", Peer::answer("220 mail.example ESMTP\r\n"), "not HTTP", "wait"},
        {"garbage", Peer::answer(std::string("\x00\x01\x02\xff\xfe", 5)), "not HTTP", "wait"},
    };
    for (const Fault& fault : faults) {
        Peer peer(fault.handler);
        const auto ran = fetch(get("http://" + peer.address() + "/"));
        EXPECT_EQ(ran.detail(), fault.detail)
            << fault.name << ": " << (ran.error ? ran.error->error : "no error");
        EXPECT_EQ(ran.error_class(), ErrorClass::protocol) << fault.name;
        EXPECT_EQ(ran.phase, fault.phase) << fault.name;
        if (ran.error) {
            EXPECT_THAT(ran.error->error, HasSubstr(peer.address())) << fault.name;
        }
    }
}

TEST(Http, a_port_without_a_listener_refuses) {
    const auto ran = fetch(get("http://127.0.0.1:" + std::to_string(closed_port()) + "/"));
    EXPECT_EQ(ran.detail(), "connection refused");
    EXPECT_EQ(ran.error_class(), ErrorClass::connect);
    EXPECT_EQ(ran.phase, "connect");
}

TEST(Http, a_hang_ends_with_the_run_and_is_in_the_phase_of_the_hang) {
    const Identity identity = make_certificate({});
    static const std::string half = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf";
    struct {
        const char* scheme;
        Peer::Handler handler;
        const char* phase;
    } hangs[] = {
        {"http", Peer::hang(), "wait"},
        {"https", Peer::hang(), "tls"},
        {"https", vitals::testing::tls(identity, [](auto& stream) { stream.read_until("never"); }),
         "wait"},
        {"http",
         [](int descriptor) {
             (void)::send(descriptor, half.data(), half.size(), MSG_NOSIGNAL);
             Peer::hang()(descriptor);
         },
         "read"},
        {"http", Peer::drip("HTTP/1.1 200 OK\r\nX: " + std::string(1000, 'x'), 10ms), "read"},
    };
    for (auto& hang : hangs) {
        Peer peer(hang.handler);
        HttpRequest request = get(std::string(hang.scheme) + "://" + peer.address() + "/");
        request.tls.verify = false;
        const auto ran = fetch(request, 250ms);
        EXPECT_TRUE(ran.cancelled) << hang.phase << ran.detail();
        EXPECT_EQ(ran.phase, hang.phase);
        EXPECT_LT(ran.took, 400ms) << hang.phase;
    }
}

struct UnixHttpTest : ::testing::Test {
    std::string path = (std::filesystem::temp_directory_path() /
                        ("vitals-http-" + std::to_string(::getpid()) + ".sock"))
                           .string();
    int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    HttpRequest request = get("http://docker/info");
    sockaddr_un address{};
    UnixHttpTest() {
        request.unix_socket = path;
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
    }
    ~UnixHttpTest() override {
        ::close(listener);
        std::filesystem::remove(path);
    }
    void listen(int backlog) {
        ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        ASSERT_EQ(::listen(listener, backlog), 0);
    }
    void answer_one() const {
        const int accepted = ::accept(listener, nullptr, nullptr);
        Peer::answer(fine)(accepted);
        ::close(accepted);
    }
};

TEST_F(UnixHttpTest, exchanges_a_request_and_an_answer) {
    listen(1);
    std::jthread server([this] { answer_one(); });
    const auto ran = fetch(request);
    ASSERT_TRUE(ran.value) << ran.detail() << ran.error->error;
    EXPECT_EQ(ran.value->body, "ok");
    EXPECT_THAT(names(ran.phases), ElementsAre("connect", "wait", "read"));
}

TEST(HttpClient, records_a_step_by_its_name) {
    Server server({fine});
    HttpRequest request = get(server.url());
    request.step = "create";
    EXPECT_THAT(names(fetch(request).phases), ElementsAre("connect", "create"));
    const Peer hanging(Peer::hang());
    request.url = "http://" + hanging.address();
    EXPECT_EQ(fetch(request, milliseconds(100)).phase, "create");
}

TEST_F(UnixHttpTest, each_failure_has_its_name) {
    const auto missing = fetch(request);
    EXPECT_EQ(missing.detail(), "socket does not exist");
    EXPECT_EQ(missing.error_class(), ErrorClass::connect);
    EXPECT_EQ(missing.phase, "connect");
    EXPECT_THAT(missing.error->error, HasSubstr("unix:" + path));
    ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(fetch(request).detail(), "connection refused");
    request.unix_socket = std::string(200, 'x');
    EXPECT_EQ(fetch(request).detail(), "socket path too long");
}

TEST_F(UnixHttpTest, a_full_backlog_is_a_server_that_hangs) {
    listen(0);
    const int filler = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_EQ(::connect(filler, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    const auto ran = fetch(request, 100ms);
    EXPECT_TRUE(ran.cancelled);
    ASSERT_EQ(ran.phase, "connect") << ran.detail();
    // When it accepts again, the waiting client gets in.
    std::jthread server([this] {
        std::this_thread::sleep_for(50ms);
        ::close(::accept(listener, nullptr, nullptr));
        answer_one();
    });
    const auto late = fetch(request);
    EXPECT_TRUE(late.value) << late.detail() << late.error->error;
    ::close(filler);
}

awaitable<void> fetch_and_count(Context& context, HttpRequest request, int& good) {
    const HttpResponse response = co_await http(context, std::move(request));
    if (response.status == 200) ++good;
}

TEST(Http, many_exchanges_at_once_do_not_mix_up) {
    Peer peer([](int descriptor) {
        char bytes[4096];
        const ssize_t got = ::recv(descriptor, bytes, sizeof bytes, 0);
        const std::string head(bytes, got > 0 ? static_cast<std::size_t>(got) : 0);
        const std::string path = head.substr(4, head.find(' ', 4) - 4);
        const std::string answer = "HTTP/1.0 200 OK\r\n\r\n" + path;
        (void)::send(descriptor, answer.data(), answer.size(), MSG_NOSIGNAL);
    });
    Loop loop;
    Environment environment(loop);
    Context context(environment, real_clock(), "component", "http",
                    std::chrono::steady_clock::now() + 10s);
    auto one = [](Context& run, std::string base, int number, int& good) -> awaitable<void> {
        const HttpRequest request = get(base + std::to_string(number));
        const HttpResponse response = co_await http(run, request);
        if (response.body == "/" + std::to_string(number)) ++good;
    };
    std::vector<Task> tasks;
    int good = 0;
    int done = 0;
    for (int i = 0; i < 100; ++i) {
        tasks.push_back(loop.spawn(one(context, "http://" + peer.address() + "/", i, good),
                                   [&](std::exception_ptr) {
                                       if (++done == 100) loop.stop();
                                   }));
    }
    loop.run();
    EXPECT_EQ(good, 100);
}

TEST(Http, can_be_destroyed_during_exchanges) {
    Peer peer(Peer::hang());
    int good = 0;
    for (const bool environment_first : {true, false}) {
        auto loop = std::make_unique<Loop>();
        auto environment = std::make_unique<Environment>(*loop);
        Context context(*environment, real_clock(), "component", "http",
                        std::chrono::steady_clock::now() + 10s);
        auto task = std::make_unique<Task>(
            loop->spawn(fetch_and_count(context, get("http://" + peer.address() + "/"), good),
                        [](std::exception_ptr) {}));
        Timer timer(*loop);
        timer.arm(std::chrono::steady_clock::now() + 30ms, [&] { loop->stop(); });
        loop->run();
        // With the run cancelled first, and with the environment destroyed under it.
        if (!environment_first) task.reset();
        environment.reset();
    }
    EXPECT_EQ(good, 0);
}

}  // namespace
}  // namespace vitals::net
