#include "wire/mysql.hpp"

#include <gtest/gtest.h>

namespace vitals::wire::mysql {
namespace {

using namespace std::string_literals;

const std::string nul(1, '\0');

// Of MariaDB 10.11.19, with another salt.
const std::string greeting =
    "\x0a"
    "5.5.5-10.11.19-MariaDB-0+deb12u1\0\x03\0\0\0abcdefgh\0\xfe\xff\x2d\x02\0\xff\x81\x15"s
    "\0\0\0\0\0\0\x1d\0\0\0ijklmnopqrst\0mysql_native_password\0"s;

TEST(Mysql, packets_are_taken_once_complete_wherever_they_are_split) {
    const std::string whole = "\x03\0\0\x07"s + "abc";
    for (std::size_t split = 0; split < whole.size(); ++split) {
        std::string buffer = whole.substr(0, split);
        const auto early = take_packet(buffer);
        ASSERT_TRUE(early && !*early) << split;
        buffer += whole.substr(split) + "next";
        const auto taken = take_packet(buffer);
        ASSERT_TRUE(taken && *taken) << split;
        EXPECT_EQ((*taken)->sequence, 7);
        EXPECT_EQ((*taken)->payload, "abc");
        EXPECT_EQ(buffer, "next");
    }
    EXPECT_EQ(packet(7, "abc"), whole);
}

TEST(Mysql, packets_that_no_check_asks_for_are_refused_at_once) {
    std::string http = "HTTP/1.1 400 Bad Request\r\n";
    EXPECT_EQ(take_packet(http).error(), "not MySQL, or a packet that is too long");
    std::string empty = "\0\0\0\0"s;
    EXPECT_EQ(take_packet(empty).error(), "an empty packet");
    std::string longest = "\0\0\x01\0"s + std::string(longest_packet, 'x');
    const auto taken = take_packet(longest);
    ASSERT_TRUE(taken && *taken);
    EXPECT_EQ((*taken)->payload.size(), longest_packet);
}

TEST(Mysql, a_greeting_tells_version_salt_and_abilities) {
    const auto read = read_greeting(greeting);
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(read->version, "10.11.19-MariaDB-0+deb12u1");
    EXPECT_TRUE(read->is_mariadb());
    EXPECT_EQ(read->salt, "abcdefghijklmnopqrst");
    EXPECT_EQ(read->plugin, "mysql_native_password");
    EXPECT_EQ(read->capabilities, 0x81fffffe);
    const std::string of_mysql =
        "\x0a"
        "8.0.36\0\x01\0\0\0abcdefgh\0\xff\xff\xff\x02\0\xff\xdf\x15"s +
        std::string(10, '\0') + "ijklmnopqrst\0caching_sha2_password"s;
    const auto other = read_greeting(of_mysql);
    ASSERT_TRUE(other) << other.error();
    EXPECT_FALSE(other->is_mariadb());
    EXPECT_EQ(other->plugin, "caching_sha2_password");
}

TEST(Mysql, what_is_no_greeting_is_refused) {
    for (std::size_t size = 0; size < greeting.size() - nul.size() - 21; ++size)
        if (size < 70) EXPECT_FALSE(read_greeting(greeting.substr(0, size))) << size;
    std::string old = greeting;
    old[0] = '\x09';
    EXPECT_FALSE(read_greeting(old));
}

TEST(Mysql, errors_come_with_and_without_a_state) {
    const auto refused = read_error("\xff\x15\x04#28000Access denied");
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->code, 1045);
    EXPECT_EQ(refused->state, "28000");
    EXPECT_EQ(refused->text, "Access denied");
    const auto full = read_error("\xff\x10\x04Too many connections");
    ASSERT_TRUE(full);
    EXPECT_EQ(full->code, 1040);
    EXPECT_EQ(full->state, "");
    EXPECT_EQ(full->text, "Too many connections");
    EXPECT_TRUE(read_error("\xff"));
    EXPECT_FALSE(read_error("\xfe"));
    EXPECT_FALSE(read_error(""));
}

TEST(Mysql, a_switch_of_the_proof_names_the_plugin) {
    const auto asked = read_auth_switch(
        "\xfe"
        "client_ed25519\0salt\0"s);
    ASSERT_TRUE(asked);
    EXPECT_EQ(asked->plugin, "client_ed25519");
    EXPECT_EQ(asked->data, "salt\0"s);
    EXPECT_EQ(read_auth_switch("\xfe")->plugin, "");
    EXPECT_FALSE(read_auth_switch("\0"s));
}

TEST(Mysql, requests_are_as_the_server_reads_them) {
    EXPECT_EQ(tls_request(0x88a01), "\x01\x8a\x08\0\0\0\0\x01\x2d"s + std::string(23, '\0'));
    const Login login{protocol_41 | plugin_auth | connect_with_database, "app", "proof", "shop",
                      "mysql_native_password"};
    EXPECT_EQ(log_in(login), "\x08\x02\x08\0\0\0\0\x01\x2d"s + std::string(23, '\0') +
                                 "app\0\x05proofshop\0mysql_native_password\0"s);
    EXPECT_EQ(log_in({protocol_41, "app", "", "", ""}),
              "\0\x02\0\0\0\0\0\x01\x2d"s + std::string(23, '\0') + "app\0\0"s);
    EXPECT_EQ(query("SELECT 1"), "\x03SELECT 1");
}

// A column as MariaDB describes it, shortened.
std::string column(const std::string& name) {
    return "\x03"
           "def\0\0\0"s +
           static_cast<char>(name.size()) + name + "\0\x0c\x3f\0\x01\0\0\0"s;
}

const std::string end = "\xfe\0\0\x02\0"s;

std::string fault_of(const std::vector<std::string>& payloads) {
    Result result;
    for (const std::string& payload : payloads) {
        const auto taken = result.take(payload);
        if (!taken) return taken.error();
        if (*taken && &payload != &payloads.back()) return "over early";
    }
    return "";
}

TEST(Mysql, an_answer_is_columns_and_rows) {
    Result result;
    EXPECT_FALSE(*result.take("\x02"));
    EXPECT_FALSE(*result.take(column("a")));
    EXPECT_FALSE(*result.take(column("b")));
    EXPECT_FALSE(*result.take(end));
    EXPECT_FALSE(
        *result.take("\x01"
                     "1\xfb"));
    EXPECT_FALSE(*result.take("\0\xfc\x03\0xyz"s));
    EXPECT_TRUE(*result.take(end));
    EXPECT_EQ(result.columns(), (std::vector<std::string>{"a", "b"}));
    ASSERT_EQ(result.rows().size(), 2);
    EXPECT_EQ(result.rows()[0], (Result::Row{"1", std::nullopt}));
    EXPECT_EQ(result.rows()[1], (Result::Row{"", "xyz"}));
    EXPECT_FALSE(result.error());
    EXPECT_FALSE(result.take(end));
    Result done;
    EXPECT_TRUE(*done.take("\0\0\0\x02\0\0\0"s));
}

TEST(Mysql, an_error_may_come_in_the_place_of_rows) {
    Result result;
    EXPECT_FALSE(*result.take("\x01"));
    EXPECT_FALSE(*result.take(column("a")));
    EXPECT_FALSE(*result.take(end));
    EXPECT_TRUE(*result.take("\xff\xb1\x07#70100interrupted"));
    ASSERT_TRUE(result.error());
    EXPECT_EQ(result.error()->code, 1969);
}

TEST(Mysql, what_is_no_answer_is_refused) {
    EXPECT_EQ(fault_of({"\xfb/etc/passwd"}), "asks for a file of this machine");
    EXPECT_EQ(fault_of({"\xfe"}), "not an answer to a statement");
    EXPECT_EQ(fault_of({"\xfc\xff\xff"}), "not an answer to a statement");
    EXPECT_EQ(fault_of({"\x01", "\x30"}), "not a description of a column");
    EXPECT_EQ(fault_of({"\x01", column("a"), column("b")}), "columns that do not end");
    EXPECT_EQ(fault_of({"\x01", column("a"), end, "\x30"}), "not a row");
    EXPECT_EQ(fault_of({"\x01", column("a"), end,
                        "\x01"
                        "1more"}),
              "not a row");
    std::vector<std::string> endless{"\x01", column("a"), end};
    endless.resize(endless.size() + 20, "\xfd\xfc\xff\0"s + std::string(65532, 'x'));
    EXPECT_EQ(fault_of(endless), "an answer that is too long");
}

}  // namespace
}  // namespace vitals::wire::mysql
