// What is understood of a request's bytes, and what is refused because two readers could understand
// it differently.
#include "http/request.hpp"

#include <gtest/gtest.h>

#include "http/body.hpp"

namespace vitals::http {
namespace {

using namespace std::string_view_literals;

struct Refused {
    std::string_view name, bytes;
    int status = 400;
};

class RefusedHead : public ::testing::TestWithParam<Refused> {};

TEST_P(RefusedHead, gets_its_code_and_its_reason) {
    auto head = parse_head(GetParam().bytes);
    ASSERT_FALSE(head) << GetParam().bytes;
    EXPECT_EQ(head.error().status, GetParam().status);
    EXPECT_FALSE(head.error().why.empty());
}

const Refused refused_heads[] = {
    {"no_host", "GET / HTTP/1.1\r\n\r\n"},
    {"two_hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"},
    {"two_equal_hosts", "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n"},
    {"two_hosts_1_0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"},
    {"host_with_path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
    {"host_with_user", "GET / HTTP/1.1\r\nHost: u@h\r\n\r\n"},
    {"host_with_space", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"},
    {"host_list", "GET / HTTP/1.1\r\nHost: a, b:80, c\r\n\r\n"},
    {"host_bad_port", "GET / HTTP/1.1\r\nHost: a:8x\r\n\r\n"},
    {"host_open_bracket", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"},
    {"host_after_bracket", "GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n"},
    {"two_lengths", "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"},
    {"two_equal_lengths",
     "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n"},
    {"length_list", "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 5, 5\r\n\r\n"},
    {"length_plus", "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: +5\r\n\r\n"},
    {"length_minus", "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: -5\r\n\r\n"},
    {"length_hex", "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x5\r\n\r\n"},
    {"length_empty", "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: \r\n\r\n"},
    {"length_words", "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 5 5\r\n\r\n"},
    {"length_huge", "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999999\r\n\r\n"},
    {"length_and_chunked",
     "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"},
    {"chunked_and_length",
     "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"},
    {"gzip", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n"},
    {"gzip_chunked", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"},
    {"chunked_gzip", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, gzip\r\n\r\n"},
    {"chunked_chunked",
     "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, chunked\r\n\r\n"},
    {"identity", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: identity\r\n\r\n"},
    {"xchunked", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n"},
    {"chunked_vt",
     "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \x0b"
     "chunked\r\n\r\n"},
    {"chunked_quoted", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \"chunked\"\r\n\r\n"},
    {"empty_encoding", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \r\n\r\n"},
    {"two_encodings",
     "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
     "identity\r\n\r\n"},
    {"two_encodings_other_first",
     "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n\r\n"},
    {"encoding_in_1_0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"},
    {"fold", "GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n"},
    {"fold_tab", "GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n\tb\r\n\r\n"},
    {"fold_encoding", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding:\r\n chunked\r\n\r\n"},
    {"fold_first", "GET / HTTP/1.1\r\n Host: h\r\n\r\n"},
    {"bare_lf_line", "GET / HTTP/1.1\nHost: h\r\n\r\n"},
    {"bare_lf_field", "GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n"},
    {"bare_cr_in_value", "GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n"},
    {"cr_cr_lf", "GET / HTTP/1.1\r\nHost: h\r\r\n\r\n"},
    {"nul_in_value", "GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n"sv},
    {"nul_in_target", "GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n"sv},
    {"delete_in_value", "GET / HTTP/1.1\r\nHost: h\r\nX: a\x7f\r\n\r\n"},
    {"space_before_colon", "GET / HTTP/1.1\r\nHost : h\r\n\r\n"},
    {"space_before_colon_length", "GET / HTTP/1.1\r\nHost: h\r\nContent-Length : 5\r\n\r\n"},
    {"space_in_name", "GET / HTTP/1.1\r\nHost: h\r\nTransfer Encoding: chunked\r\n\r\n"},
    {"empty_name", "GET / HTTP/1.1\r\nHost: h\r\n: x\r\n\r\n"},
    {"no_colon", "GET / HTTP/1.1\r\nHost: h\r\nnonsense\r\n\r\n"},
    {"two_spaces", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n"},
    {"three_words", "GET / x HTTP/1.1\r\nHost: h\r\n\r\n"},
    {"no_version", "GET /\r\nHost: h\r\n\r\n"},
    {"bad_version", "GET / HTTP/x.1\r\nHost: h\r\n\r\n"},
    {"lower_version", "GET / http/1.1\r\nHost: h\r\n\r\n"},
    {"version_0_9", "GET / HTTP/0.9\r\nHost: h\r\n\r\n", 505},
    {"version_2", "PRI * HTTP/2.0\r\n\r\n", 505},
    {"bad_method", "G@T / HTTP/1.1\r\nHost: h\r\n\r\n"},
    {"method_space", " GET / HTTP/1.1\r\nHost: h\r\n\r\n"},
    {"tls_hello", "\x16\x03\x01\x02\x01\r\n\r\n"},
    {"other_expectation", "GET / HTTP/1.1\r\nHost: h\r\nExpect: tea\r\n\r\n", 417},
};

INSTANTIATE_TEST_SUITE_P(Heads, RefusedHead, ::testing::ValuesIn(refused_heads),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(Head, has_its_parts) {
    auto head = parse_head(
        "POST /x?y HTTP/1.1\r\nhOsT: [::1]:80\r\nContent-Length: 12\r\nX-A:\t v \t\r\n"
        "Expect: 100-Continue\r\n\r\n");
    ASSERT_TRUE(head) << head.error().why;
    EXPECT_EQ(head->method, "POST");
    EXPECT_EQ(head->target, "/x?y");
    EXPECT_EQ(head->minor, 1);
    EXPECT_EQ(head->length, 12u);
    EXPECT_TRUE(head->keep_alive);
    EXPECT_TRUE(head->expects_continue);
    EXPECT_FALSE(head->chunked);
    ASSERT_NE(head->field("x-a"), nullptr);
    EXPECT_EQ(*head->field("x-a"), "v");
    EXPECT_EQ(head->field("x-b"), nullptr);
}

TEST(Head, takes_what_is_allowed) {
    for (std::string_view bytes :
         {"GET / HTTP/1.0\r\n\r\n"sv, "GET / HTTP/1.1\r\nHost:\r\n\r\n"sv,
          "GET / HTTP/1.1\r\nHost: a_b.example:8080\r\n\r\n"sv,
          "GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: ChunKed\r\n\r\n"sv,
          "GET / HTTP/1.1\r\nHost: h\r\nX: \xc3\xa9\r\n\r\n"sv,
          "GET / HTTP/1.1\r\nHost: h\r\nX-Empty:\r\n\r\n"sv,
          "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
          "HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"sv,
          "M-SEARCH / HTTP/1.1\r\nHost: h\r\n\r\n"sv}) {
        auto head = parse_head(bytes);
        EXPECT_TRUE(head) << bytes << ": " << (head ? "" : head.error().why);
    }
}

TEST(Head, hopeless_beginnings_are_refused_before_their_end) {
    for (const std::string_view begun :
         {"GET / HTTP/1.1\r\nHost: h\r\nX: y", "GET / HTTP/1.1\r", "GET / HTTP/1.1\r\n"})
        EXPECT_FALSE(refuse_early(begun)) << begun;
    for (const std::string_view hopeless : {"GET / HTTP/1.1\n", "GET\r/", "\x16\x03\x01\x02"})
        EXPECT_TRUE(refuse_early(hopeless)) << hopeless;
    // Seen in pieces, whatever the pieces.
    std::string_view bad[] = {"GET / HTTP/1.1\r\n X: y", "GET / HTTP/1.1\r\nA: b\nC",
                              "GET / HTTP/1.1\r\nA: b\rC", "GET / HTTP/1.1\r\nA: b\r\n\tc"};
    for (std::string_view bytes : bad)
        for (std::size_t split = 0; split <= bytes.size(); ++split)
            EXPECT_TRUE(refuse_early(bytes.substr(0, split)) || refuse_early(bytes, split))
                << bytes << " at " << split;
    std::string_view good = "GET / HTTP/1.1\r\nA: b\r\nC: d\r\n";
    for (std::size_t size = 0; size <= good.size(); ++size)
        for (std::size_t from = 0; from <= size; ++from)
            EXPECT_FALSE(refuse_early(good.substr(0, size), from)) << size << " from " << from;
}

TEST(Head, end_is_found_wherever_it_was_cut) {
    std::string_view bytes = "GET / HTTP/1.1\r\nHost: h\r\n\r\nrest";
    for (std::size_t from = 0; from < bytes.size() - 4; ++from)
        EXPECT_EQ(find_head_end(bytes, from), bytes.size() - 4);
    EXPECT_FALSE(find_head_end("GET / HTTP/1.1\r\nHost: h\r\n\r"));
}

TEST(Target, has_four_forms) {
    auto origin = parse_target("GET", "/a%2Fb/%C3%A9?x=1&y&&z=%3D+");
    ASSERT_TRUE(origin);
    EXPECT_EQ(origin->raw_path, "/a%2Fb/%C3%A9");
    EXPECT_EQ(origin->path, "/a/b/\xc3\xa9");
    EXPECT_EQ(origin->query, (Pairs{{"x", "1"}, {"y", ""}, {"z", "= "}}));
    auto absolute = parse_target("GET", "HTTP://h:1?x=1");
    ASSERT_TRUE(absolute);
    EXPECT_EQ(absolute->path, "/");
    EXPECT_EQ(absolute->query, (Pairs{{"x", "1"}}));
    EXPECT_EQ(parse_target("GET", "http://h")->path, "/");
    EXPECT_EQ(parse_target("GET", "https://h/p")->path, "/p");
    EXPECT_TRUE(parse_target("OPTIONS", "*")->asterisk);
}

TEST(Target, a_percent_sign_that_begins_no_escape_stands_for_itself_in_a_query) {
    auto target = parse_target("POST", "/probe_status?body=disk%20100%&a=%zz&%0=%2&b=50%+%41");
    ASSERT_TRUE(target);
    EXPECT_EQ(target->query,
              (Pairs{{"body", "disk 100%"}, {"a", "%zz"}, {"%0", "%2"}, {"b", "50% A"}}));
}

TEST(Target, is_refused_in_any_other_form) {
    struct Case {
        std::string_view method, target;
        int status = 400;
    };
    for (const Case& each :
         {Case{"GET", "*"}, Case{"GET", "relative"}, Case{"GET", "h:80"}, Case{"GET", "ftp://h/"},
          Case{"GET", "http://"}, Case{"GET", "http://u@h/"}, Case{"GET", "http:///p"},
          Case{"GET", "/%"}, Case{"GET", "/%2"}, Case{"GET", "/%zz"}, Case{"GET", "/%00"},
          Case{"GET", "/?a=%00"}, Case{"GET", "/#f"}, Case{"GET", "/?a#f"},
          Case{"CONNECT", "h:443", 405}}) {
        auto target = parse_target(each.method, each.target);
        ASSERT_FALSE(target) << each.target;
        EXPECT_EQ(target.error().status, each.status) << each.target;
    }
}

// ---- bodies ------------------------------------------------------------------------------------

Head chunked() {
    Head head;
    head.chunked = true;
    return head;
}

TEST(Body, is_read_by_its_length) {
    Head head;
    head.length = 5;
    Body body(head, 5, Body::Use::keep);
    EXPECT_EQ(body.feed("hel"), 3u);
    EXPECT_FALSE(body.done());
    EXPECT_EQ(body.feed("loGET"), 2u);
    EXPECT_TRUE(body.done());
    EXPECT_EQ(body.content(), "hello");
    head.length = 6;
    EXPECT_EQ(Body(head, 5, Body::Use::keep).refused()->status, 413);
}

TEST(Body, is_read_in_chunks_however_they_are_cut) {
    std::string_view bytes = "5\r\nhello\r\n00A;name=\"v\"\r\n, world!!!\r\n0\r\nX: y\r\n\r\n";
    for (std::size_t split = 0; split <= bytes.size(); ++split) {
        Body body(chunked(), 100, Body::Use::keep);
        std::string rest(bytes);
        rest += "GET";
        std::size_t taken = body.feed(bytes.substr(0, split));
        EXPECT_EQ(taken, split);
        taken += body.feed(std::string_view(rest).substr(split));
        EXPECT_TRUE(body.done()) << split;
        EXPECT_EQ(body.content(), "hello, world!!!");
        EXPECT_EQ(taken, bytes.size());
    }
}

TEST(Body, white_space_after_a_size_is_read) {
    Body body(chunked(), 100, Body::Use::keep);
    std::string_view bytes = "2 \r\nab\r\n1 \t ; name = \"v\"\r\nc\r\n0\t;x\r\n\r\n";
    EXPECT_EQ(body.feed(bytes), bytes.size());
    EXPECT_TRUE(body.done());
    EXPECT_EQ(body.content(), "abc");
}

TEST(Body, what_nobody_reads_is_counted_and_thrown_away) {
    Body body(chunked(), 100, Body::Use::count);
    std::string chunk = "40\r\n" + std::string(64, 'x') + "\r\n";
    EXPECT_EQ(body.feed(chunk), chunk.size());
    EXPECT_EQ(body.size(), 64u);
    EXPECT_EQ(body.content(), "");
    body.feed(chunk);
    EXPECT_EQ(body.refused()->status, 413);
    Head head;
    head.length = 1 << 20;
    Body long_one(head, 1 << 20, Body::Use::count);
    long_one.feed(std::string(1 << 19, 'x'));
    EXPECT_LT(long_one.held(), 1024u);
}

TEST(Body, of_a_tail_the_end_is_kept) {
    constexpr std::size_t size = 10 * Body::tail_size + 7;
    Head head;
    head.length = size;
    std::string whole;
    for (std::size_t i = 0; i < size; ++i) whole += static_cast<char>('a' + i % 23);
    for (const std::size_t piece : {std::size_t{100}, Body::tail_size - 1, size}) {
        Body body(head, size, Body::Use::tail);
        for (std::size_t at = 0; at < size; at += piece) {
            body.feed(std::string_view(whole).substr(at, piece));
            EXPECT_LE(body.content().size(), 2 * Body::tail_size);
        }
        ASSERT_TRUE(body.done());
        EXPECT_EQ(body.take_content(), whole.substr(size - Body::tail_size));
    }
    Head small;
    small.length = 5;
    Body body(small, 100, Body::Use::tail);
    body.feed("hello");
    EXPECT_EQ(body.take_content(), "hello");
    EXPECT_EQ(Body(head, size - 1, Body::Use::tail).refused()->status, 413);
}

TEST(Body, is_refused_in_malformed_chunks) {
    struct Case {
        std::string_view bytes;
        int status = 400;
    };
    std::string long_line = "1;" + std::string(600, 'x');
    std::string long_trailer = "0\r\nX: " + std::string(9000, 'x');
    for (const Case& each :
         {Case{"x\r\n"},
          Case{"\r\n"},
          Case{"-1\r\n"},
          Case{"+1\r\n"},
          Case{"0x1\r\n"},
          Case{" 1\r\n"},
          Case{"1 x\r\n"},
          Case{"1 2;x\r\n"},
          Case{"1\n"},
          Case{"1\r\nab\r\n"},
          Case{"1\r\na\n"},
          Case{"1\r\naX\r\n"},
          Case{"000000001\r\n"},
          Case{"1ffffffff\r\n"},
          Case{"ffffffffffffffff1\r\n"},
          Case{"1;\rx\r\n"},
          Case{"0\r\nX y\r\n\r\n"},
          Case{"0\r\n folded: x\r\n"},
          Case{"0\n"},
          Case{"0\r\n\n"},
          Case{long_line},
          Case{"65\r\n", 413},
          Case{"ffffffff\r\n", 413},
          Case{"32\r\n01234567890123456789012345678901234567890123456789\r\n33\r\n", 413},
          Case{long_trailer, 431}}) {
        Body body(chunked(), 100, Body::Use::keep);
        body.feed(each.bytes);
        ASSERT_TRUE(body.refused()) << each.bytes;
        EXPECT_EQ(body.refused()->status, each.status) << each.bytes;
    }
}

}  // namespace
}  // namespace vitals::http
