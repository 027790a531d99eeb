#include "dns.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mutex>
#include <thread>

#include "check_testing.hpp"
#include "exchange.hpp"
#include "expect_failed.hpp"
#include "name_servers.hpp"
#include "net/environment.hpp"

namespace vitals::checks::dns {
namespace {

using namespace std::chrono_literals;
using namespace vitals::testing;
using Texts = std::vector<std::string>;

std::string number(unsigned value) {
    return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)};
}

// What a name server answers to a query: its id and question, these flags and records.
std::string reply(const std::string& query, unsigned flags, const Texts& records) {
    std::string bytes = query.substr(0, 2) + number(flags) + number(1) +
                        number(static_cast<unsigned>(records.size())) + number(0) + number(0) +
                        query.substr(12);
    for (const std::string& record : records) bytes += record;
    return bytes;
}

// A record of the name asked for.
std::string record(unsigned type, const std::string& data) {
    return "\xc0\x0c" + number(type) + number(1) + number(0) + number(60) +
           number(static_cast<unsigned>(data.size())) + data;
}

std::string address(const char* text) {
    in_addr bytes{};
    ::inet_pton(AF_INET, text, &bytes);
    return record(1, {reinterpret_cast<const char*>(&bytes), sizeof bytes});
}

// Answers datagrams, and, if told to, connections, on one port.
class Server {
  public:
    using Answers = std::function<Texts(const std::string& query)>;
    // `on_stream` gets the connected descriptor and the query without its length.
    using OnStream = std::function<void(int descriptor, const std::string& query)>;

    explicit Server(Answers answers, OnStream on_stream = {})
        : answers_(std::move(answers)), on_stream_(std::move(on_stream)) {
        for (;;) {
            port_ = testing::closed_port();
            datagrams_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
            listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
            if (bind(datagrams_) && bind(listener_)) break;
            ::close(datagrams_);
            ::close(listener_);
        }
        if (on_stream_) ::listen(listener_, 16);
        thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
    }
    ~Server() {
        thread_.request_stop();
        thread_.join();
        ::close(datagrams_);
        ::close(listener_);
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
    Texts queries() const {
        const std::lock_guard lock(mutex_);
        return queries_;
    }

  private:
    bool bind(int descriptor) const {
        sockaddr_in name{};
        name.sin_family = AF_INET;
        name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        name.sin_port = htons(port_);
        return ::bind(descriptor, reinterpret_cast<sockaddr*>(&name), sizeof name) == 0;
    }

    void serve(const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            pollfd waiting[] = {{datagrams_, POLLIN, 0},
                                {listener_, static_cast<short>(on_stream_ ? POLLIN : 0), 0}};
            if (::poll(waiting, 2, 20) <= 0) continue;
            if ((waiting[0].revents & POLLIN) != 0) serve_datagram();
            if ((waiting[1].revents & POLLIN) != 0) serve_stream();
        }
    }

    void serve_datagram() {
        char buffer[2048];
        sockaddr_in from{};
        socklen_t size = sizeof from;
        const auto count = ::recvfrom(datagrams_, buffer, sizeof buffer, 0,
                                      reinterpret_cast<sockaddr*>(&from), &size);
        if (count <= 0) return;
        const std::string query(buffer, static_cast<std::size_t>(count));
        {
            const std::lock_guard lock(mutex_);
            queries_.push_back(query);
        }
        for (const std::string& answer : answers_(query)) {
            ::sendto(datagrams_, answer.data(), answer.size(), 0,
                     reinterpret_cast<sockaddr*>(&from), size);
        }
    }

    void serve_stream() {
        const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (descriptor < 0) return;
        char length[2];
        if (::recv(descriptor, length, 2, MSG_WAITALL) == 2) {
            std::string query(static_cast<std::size_t>(length[1]), '\0');
            if (::recv(descriptor, query.data(), query.size(), MSG_WAITALL) > 0) {
                on_stream_(descriptor, query);
            }
        }
        ::close(descriptor);
    }

    Answers answers_;
    OnStream on_stream_;
    std::uint16_t port_ = 0;
    int datagrams_ = -1;
    int listener_ = -1;
    mutable std::mutex mutex_;
    Texts queries_;
    std::jthread thread_;
};

