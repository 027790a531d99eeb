// Listening: addresses, unix sockets, TLS and its certificates.
#include <sys/stat.h>

#include <openssl/err.h>
#include <csignal>

#include "certificates.hpp"
#include "server/server_testing.hpp"
#include "server/tls.hpp"

namespace vitals::server::testing {
namespace {

const std::string get_probe = "GET /probe HTTP/1.1\r\nHost: h\r\n\r\n";

class ListeningTest : public ::testing::Test {
  protected:
    void start() {
        site.clock.run();
        site.publish({{"db", Status::ok}});
        site.start();
    }
    std::string problem() {
        try {
            start();
        } catch (const std::exception& error) {
            return error.what();
        }
        return "none";
    }
    Directory directory;
    Site site;
};

TEST_F(ListeningTest, an_address_in_use_is_named) {
    start();
    Site second;
    second.listeners = {Site::tcp()};
    second.listeners[0].port = site.port();
    second.listeners[0].text = "127.0.0.1:" + std::to_string(site.port());
    std::string text;
    try {
        second.start();
    } catch (const std::exception& error) {
        text = error.what();
    }
    EXPECT_EQ(text, "listener " + second.listeners[0].text + ": 127.0.0.1 port " +
                        std::to_string(site.port()) +
                        " cannot be listened on: Address already in use; another process listens "
                        "there: stop it or choose another");
}

TEST_F(ListeningTest, an_address_of_another_machine_is_named) {
    site.listeners = {Site::tcp()};
    site.listeners[0].host = "192.0.2.1";
    EXPECT_NE(problem().find("no interface of this machine has this address"), std::string::npos);
    site.listeners[0].host = "no-such-name.invalid";
    EXPECT_NE(problem().find("the host no-such-name.invalid has no address"), std::string::npos);
}

TEST_F(ListeningTest, every_address_includes_ipv4) {
    site.listeners = {Site::tcp()};
    site.listeners[0].host = "[::]";
    if (problem().find("cannot be listened on") != std::string::npos) GTEST_SKIP() << "no IPv6";
    // An IPv4-mapped loopback address is one.
    EXPECT_EQ(site.ask("POST /probe HTTP/1.1\r\nHost: localhost\r\n\r\n").status, 200);
}

TEST_F(ListeningTest, a_unix_socket_is_served_and_removed) {
    std::string path = directory / "s";
    site.listeners.emplace_back();
    site.listeners[0].unix_path = path;
    site.listeners[0].control = true;
    start();
    struct stat status{};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0660u);
    Client client(path);
    EXPECT_EQ(client.ask(get_probe).body, "db ok\n");
    EXPECT_EQ(client.ask("GET /v1/drain HTTP/1.1\r\nHost: any\r\n\r\n").status, 200);
    EXPECT_EQ(client.ask("POST /probe HTTP/1.1\r\nHost: any\r\n\r\n").status, 200);
    EXPECT_EQ(site.deciders, std::vector<std::string>{"uid " + std::to_string(::getuid())});
    EXPECT_EQ(site.port(), 0);
    site.server.reset();
    EXPECT_NE(::stat(path.c_str(), &status), 0);
}

TEST_F(ListeningTest, a_unix_socket_of_a_dead_process_is_replaced_and_of_a_living_not) {
    std::string path = directory / "s";
    int left = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(left, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ::close(left);
    site.listeners.emplace_back();
    site.listeners[0].unix_path = path;
    site.listeners[0].text = "unix:" + path;
    start();
    EXPECT_EQ(Client(path).ask(get_probe).status, 200);
    Site second;
    second.listeners = site.listeners;
    std::string text;
    try {
        second.start();
    } catch (const std::exception& error) {
        text = error.what();
    }
    EXPECT_NE(text.find("another process listens there"), std::string::npos) << text;
    EXPECT_EQ(Client(path).ask(get_probe).status, 200);
}

TEST_F(ListeningTest, a_file_that_is_no_socket_is_left_alone) {
    std::string path = directory / "precious";
    std::ofstream(path) << "data";
    site.listeners.emplace_back();
    site.listeners[0].unix_path = path;
    EXPECT_NE(problem().find("there is a file of that name which is no socket"), std::string::npos);
    EXPECT_TRUE(std::filesystem::is_regular_file(path));
    site.listeners[0].unix_path = "/" + std::string(200, 'x');
    EXPECT_NE(problem().find("the path is longer than"), std::string::npos);
}

TEST_F(ListeningTest, the_socket_of_another_server_is_not_removed_at_the_end) {
    std::string path = directory / "s";
    site.listeners.emplace_back();
    site.listeners[0].unix_path = path;
    start();
    ::unlink(path.c_str());
    Site successor;
    successor.listeners = site.listeners;
    successor.publish({{"db", Status::failed}});
    successor.start();
    site.server.reset();
    EXPECT_EQ(Client(path).ask(get_probe).body, "db failed\n");
}

// ---- TLS ---------------------------------------------------------------------------------------

using vitals::testing::CertificateWish;
using vitals::testing::Identity;
using vitals::testing::make_certificate;

// Written beside and renamed, as careful tools do.
void write_file(const std::string& path, const std::string& text) {
    std::ofstream(path + ".new") << text;
    std::filesystem::rename(path + ".new", path);
}

class TlsClient {
  public:
    TlsClient(std::uint16_t port, const Identity* show = nullptr, int newest = TLS1_3_VERSION)
        : client_(port), context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
        SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
        SSL_CTX_set_max_proto_version(context_.get(), newest);
        SSL_CTX_set_security_level(context_.get(), 0);
        if (show != nullptr) {
            Directory files;
            write_file(files / "crt", show->certificate);
            write_file(files / "key", show->key);
            SSL_CTX_use_certificate_chain_file(context_.get(), (files / "crt").c_str());
            SSL_CTX_use_PrivateKey_file(context_.get(), (files / "key").c_str(), SSL_FILETYPE_PEM);
        }
        ssl_.reset(SSL_new(context_.get()));
        SSL_set_fd(ssl_.get(), client_.descriptor());
        timeval limit{5, 0};
        ::setsockopt(client_.descriptor(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        connected_ = SSL_connect(ssl_.get()) == 1;
    }
    bool connected() const { return connected_; }
    int reason() const { return reason_; }  // what OpenSSL says of the failed read
    std::string peer() const {
        std::unique_ptr<X509, void (*)(X509*)> x509(SSL_get1_peer_certificate(ssl_.get()),
                                                    X509_free);
        char name[100] = "";
        if (x509 != nullptr)
            X509_NAME_get_text_by_NID(X509_get_subject_name(x509.get()), NID_commonName, name,
                                      sizeof name);
        return name;
    }
    bool send(std::string_view bytes) {
        return SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) ==
               static_cast<int>(bytes.size());
    }
    Got receive(bool head_only = false) {
        for (;;) {
            std::string before = bytes_;
            Got got = take_answer(bytes_, head_only);
            if (got.whole) return got;
            bytes_ = before;
            char buffer[65536];
            int count = SSL_read(ssl_.get(), buffer, sizeof buffer);
            if (count <= 0) {
                reason_ = ERR_GET_REASON(ERR_peek_last_error());
                ERR_clear_error();
                return got;
            }
            bytes_.append(buffer, static_cast<std::size_t>(count));
        }
    }
    Got ask(std::string_view bytes) {
        send(bytes);
        return receive();
    }
    Client& below() { return client_; }

  private:
    Client client_;
    std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
    std::unique_ptr<SSL, void (*)(SSL*)> ssl_{nullptr, SSL_free};
    bool connected_ = false;
    int reason_ = 0;
    std::string bytes_;
};

class TlsTest : public ListeningTest {
  protected:
    void SetUp() override {
        // What the client's side writes to a closed socket is no concern here.
        std::signal(SIGPIPE, SIG_IGN);
        write_file(directory / "crt", first.certificate);
        write_file(directory / "key", first.key);
        write_file(directory / "ca", authority.certificate);
        site.listeners = {Site::tcp()};
        site.listeners[0].tls = Listener::Tls{directory / "crt", directory / "key", ""};
    }
    bool logged(std::string_view part) const {
        for (const std::string& line : site.log())
            if (line.find(part) != std::string::npos) return true;
        return false;
    }
    void wait_for_log(std::string_view part) const {
        for (int i = 0; i < 1000 && !logged(part); ++i) std::this_thread::sleep_for(10ms);
        EXPECT_TRUE(logged(part)) << part;
    }
    Identity first = make_certificate({.subject = "first"});
    Identity second = make_certificate({.subject = "second"});
    Identity authority = make_certificate({.subject = "authority", .authority = true});
    Identity friendly = make_certificate({.subject = "friendly"}, authority);
    Identity stranger = make_certificate({.subject = "stranger"});
};

TEST_F(TlsTest, serves_over_tls) {
    start();
    TlsClient client(site.port());
    ASSERT_TRUE(client.connected());
    EXPECT_EQ(client.peer(), "first");
    for (int i = 0; i < 5; ++i) EXPECT_EQ(client.ask(get_probe).body, "db ok\n");
    client.send(get_probe + get_probe + get_probe);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(client.receive().body, "db ok\n");
    EXPECT_EQ(client.ask("GET /probe/big HTTP/1.1\r\nHost: h\r\n\r\n").body.size(), (8u << 20) + 6);
    EXPECT_EQ(client.ask("nonsense\n").status, 400);
}

TEST_F(TlsTest, old_versions_plain_text_and_garbage_are_refused) {
    start();
    EXPECT_FALSE(TlsClient(site.port(), nullptr, TLS1_1_VERSION).connected());
    EXPECT_TRUE(TlsClient(site.port(), nullptr, TLS1_2_VERSION).connected());
    Client garbage = site.client();
    garbage.send("\x01\x02\x03\x04\x05\x06\x07\x08");
    EXPECT_EQ(garbage.receive().status, 0);
    EXPECT_TRUE(TlsClient(site.port()).connected());
    EXPECT_TRUE(site.log().empty());
}

TEST_F(TlsTest, plain_http_is_answered_with_a_hint_at_tls) {
    start();
    for (std::string request : {get_probe, std::string("OPTIONS / HTTP/1.0\r\n\r\n"),
                                "PUT /probe HTTP/1.1\r\nHost: h\r\nContent-Length: 60000\r\n\r\n" +
                                    std::string(60'000, 'x')}) {
        Client plain = site.client();
        plain.send(request);
        Got got = plain.receive();
        EXPECT_EQ(got.status, 400) << request;
        EXPECT_EQ(got.body, "400 Bad Request: this port speaks TLS; ask with https://\n");
        EXPECT_EQ(got.fields["connection"], "close");
        EXPECT_TRUE(plain.ended());
    }
}

TEST_F(TlsTest, every_suite_has_forward_secrecy_and_no_session_is_remembered) {
    TlsContext context(*site.listeners[0].tls);
    STACK_OF(SSL_CIPHER)* suites = SSL_CTX_get_ciphers(context.current().get());
    ASSERT_GT(sk_SSL_CIPHER_num(suites), 5);
    for (int i = 0; i < sk_SSL_CIPHER_num(suites); ++i) {
        const SSL_CIPHER* suite = sk_SSL_CIPHER_value(suites, i);
        int exchange = SSL_CIPHER_get_kx_nid(suite);  // "any" stands for those of TLS 1.3
        EXPECT_TRUE(exchange == NID_kx_ecdhe || exchange == NID_kx_any)
            << SSL_CIPHER_get_name(suite);
        EXPECT_NE(SSL_CIPHER_get_cipher_nid(suite), NID_undef) << SSL_CIPHER_get_name(suite);
    }
    EXPECT_EQ(SSL_CTX_get_session_cache_mode(context.current().get()), SSL_SESS_CACHE_OFF);
}

TEST_F(TlsTest, a_slow_handshake_is_closed_and_nobody_else_waits) {
    site.limits.head_time = 1s;
    start();
    Client silent = site.client();
    EXPECT_TRUE(TlsClient(site.port()).connected());
    EXPECT_TRUE(silent.ended(5s));
}

TEST_F(TlsTest, resets_during_an_answer_are_quiet) {
    start();
    for (int i = 0; i < 20; ++i) {
        TlsClient client(site.port());
        client.send("GET /probe/big HTTP/1.1\r\nHost: h\r\n\r\n");
        client.below().reset();
    }
    EXPECT_EQ(TlsClient(site.port()).ask(get_probe).status, 200);
    EXPECT_TRUE(site.log().empty());
}

TEST_F(TlsTest, mutual_tls_asks_for_a_certificate_of_the_authority) {
    site.listeners[0].tls->client_ca = directory / "ca";
    start();
    TlsClient good(site.port(), &friendly);
    EXPECT_EQ(good.ask(get_probe).body, "db ok\n");
    // With TLS 1.3 the client learns of its refusal only when it reads: the alert must be there,
    // not a reset, however much was sent meanwhile.
    const Identity* const nothing = nullptr;
    for (const Identity* shown : {nothing, static_cast<const Identity*>(&stranger)}) {
        for (int i = 0; i < 20; ++i) {
            TlsClient refused(site.port(), shown);
            refused.send(get_probe + std::string(4000, 'x'));
            std::this_thread::sleep_for(2ms);
            EXPECT_EQ(refused.receive().status, 0);
            EXPECT_EQ(refused.reason(), shown == nullptr ? SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED
                                                         : SSL_R_TLSV1_ALERT_UNKNOWN_CA);
        }
    }
}

TEST_F(TlsTest, a_new_certificate_is_taken_up_and_a_bad_one_is_not) {
    site.limits.certificates_time = 20ms;
    start();
    TlsClient before(site.port());
    write_file(directory / "crt", second.certificate);  // the key does not belong to it yet
    wait_for_log("does not belong");
    EXPECT_EQ(TlsClient(site.port()).peer(), "first");
    write_file(directory / "key", second.key);
    wait_for_log("was read again");
    EXPECT_EQ(TlsClient(site.port()).peer(), "second");
    EXPECT_EQ(before.ask(get_probe).status, 200);
    std::ofstream(directory / "crt") << "garbage";
    wait_for_log("is not a PEM chain");
    EXPECT_EQ(TlsClient(site.port()).peer(), "second");
    EXPECT_TRUE(logged("the one read before stays in use"));
}

TEST_F(TlsTest, files_that_cannot_be_used_are_named_at_the_start) {
    site.listeners[0].text = "127.0.0.1:0";
    site.listeners[0].tls->key = directory / "nothing";
    EXPECT_EQ(problem(), "listener 127.0.0.1:0: the key " + (directory / "nothing") +
                             " cannot be read: No such file or directory");
    write_file(directory / "other", second.key);
    site.listeners[0].tls->key = directory / "other";
    EXPECT_EQ(problem(), "listener 127.0.0.1:0: the key " + (directory / "other") +
                             " does not belong to the certificate " + (directory / "crt"));
    site.listeners[0].tls->key = directory / "key";
    std::ofstream(directory / "empty") << "";
    site.listeners[0].tls->client_ca = directory / "empty";
    EXPECT_NE(problem().find("holds no PEM certificate"), std::string::npos) << problem();
}

}  // namespace
}  // namespace vitals::server::testing
