#include "ldap.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <mutex>
#include <tuple>
#include <utility>
#include <vector>

#include "expect_failed.hpp"
#include "server_kinds.hpp"
#include "tls_peer.hpp"
#include "url_of.hpp"

namespace vitals::checks::ldap {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using namespace vitals::testing;

std::string value(char tag, const std::string& content) {
    return tag + std::string(1, static_cast<char>(content.size())) + content;
}

// An answer to the request of that number.
std::string message(int id, char operation, const std::string& body) {
    return value('\x30', "\x02\x01"s + static_cast<char>(id) + value(operation, body));
}

std::string result(int id, char operation, int code) {
    return message(id, operation,
                   "\x0a\x01"s + static_cast<char>(code) + "\x04\0"s + value('\x04', "theirs"));
}

std::string entry(int id) {
    return message(id, '\x64', value('\x04', "dc=x") + value('\x30', ""));
}

// What a server answers with, one answer for each request; an empty one is silence.
using Script = std::vector<std::string>;

class Ldap : public ::testing::Test {
  protected:
    Peer::Handler serve(Script script) {
        return [this, script = std::move(script)](int descriptor) {
            for (const std::string& answer : script) {
                if (!note(descriptor)) return;
                testing::send_all(descriptor, answer);
            }
            while (note(descriptor)) {
            }
        };
    }
    bool note(int descriptor) {
        std::string piece(1024, '\0');
        const auto count = ::recv(descriptor, piece.data(), piece.size(), 0);
        if (count <= 0) return false;
        const std::lock_guard lock(mutex_);
        said_.append(piece, 0, static_cast<std::size_t>(count));
        return true;
    }
    std::string said() {
        const std::lock_guard lock(mutex_);
        return std::exchange(said_, {});
    }
    Outcome run(Script script, std::chrono::milliseconds timeout = 2000ms) {
        const Peer peer(serve(std::move(script)));
        options_.url = "ldap://" + peer.address() + "/dc=x";
        options_.user = "cn=probe";
        options_.password = Secret("geheim");
        return testing::run_discreetly(kind, options_, timeout);
    }