Server::Answers always(unsigned flags, Texts records) {
    return [flags, records = std::move(records)](const std::string& query) {
        return Texts{reply(query, flags, records)};
    };
}

Server::Answers silence() {
    return [](const std::string&) { return Texts{}; };
}

Options asking(const Server& server, const std::string& name = "www.example.org") {
    return {.name = name, .server = server.address()};
}

Outcome run(const Options& options, std::chrono::milliseconds timeout = 2000ms) {
    return testing::run_in_time(kind, options, timeout);
}

constexpr unsigned good = 0x8180;

TEST(Dns, finds_records) {
    const Server server(always(good, {address("192.0.2.1"), address("192.0.2.2")}));
    const Outcome outcome = run(asking(server));
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    EXPECT_EQ(outcome.detail, "2 A records");
    EXPECT_EQ(std::get<std::int64_t>(*outcome.property("records")), 2);
    EXPECT_EQ(outcome.phases.back().name, "query");
    ASSERT_EQ(server.queries().size(), 1u);
}

TEST(Dns, asks_with_ids_that_cannot_be_guessed) {
    const Server server(always(good, {address("192.0.2.1")}));
    for (int i = 0; i < 8; ++i) EXPECT_EQ(run(asking(server)).status, Status::ok);
    Texts ids;
    for (const std::string& query : server.queries()) ids.push_back(query.substr(0, 2));
    std::sort(ids.begin(), ids.end());
    EXPECT_GE(std::unique(ids.begin(), ids.end()) - ids.begin(), 6);
}

TEST(Dns, compares_records) {
    const Server server(always(good, {address("192.0.2.1"), address("192.0.2.2")}));
    Options options = asking(server);
    options.expect = {"192.0.2.2"};
    EXPECT_EQ(run(options).status, Status::ok);
    options.exact = true;
    Outcome outcome = run(options);
    expect_failed(outcome, ErrorClass::assertion, "query", "unexpected A record");
    EXPECT_EQ(outcome.error, "expected 192.0.2.2; got 192.0.2.1, 192.0.2.2");
    options.expect = {"192.0.2.2", "192.0.2.1"};
    EXPECT_EQ(run(options).status, Status::ok);
    options.expect = {"192.0.2.3", "192.0.2.1"};
    outcome = run(options);
    expect_failed(outcome, ErrorClass::assertion, "query", "expected A record is missing");
    EXPECT_EQ(outcome.detail.find("192.0.2"), std::string::npos);
}

TEST(Dns, a_name_that_does_not_exist_fails) {
    const Server server(always(0x8183, {}));
    expect_failed(run(asking(server)), ErrorClass::assertion, "query", "name does not exist");
}

TEST(Dns, a_name_without_such_records_fails) {
    const Server server(always(good, {}));
    expect_failed(run(asking(server)), ErrorClass::assertion, "query", "no A record");
    Options options = asking(server);
    options.type = "MX";
    expect_failed(run(options), ErrorClass::assertion, "query", "no MX record");
}

TEST(Dns, a_server_that_fails_or_refuses_fails) {
    const Server failing(always(0x8182, {}));
    expect_failed(run(asking(failing)), ErrorClass::protocol, "query",
                  "name server answers SERVFAIL");
    const Server refusing(always(0x8185, {}));
    expect_failed(run(asking(refusing)), ErrorClass::auth, "query", "name server answers REFUSED");
}

TEST(Dns, a_lost_datagram_is_no_alarm) {
    int lost = 0;
    const Server server([&](const std::string& query) {
        if (lost++ < 2) return Texts{};
        return Texts{reply(query, good, {address("192.0.2.1")})};
    });
    EXPECT_EQ(run(asking(server), 1000ms).status, Status::ok);
    EXPECT_EQ(server.queries().size(), 3u);
}

