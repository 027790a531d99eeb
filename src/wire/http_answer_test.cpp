#include "wire/http_answer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vitals::wire {
namespace {

using namespace std::string_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

// The result for these bytes: "complete", "more", or the words of the failure.
std::string fed(HttpAnswer& answer, std::string_view bytes, std::size_t piece) {
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        const auto taken = answer.receive(bytes.substr(at, piece));
        if (!taken) return taken.error().detail;
        if (*taken) return "complete";
    }
    return "more";
}

std::string ended(HttpAnswer& answer) {
    const auto end = answer.end();
    return end ? "complete" : end.error().detail;
}

// Whole and byte by byte, which must not differ.
HttpAnswer read(std::string_view bytes, const std::string& expected, bool to_head = false,
                std::size_t max_body = 1000) {
    HttpAnswer whole(to_head, max_body);
    HttpAnswer slow(to_head, max_body);
    EXPECT_EQ(fed(whole, bytes, bytes.size() + 1), expected) << bytes;
    EXPECT_EQ(fed(slow, bytes, 1), expected) << bytes;
    if (expected == "complete" || expected == "more") {
        EXPECT_EQ(slow.status, whole.status);
        EXPECT_EQ(slow.headers, whole.headers);
        EXPECT_EQ(slow.body, whole.body);
        EXPECT_EQ(slow.trailers, whole.trailers);
    }
    return whole;
}

TEST(HttpAnswer, has_status_headers_and_a_counted_body) {
    const auto answer = read(
        "HTTP/1.1 203 Fine\r\nX-One: 1\r\nx-two:  2 \r\nX-None:\r\nContent-Length: 5\r\n\r\n"
        "hello and more",
        "complete");
    EXPECT_EQ(answer.status, 203);
    EXPECT_THAT(answer.headers, ElementsAre(Pair("X-One", "1"), Pair("x-two", "2"),
                                            Pair("X-None", ""), Pair("Content-Length", "5")));
    EXPECT_EQ(answer.body, "hello");
}

TEST(HttpAnswer, may_be_written_as_servers_write_it) {
    auto plain = read("HTTP/1.0 200\nA: b\n\nbody", "more");
    EXPECT_EQ(ended(plain), "complete");
    EXPECT_EQ(plain.body, "body");
    const auto folded = read("HTTP/1.1 204 x\r\nA: b\r\n  c\r\n\td \r\n\r\n", "complete");
    EXPECT_THAT(folded.headers, ElementsAre(Pair("A", "b c d")));
    EXPECT_EQ(read("HTTP/1.1  200 \r\nContent-Length: 0\r\n\r\n", "complete").body, "");
    const auto twice =
        read("HTTP/1.1 200 x\r\nContent-Length: 1\r\ncontent-length: 1\r\n\r\na", "complete");
    EXPECT_EQ(twice.body, "a");
}

TEST(HttpAnswer, without_length_ends_with_the_connection) {
    auto answer = read("HTTP/1.1 200 OK\r\n\r\n", "more");
    EXPECT_EQ(fed(answer, "until the end", 4), "more");
    EXPECT_EQ(ended(answer), "complete");
    EXPECT_EQ(answer.body, "until the end");
}

TEST(HttpAnswer, is_read_in_chunks) {
    const auto answer = read(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nContent-Length: 1\r\n\r\n"
        "3\r\nabc\r\n00A;x=y\r\n0123456789\r\n1 \nd\n0\r\nX-Sum: 7\r\n\r\n",
        "complete");
    EXPECT_EQ(answer.body, "abc0123456789d");
    EXPECT_THAT(answer.trailers, ElementsAre(Pair("X-Sum", "7")));
    for (const char* wrong : {"xyz\r\n", "\r\n", "-1\r\n", "3x\r\nabc", "3\r\nabcd\r\n", "0x3\r\n",
                              "10000000000000000\r\n"}) {
        read(std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n") + wrong,
             "malformed answer");
    }
}

