#include "wire/dbus.hpp"

#include <gtest/gtest.h>

namespace vitals::wire::dbus {
namespace {

using namespace std::string_literals;

// A message of that signature and body; what it answers is call 7.
std::string message(const std::string& signature, const std::string& body) {
    std::string fields = "\x05\x01u\0\x07\0\0\0"s;  // reply serial 7
    fields += "\x08\x01g\0"s + static_cast<char>(signature.size()) + signature + "\0"s;
    std::string whole = "l\x02\0\x01"s + static_cast<char>(body.size()) + "\0\0\0\x09\0\0\0"s +
                        static_cast<char>(fields.size()) + "\0\0\0"s + fields;
    whole.resize((whole.size() + 7) / 8 * 8);
    return whole + body;
}

std::vector<Value> body_of(const std::string& signature, const std::string& body) {
    std::string buffer = message(signature, body);
    const auto taken = take_message(buffer);
    EXPECT_TRUE(taken.has_value()) << taken.error();
    if (!taken || !*taken) return {};
    EXPECT_EQ((*taken)->reply_to, 7u);
    EXPECT_EQ((*taken)->serial, 9u);
    EXPECT_TRUE(buffer.empty());
    return (*taken)->body;
}

std::string problem_of(const std::string& signature, const std::string& body) {
    std::string buffer = message(signature, body);
    const auto taken = take_message(buffer);
    return taken ? "" : taken.error();
}

TEST(Dbus, a_call_is_written_as_the_specification_has_it) {
    Call call;
    call.destination = "a.b";
    call.path = "/c";
    call.interface = "d.e";
    call.member = "F";
    call.texts = {"x"};
    const std::string expected =
        "l\x01\x02\x01\x06\0\0\0\x03\0\0\0\x4d\0\0\0"s  // body 6, serial 3, fields 77
        "\x01\x01o\0\x02\0\0\0/c\0\0\0\0\0\0"s          // each field begins at a multiple of 8
        "\x02\x01s\0\x03\0\0\0d.e\0\0\0\0\0"s
        "\x03\x01s\0\x01\0\0\0F\0\0\0\0\0\0\0"s
        "\x06\x01s\0\x03\0\0\0"s
        "a.b\0\0\0\0\0"s
        "\x08\x01g\0\x01s\0\0"s
        "\x01\0\0\0x\0"s;
    EXPECT_EQ(call_message(call, 3).size(), expected.size());
    EXPECT_EQ(call_message(call, 3).substr(16), expected.substr(16));
}

TEST(Dbus, a_call_may_end_with_a_list) {
    Call call;
    call.path = "/c";
    call.interface = "d.e";
    call.member = "F";
    call.list = {"failed", "x"};
    const std::string written = call_message(call, 1);
    EXPECT_TRUE(written.ends_with("\x12\0\0\0\x06\0\0\0failed\0\0\x01\0\0\0x\0"s));
    EXPECT_TRUE(
        written.contains("\x08\x01g\0\x02"s
                         "as\0"s));
}

TEST(Dbus, values_of_every_type_are_read) {
    EXPECT_EQ(body_of("y", "\x05"s), std::vector<Value>{Value(std::uint64_t{5})});
    EXPECT_EQ(body_of("b", "\x01\0\0\0"s), std::vector<Value>{Value(true)});
    EXPECT_EQ(body_of("n", "\xfe\xff"s), std::vector<Value>{Value(std::int64_t{-2})});
    EXPECT_EQ(body_of("i", "\xfe\xff\xff\xff"s), std::vector<Value>{Value(std::int64_t{-2})});
    EXPECT_EQ(body_of("x", std::string(8, '\xff')), std::vector<Value>{Value(std::int64_t{-1})});
    EXPECT_EQ(body_of("t", std::string(8, '\xff')),
              std::vector<Value>{Value(std::uint64_t{UINT64_MAX})});
    EXPECT_EQ(body_of("d", "\0\0\0\0\0\0\xf8\x3f"s), std::vector<Value>{Value(1.5)});
    EXPECT_EQ(body_of("s", "\x02\0\0\0hi\0"s), std::vector<Value>{Value("hi"s)});
    EXPECT_EQ(body_of("g", "\x01s\0"s), std::vector<Value>{Value("s"s)});
    EXPECT_EQ(body_of("ay", "\x03\0\0\0abc"s), std::vector<Value>{Value("abc"s)});
    // Each value begins where its type wants it.
    EXPECT_EQ(body_of("yu", "\x01\0\0\0\x02\0\0\0"s),
              (std::vector<Value>{Value(std::uint64_t{1}), Value(std::uint64_t{2})}));
}

TEST(Dbus, a_dictionary_is_looked_up) {
    // {"A": "on", "B": uint64 9}
    const std::string entries =
        "\x01\0\0\0A\0\x01s\0\0\0\0\x02\0\0\0on\0\0\0\0\0\0"s
        "\x01\0\0\0B\0\x01t\0\0\0\0\0\0\0\0\x09\0\0\0\0\0\0\0"s;
    const auto body = body_of(
        "a{sv}", std::string(1, static_cast<char>(entries.size())) + "\0\0\0\0\0\0\0"s + entries);
    ASSERT_EQ(body.size(), 1u);
    ASSERT_NE(body[0].at("A"), nullptr);
    EXPECT_EQ(*body[0].at("A")->text(), "on");
    ASSERT_NE(body[0].at("B"), nullptr);
    EXPECT_EQ(body[0].at("B")->number(), 9u);
    EXPECT_EQ(body[0].at("C"), nullptr);
    EXPECT_EQ(Value("text"s).at("C"), nullptr);
}

TEST(Dbus, the_other_byte_order_is_read) {
    std::string buffer =
        "B\x04\0\x01\0\0\0\x07\0\0\0\x05\0\0\0\x07\x08\x01g\0\x01s\0\0\0\0\0\x02hi\0"s;
    const auto taken = take_message(buffer);
    ASSERT_TRUE(taken && *taken) << (taken ? "incomplete" : taken.error());
    EXPECT_EQ((*taken)->type, Message::Type::signal);
    EXPECT_EQ((*taken)->body, std::vector<Value>{Value("hi"s)});
}

TEST(Dbus, what_is_no_message_is_refused) {
    EXPECT_EQ(problem_of("s", "\xff\0\0\0hi\0"s), "ends too early");
    EXPECT_EQ(problem_of("s", "\x02\0\0\0hix"s), "holds a text without an end");
    EXPECT_EQ(problem_of("(", ""), "has a signature that is none");
    EXPECT_EQ(problem_of("()", ""), "has a signature that is none");
    EXPECT_EQ(problem_of("v", "\x02ss\0"s), "has a signature that is none");
    EXPECT_EQ(problem_of("au", "\x03\0\0\0\x01\0\0\0"s), "holds an array that ends elsewhere");
    EXPECT_EQ(problem_of(std::string(64, 'a') + "y", ""), "has a signature that is none");
    std::string nested;  // variants within variants
    for (int i = 0; i < 60; ++i) nested += "\x01v\0"s;
    EXPECT_EQ(problem_of("v", nested), "is nested too deeply");
    std::string http = "HTTP/1.1 400 Bad Request\r\n";
    EXPECT_EQ(take_message(http).error(), "is no message of D-Bus");
    std::string large = "l\x02\0\x01\xff\xff\xff\x7f\x09\0\0\0\0\0\0\0"s;
    EXPECT_EQ(take_message(large).error(), "is too long");
    std::string version = "l\x02\0\x02\0\0\0\0\x09\0\0\0\0\0\0\0"s;
    EXPECT_EQ(take_message(version).error(), "is of another version of D-Bus");
}

TEST(Dbus, a_message_that_is_not_complete_is_waited_for) {
    const std::string whole = message("s", "\x02\0\0\0hi\0"s);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        std::string part = whole.substr(0, size);
        const auto taken = take_message(part);
        ASSERT_TRUE(taken.has_value()) << size;
        EXPECT_FALSE(taken->has_value()) << size;
        EXPECT_EQ(part.size(), size);
    }
    std::string two = whole + whole;
    EXPECT_TRUE(take_message(two)->has_value());
    EXPECT_EQ(two, whole);
}

TEST(Dbus, a_client_logs_in_as_its_user) {
    Client client(1000);
    EXPECT_EQ(client.take_output(), "\0AUTH EXTERNAL 31303030\r\nBEGIN\r\n"s);
    EXPECT_FALSE(client.next()->has_value());
    client.receive("OK 1234");
    EXPECT_FALSE(client.next()->has_value());
    client.receive("\r\n");
    const auto event = client.next();
    ASSERT_TRUE(event && *event);
    EXPECT_TRUE((*event)->logged_in);
    EXPECT_EQ(client.call({.path = "/"}), 1u);
    EXPECT_EQ(client.call({.path = "/"}), 2u);
}

TEST(Dbus, a_client_that_is_not_let_in_says_so) {
    Client refused(1000);
    refused.receive("REJECTED EXTERNAL\r\n");
    EXPECT_EQ(refused.next().error().error_class, ErrorClass::auth);
    Client http(1000);
    http.receive("HTTP/1.1 400 Bad Request\r\n");
    EXPECT_EQ(http.next().error().detail, "not an answer of D-Bus");
    Client endless(1000);
    endless.receive("OK " + std::string(1000, '1'));
    EXPECT_EQ(endless.next().error().error_class, ErrorClass::protocol);
}

TEST(Dbus, a_name_becomes_part_of_a_path) {
    EXPECT_EQ(path_element("good.service"), "good_2eservice");
    EXPECT_EQ(path_element("foo@1.service"), "foo_401_2eservice");
    EXPECT_EQ(path_element("9p.mount"), "_39p_2emount");
    EXPECT_EQ(path_element("srv-a\\x2db.mount"), "srv_2da_5cx2db_2emount");
    EXPECT_EQ(path_element(""), "_");
}

}  // namespace
}  // namespace vitals::wire::dbus