TEST(Dns, forged_answers_do_not_count) {
    const Server server([](const std::string& query) {
        std::string other_id = reply(query, good, {address("192.0.2.66")});
        other_id[0] = static_cast<char>(other_id[0] ^ 1);
        std::string other_name = reply(query, good, {address("192.0.2.66")});
        other_name[13] = 'v';
        return Texts{other_id, other_name, "garbage", reply(query, good, {address("192.0.2.1")})};
    });
    Options options = asking(server);
    options.expect = {"192.0.2.1"};
    options.exact = true;
    EXPECT_EQ(run(options).status, Status::ok);
}

TEST(Dns, garbage_fails) {
    const Server garbage(
        [](const std::string&) { return Texts{"HTTP/1.1 400 Bad Request\r\n\r\n"}; });
    expect_failed(run(asking(garbage), 400ms), ErrorClass::protocol, "query",
                  "answers do not match the question");
    const Server broken([](const std::string& query) {
        return Texts{reply(query, good, {record(1, "three").substr(0, 9)})};
    });
    expect_failed(run(asking(broken)), ErrorClass::protocol, "query", "answer cannot be read");
}

TEST(Dns, a_silent_server_times_out) {
    const Server server(silence());
    expect_failed(run(asking(server), 400ms), ErrorClass::timeout, "query",
                  "does not answer (timeout in query)");
    EXPECT_EQ(server.queries().size(), 3u);
}

TEST(Dns, a_closed_port_refuses) {
    const Options options{.name = "www.example.org",
                          .server = "127.0.0.1:" + std::to_string(testing::closed_port())};
    expect_failed(run(options), ErrorClass::connect, "query", "connection refused");
}

TEST(Dns, a_server_may_be_named) {
    const Server server(always(good, {address("192.0.2.1")}));
    Options options = asking(server);
    options.server.replace(0, options.server.find(':'), "localhost");
    EXPECT_EQ(run(options).status, Status::ok);
}

const auto long_answer = [] {
    Texts records;
    for (int i = 0; i < 100; ++i)
        records.push_back(address(("192.0.2." + std::to_string(i)).c_str()));
    return records;
}();

void send_framed(int descriptor, const std::string& message) {
    testing::send_all(descriptor, number(static_cast<unsigned>(message.size())) + message);
    testing::close_in_order(descriptor);
}

TEST(Dns, a_truncated_answer_is_asked_for_by_tcp) {
    const Server server(always(0x8380, {}), [](int descriptor, const std::string& query) {
        send_framed(descriptor, reply(query, good, long_answer));
    });
    const Outcome outcome = run(asking(server));
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    EXPECT_EQ(outcome.detail, "100 A records");
}

TEST(Dns, faults_of_tcp_fail) {
    const auto with = [](Server::OnStream on_stream) {
        return std::make_unique<Server>(always(0x8380, {}), std::move(on_stream));
    };
    const auto none = with({});  // bound, but nobody listens
    expect_failed(run(asking(*none)), ErrorClass::connect, "connect", "connection refused");
    const auto short_one = with([](int descriptor, const std::string& query) {
        const std::string message = reply(query, good, long_answer);
        testing::send_all(descriptor,
                          number(static_cast<unsigned>(message.size())) + message.substr(0, 40));
        testing::close_in_order(descriptor);
    });
    expect_failed(run(asking(*short_one)), ErrorClass::protocol, "query", "answer cut short");
    const auto reset = with([](int descriptor, const std::string&) {
        testing::send_all(descriptor, "\x01");
        std::this_thread::sleep_for(50ms);
        testing::reset_on_close(descriptor);
    });
    expect_failed(run(asking(*reset)), ErrorClass::protocol, "query", "connection reset");
    const auto truncated = with([](int descriptor, const std::string& query) {
        send_framed(descriptor, reply(query, 0x8380, {}));
    });
    expect_failed(run(asking(*truncated)), ErrorClass::protocol, "query", "answer cannot be read");
    const auto hanging = with([](int descriptor, const std::string&) {
        char byte = 0;
        (void)::recv(descriptor, &byte, 1, 0);
    });
    expect_failed(run(asking(*hanging), 400ms), ErrorClass::timeout, "query",
                  "accepts connections and does not answer (timeout in query)");
    const auto dripping = with([](int descriptor, const std::string& query) {
        const std::string message = reply(query, good, long_answer);
        testing::Peer::drip(number(static_cast<unsigned>(message.size())) + message,
                            20ms)(descriptor);
    });
    expect_failed(run(asking(*dripping), 400ms), ErrorClass::timeout, "query",
                  "accepts connections and does not answer (timeout in query)");
}