TEST(HttpAnswer, some_have_no_body_whatever_they_say) {
    const std::string length = "Content-Length: 500\r\n\r\n";
    read("HTTP/1.1 200 OK\r\n" + length, "complete", true);
    read("HTTP/1.1 204 OK\r\n" + length, "complete");
    read("HTTP/1.1 304 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "complete");
    // Nobody asked for another protocol, but it is an answer, and the last one of HTTP.
    EXPECT_EQ(read("HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n\x01\x02", "complete").status, 101);
}

TEST(HttpAnswer, is_not_an_informational_one) {
    const auto answer = read(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n"
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "complete");
    EXPECT_EQ(answer.status, 200);
    EXPECT_THAT(answer.headers, ElementsAre(Pair("Content-Length", "0")));
    auto alone = read("HTTP/1.1 100 Continue\r\n\r\n", "more");
    EXPECT_EQ(ended(alone), "answer cut short");
    EXPECT_TRUE(alone.begun());
}

TEST(HttpAnswer, cut_short_is_none) {
    const std::string whole =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    for (std::size_t size = 0; size < whole.size(); ++size) {
        auto answer = read(whole.substr(0, size), "more");
        EXPECT_EQ(ended(answer), size == 0 ? "closed without an answer" : "answer cut short");
        EXPECT_EQ(answer.begun(), size >= 17) << size;
    }
    auto counted = read("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "more");
    EXPECT_EQ(ended(counted), "answer cut short");
}

TEST(HttpAnswer, what_is_not_http_is_seen_at_its_first_byte) {
    for (const char* bytes :
         {"x", "HTTq", "\r\n", "220 mail.example ESMTP\r\n", "\x15\x03\x01", "HTTP/2 200\r\n",
          "HTTP/1.2 200 OK\r\n", "HTTP/1.1 20 OK\r\n", "HTTP/1.1 2000 OK\r\n", "HTTP/1.1200 OK\r\n",
          "HTTP/1.1 099 OK\r\n", "HTTP/1.1 -200 OK\r\n", "HTTP/1.1\r\n", "HTTP/1.1 \r\n"}) {
        read(bytes, "not HTTP");
    }
    HttpAnswer answer(false, 10);
    const auto problem = answer.receive("SSH-2.0-OpenSSH\r\n");
    ASSERT_FALSE(problem);
    EXPECT_EQ(problem.error().error_class, ErrorClass::protocol);
    EXPECT_THAT(problem.error().error, HasSubstr("SSH-2.0-OpenSSH"));
}

TEST(HttpAnswer, what_cannot_be_framed_is_refused) {
    for (const std::string& line :
         {"no colon"s, ": no name"s, "A: b\0c"s, "Content-Length: -1"s, "Content-Length: 1x"s,
          "Content-Length:"s, "Content-Length: 99999999999999999999"s,
          "Content-Length: 1\r\nContent-Length: 2"s, "Transfer-Encoding: gzip, chunked"s}) {
        read("HTTP/1.1 200 OK\r\n" + line + "\r\n\r\n", "malformed answer");
    }
}

TEST(HttpAnswer, sizes_are_limited) {
    const std::string counted = "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n";
    EXPECT_THAT(read(counted, "answer larger than 10B", false, 10).body, IsEmpty());
    EXPECT_EQ(read(counted + "01234567890", "complete", false, 11).body.size(), 11u);
    read("HTTP/1.1 200 OK\r\n\r\n01234567890", "answer larger than 10B", false, 10);
    read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n5\r\n",
         "answer larger than 10B", false, 10);
    read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
         "answer larger than 10B", false, 10);
    std::string many = "HTTP/1.1 200 OK\r\n";
    while (many.size() < 300'000) many += "X-Filler: " + std::string(1000, 'x') + "\r\n";
    read(many, "header larger than 256KiB");
    std::string hints;
    while (hints.size() < 300'000) hints += "HTTP/1.1 103 x\r\nX: " + std::string(99, 'x') + "\n\n";
    read(hints, "header larger than 256KiB");
    read("HTTP/1.1 200 OK\r\nX-Long: " + std::string(300'000, 'x'), "header too large");
}

}  // namespace
}  // namespace vitals::wire