    Options options_;
    std::mutex mutex_;
    std::string said_;
};

const std::string bound = result(1, '\x61', 0);
const std::string found = entry(2) + result(2, '\x65', 0);

TEST_F(Ldap, logs_in_looks_up_and_takes_leave) {
    const Outcome outcome = run({bound, found});
    EXPECT_EQ(outcome.status, Status::ok) << outcome.detail << outcome.error;
    EXPECT_EQ(outcome.detail, "lets this user in and answers");
    EXPECT_EQ(testing::phases(outcome), (std::vector<std::string>{"connect", "auth", "search"}));
    const std::string said = this->said();
    EXPECT_TRUE(said.contains("cn=probe\x80\x06geheim"));
    EXPECT_TRUE(said.ends_with("\x30\x05\x02\x01\x03\x42\0"s));
}

TEST_F(Ldap, refusals_are_told_apart) {
    const std::tuple<int, ErrorClass, std::string> refusals[] = {
        {49, ErrorClass::auth, "wrong user or password"},
        {13, ErrorClass::auth, "wants TLS before passwords"},
        {8, ErrorClass::auth, "wants a stronger way to log in, mostly TLS"},
        {51, ErrorClass::assertion, "busy"},
        {52, ErrorClass::assertion, "not available"},
        {80, ErrorClass::assertion, "answered with result 80"},
    };
    for (const auto& [code, error_class, detail] : refusals)
        expect_failed(run({result(1, '\x61', code)}), error_class, "auth", detail);
    const std::tuple<int, ErrorClass, std::string> of_search[] = {
        {32, ErrorClass::assertion, "the base does not exist, or is hidden from this user"},
        {50, ErrorClass::auth, "user may not search there"},
        {10, ErrorClass::assertion, "refers to another server"},
        {3, ErrorClass::timeout, "the server ran out of the time that it was given"},
    };
    for (const auto& [code, error_class, detail] : of_search)
        expect_failed(run({bound, result(2, '\x65', code)}), error_class, "search", detail);
    EXPECT_EQ(run({result(1, '\x61', 34)}).status, Status::unknown) << "ours to correct";
}

TEST_F(Ldap, success_without_an_entry_is_none) {
    expect_failed(run({bound, result(2, '\x65', 0)}), ErrorClass::assertion, "search",
                  "the entry is not shown to this user");
    expect_failed(run({bound, message(2, '\x73', value('\x04', "ldap://other/"))}),
                  ErrorClass::assertion, "search", "refers to another server");
}

// A notice of disconnection comes unasked.
TEST_F(Ldap, a_server_that_goes_says_why) {
    expect_failed(run({bound, result(0, '\x78', 52)}), ErrorClass::assertion, "search",
                  "not available");
}

TEST_F(Ldap, never_goes_on_without_tls_where_it_is_wanted) {
    options_.starttls = "required";
    expect_failed(run({result(1, '\x78', 2)}), ErrorClass::tls, "starttls", "TLS is not offered");
    EXPECT_FALSE(said().contains("geheim"));
    expect_failed(run({result(1, '\x78', 0) + bound}), ErrorClass::protocol, "tls",
                  "spoke before the handshake");
    EXPECT_FALSE(said().contains("geheim"));
}

TEST_F(Ldap, changes_to_tls) {
    const testing::Authority authority;
    const Peer peer([&](int descriptor) {
        if (!note(descriptor)) return;
        testing::send_all(descriptor, result(1, '\x78', 0));
        testing::serve_tls(descriptor, authority.issue(), [](testing::TlsStream& stream) {
            stream.read_until("geheim");
            stream.send_all(result(2, '\x61', 0));
            stream.read_until("1.1");
            stream.send_all(entry(3) + result(3, '\x65', 0));
            stream.read_until("\x42\0"s);
        });
    });
    options_.url = "ldap://127.0.0.1:" + std::to_string(peer.port()) + "/dc=x";
    options_.user = "cn=probe";
    options_.password = Secret("geheim");
    options_.starttls = "required";
    testing::expect_certificate_judged(kind, options_, authority);
}

TEST_F(Ldap, garbage_hangs_and_ends_fail) {
    expect_failed(run({"HTTP/1.1 400 Bad Request\r\n"}), ErrorClass::protocol, "auth",
                  "not a message of LDAP");
    expect_failed(run({result(9, '\x61', 0)}), ErrorClass::protocol, "auth",
                  "answers another request");
    expect_failed(run({found}), ErrorClass::protocol, "auth", "answers another request");
    expect_failed(run({result(1, '\x65', 0)}), ErrorClass::protocol, "auth", "unexpected answer");
    expect_failed(run({""}, 300ms), ErrorClass::timeout, "auth",
                  "accepts connections and does not answer (timeout in auth)");
    expect_failed(run({bound, ""}, 300ms), ErrorClass::timeout, "search",
                  "stopped answering (timeout in search)");
    Options options;
    const Peer resets(Peer::reset("\x30\x0c"));
    options.url = "ldap://" + resets.address();
    expect_failed(testing::run_in_time(kind, options), ErrorClass::protocol, "search",
                  "connection reset");
    testing::expect_refused(kind, "ldap://", options);
}

TEST_F(Ldap, keeps_no_descriptor) {
    const Peer hanging(Peer::hang());
    const Peer peer(serve({bound, found}));
    Options to_hanging;
    to_hanging.url = "ldap://" + hanging.address();
    options_.url = "ldap://" + peer.address() + "/dc=x";
    options_.user = "cn=probe";
    options_.password = Secret("geheim");
    testing::expect_nothing_left_open(kind, to_hanging, options_);
}

TEST_F(Ldap, an_empty_password_logs_nobody_in) {
    const Peer peer(serve({bound, found}));
    options_.url = "ldap://" + peer.address() + "/dc=x";
    options_.user = "cn=probe";
    options_.password = Secret("");
    expect_failed(testing::run_in_time(kind, options_), ErrorClass::auth, "auth",
                  "an empty password logs nobody in");
}

TEST(LdapOptions, are_checked) {
    const auto problem = [](const Options& options) { return problem_of(kind, &options); };
    EXPECT_EQ(problem({.url = "ldap://h"}), "");
    EXPECT_EQ(problem({.url = "ldaps://h/dc=example,dc=org"}), "");
    EXPECT_EQ(problem({.url = "ldap://h/example"}),
              "url: has a path that is no name (DN), such as dc=example,dc=org");
    EXPECT_EQ(problem({.url = "ldap://h/dc=x?cn?sub"}),
              "url: has a query; expected ldap://host:port/dc=example,dc=org");
    EXPECT_EQ(problem({.url = "ldap://h", .user = "cn=a"}),
              "a user without a password: servers take that for nobody");
    EXPECT_EQ(problem({.url = "ldap://h", .password = Secret("geheim")}),
              "a password without a user");
    EXPECT_EQ(problem({.url = "ldaps://h", .starttls = "required"}),
              "ldaps is TLS from the start: no starttls");
    EXPECT_EQ(testing::url_of<Options>(kind, "ldap://h/dc=x"), "ldap://h/dc=x");
}

}  // namespace
}  // namespace vitals::checks::ldap