TEST(Dns, asks_the_system_as_applications_do) {
    Options options{.name = "localhost", .via = "system"};
    Outcome outcome = run(options);
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    options.expect = {"127.0.0.1"};
    EXPECT_EQ(run(options).status, Status::ok);
    options.type = "A";
    EXPECT_EQ(run(options).detail, "1 A record");
    options.expect = {"127.0.0.2"};
    expect_failed(run(options), ErrorClass::assertion, "resolve", "expected A record is missing");
    // It needs no network.
    EXPECT_EQ(run({.name = "127.0.0.1", .via = "system"}).status, Status::ok);
}

TEST(Dns, keeps_no_descriptor) {
    Runner runner;
    const Server silent(silence());
    const Server truncating(always(0x8380, {}), [](int descriptor, const std::string&) {
        testing::reset_on_close(descriptor);
    });
    const auto round = [&] {
        EXPECT_EQ(runner.run(kind, asking(silent), 5ms).error_class, ErrorClass::timeout);
        EXPECT_EQ(runner.run(kind, asking(truncating), 2s).status, Status::failed);
    };
    testing::expect_no_descriptor_kept(round);
}

TEST(DnsServers, are_read_from_the_systems_file) {
    const auto servers = name_servers(
        "# nameserver 192.0.2.9\nsearch example.org\nnameserver 192.0.2.1\nnameserver\t2001:db8::1 "
        "# "
        "x\n nameserver 192.0.2.8\nnameserver example.org\nnameservers 192.0.2.7\r\n"
        "nameserver fe80::1%eth0\r\nnameserver 192.0.2.4");
    ASSERT_EQ(servers.size(), 3u);
    EXPECT_EQ(servers[0].text(), "192.0.2.1:53");
    EXPECT_EQ(servers[1].text(), "[2001:db8::1]:53");
    EXPECT_EQ(servers[2].host, "fe80::1%eth0");
    EXPECT_TRUE(name_servers("").empty());
}

TEST(DnsServers, are_written_in_any_form) {
    EXPECT_EQ(parse_server("192.0.2.1")->text(), "192.0.2.1:53");
    EXPECT_EQ(parse_server("192.0.2.1:5353")->text(), "192.0.2.1:5353");
    EXPECT_EQ(parse_server("2001:db8::1")->text(), "[2001:db8::1]:53");
    EXPECT_EQ(parse_server("[2001:db8::1]:5353")->text(), "[2001:db8::1]:5353");
    EXPECT_EQ(parse_server("ns.example.org:54")->text(), "ns.example.org:54");
    for (const char* wrong : {":53", "a b", "host:", "host:0", "host:65536", "host:x", "[::1",
                              "[::1]x", "[host]:53", "a@b", "http://h"}) {
        EXPECT_FALSE(parse_server(wrong).has_value()) << wrong;
    }
}

TEST(DnsOptions, are_checked) {
    const auto problem = [](const Options& options) { return testing::problem_of(kind, &options); };
    EXPECT_EQ(problem({.name = "example.org"}), "");
    EXPECT_EQ(problem({.name = "a..b"}), "name: is not a name that DNS can be asked for");
    EXPECT_EQ(problem({.name = "x", .server = "host:x"}),
              "server: has a port that is not between 1 and 65535");
    EXPECT_EQ(problem({.name = "x", .via = "system", .server = "h"}),
              "server is not asked with via: system");
    EXPECT_EQ(problem({.name = "x", .type = "MX", .via = "system"}),
              "via: system finds addresses only; type must be A or AAAA");
    EXPECT_EQ(problem({.name = "x", .exact = true}), "exact needs something to expect");
    EXPECT_EQ(problem({.name = "x", .expect = {"::1"}}), "expect: ::1 is not an IPv4 address");
    EXPECT_EQ(problem({.name = "x", .via = "system", .expect = {"::1", "127.0.0.1"}}), "");
}

TEST(DnsOptions, come_from_a_url) {
    const auto from = [](const char* url, Options& options) {
        const Verified good = kind.from_url(ObjectRef(options), url);
        return good ? std::string() : good.error();
    };
    Options options;
    EXPECT_EQ(from("dns://192.0.2.1:5353/www.example.org?type=aaaa", options), "");
    EXPECT_EQ(options.name, "www.example.org");
    EXPECT_EQ(options.server, "192.0.2.1:5353");
    EXPECT_EQ(options.type, "AAAA");
    options = {};
    EXPECT_EQ(from("dns:www.example.org", options), "");
    EXPECT_EQ(options.name, "www.example.org");
    EXPECT_EQ(options.server, "");
    EXPECT_EQ(options.type, std::nullopt);
    options = {};
    EXPECT_EQ(from("dns://[::1]/x", options), "");
    EXPECT_EQ(options.server, "[::1]:53");
    EXPECT_NE(from("dns://192.0.2.1/", options), "");
    EXPECT_NE(from("dns:x?type=ANY", options), "");
    EXPECT_NE(from("dns:x?class=IN", options), "");
}

// The machine's own resolvers are means, not the tested servers: see exchange.hpp.
class DnsOwnServers : public ::testing::Test {
  protected:
    // Asks these in turn; the outcome is ok with the first record as its detail.
    static Outcome ask_all(std::vector<net::Endpoint> servers,
                           std::chrono::milliseconds timeout = 1000ms) {
        const checks::Run run = [&](net::Context& context) {
            return ask_in_turn(context, servers);
        };
        Runner runner;
        Outcome outcome = runner.run(run, timeout);
        EXPECT_LE(runner.elapsed(), timeout + 100ms);
        return outcome;
    }
    static net::awaitable<Outcome> ask_in_turn(net::Context& context,
                                               std::vector<net::Endpoint> servers) {
        const wire::dns::Question question{"www.example.org", wire::dns::RecordType::a};
        const auto answer = co_await ask(context, question, servers, Servers::our_own);
        co_return ok(answer.records.empty() ? std::string(to_string(answer.code))
                                            : answer.records[0]);
    }
    static net::Endpoint at(const Server& server) { return *parse_server(server.address()); }
    static net::Endpoint nobody() {
        return *parse_server("127.0.0.1:" + std::to_string(testing::closed_port()));
    }
};

TEST_F(DnsOwnServers, silence_is_blindness) {
    const Server silent(silence());
    const Outcome outcome = ask_all({at(silent), nobody()}, 400ms);
    EXPECT_EQ(outcome.status, Status::unknown);
    EXPECT_EQ(outcome.error_class, ErrorClass::local);
    EXPECT_EQ(outcome.detail, "no name server answers");
    EXPECT_NE(outcome.error.find("no answer"), std::string::npos) << outcome.error;
    EXPECT_NE(outcome.error.find("connection refused"), std::string::npos) << outcome.error;
}

TEST_F(DnsOwnServers, the_next_is_asked_when_one_is_silent_fails_or_lies) {
    const Server healthy(always(good, {address("192.0.2.1")}));
    const Server silent(silence());
    const Server failing(always(0x8182, {}));
    const Server garbage([](const std::string& query) { return Texts{query}; });
    EXPECT_EQ(ask_all({at(silent), at(healthy)}).detail, "192.0.2.1");
    EXPECT_EQ(ask_all({at(failing), at(healthy)}).detail, "192.0.2.1");
    EXPECT_EQ(ask_all({at(garbage), nobody(), at(healthy)}).detail, "192.0.2.1");
    EXPECT_EQ(ask_all({nobody(), at(failing)}).detail, "SERVFAIL");
}

TEST_F(DnsOwnServers, a_name_that_does_not_exist_settles_the_matter) {
    const Server first(always(0x8183, {}));
    const Server second(always(good, {address("192.0.2.1")}));
    EXPECT_EQ(ask_all({at(first), at(second)}).detail, "NXDOMAIN");
    EXPECT_TRUE(second.queries().empty());
}

}  // namespace
}  // namespace vitals::checks::dns
