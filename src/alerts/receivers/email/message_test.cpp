// An e-mail, letter by letter.
#include "alerts/receivers/email/message.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "alerts/alert_testing.hpp"

namespace vitals::alerts::receivers::email_receiver {
namespace {

Envelope envelope_of(Alert alert) {
    Envelope envelope;
    envelope.alert = std::move(alert);
    envelope.words = words_of(envelope.alert, "Europe/Berlin");
    envelope.now = alerts::testing::at("2026-11-30T02:12:18Z");
    envelope.to = "ops@example.org";
    return envelope;
}

std::string head_of(const std::string& message) {
    return message.substr(0, message.find("\r\n\r\n"));
}

TEST(Mail, has_the_headers_that_servers_and_readers_need) {
    EXPECT_EQ(head_of(compose(envelope_of(alerts::testing::problem()), "vitals@example.org")),
              "From: vitals@example.org\r\n"
              "To: ops@example.org\r\n"
              "Subject: FAILED db/main: connection refused (shop, web-1), 14 depend on it\r\n"
              "Date: Mon, 30 Nov 2026 02:12:18 +0000\r\n"
              "Message-ID: <7f3a-12-ops-1@example.org>\r\n"
              "Auto-Submitted: auto-generated\r\n"
              "Importance: high\r\n"
              "MIME-Version: 1.0\r\n"
              "Content-Type: multipart/alternative;\r\n"
              " boundary=\"=_7f3a-12-ops-1_\"");
}

TEST(Mail, belongs_to_the_thread_of_its_incident) {
    const std::string head =
        head_of(compose(envelope_of(alerts::testing::resolved()), "v@example.org"));
    EXPECT_NE(head.find("Message-ID: <7f3a-12-ops-6@example.org>\r\n"
                        "In-Reply-To: <7f3a-12-ops-1@example.org>\r\n"
                        "References: <7f3a-12-ops-1@example.org>\r\n"),
              std::string::npos)
        << head;
}

TEST(Mail, is_7_bit_with_short_lines_whatever_the_texts_hold) {
    for (const auto& [name, text] : alerts::testing::hostile_texts()) {
        Alert alert = alerts::testing::hostile(text);
        alert.host = text;
        alert.service = text;
        const std::string message = compose(envelope_of(alert), "v@example.org");
        EXPECT_TRUE(std::ranges::all_of(message, [](unsigned char c) {
            return c == '\r' || c == '\n' || (c >= ' ' && c < 0x7F);
        })) << name;
        for (std::size_t at = 0; at < message.size();) {
            const std::size_t end = message.find("\r\n", at);
            ASSERT_NE(end, std::string::npos) << name;
            const std::string line = message.substr(at, end - at);
            EXPECT_EQ(line.find_first_of("\r\n"), std::string::npos) << name;
            const bool id = line.starts_with("Message-ID");  // has no blank to fold at
            EXPECT_LE(line.size(), id ? 998U : 78U) << name << ' ' << line;
            at = end + 2;
        }
        EXPECT_EQ(message.find("\r\nRCPT"), std::string::npos) << name;
    }
}

TEST(Mail, cannot_be_ended_by_a_text) {
    EXPECT_EQ(dot_stuffed("a\r\n.\r\n..b\r\n"), "a\r\n..\r\n...b\r\n.\r\n");
    EXPECT_EQ(quoted_printable("a\n.\nb\r\n.\r\nc\rd"), "a\r\n.\r\nb\r\n.\r\nc=0Dd");
    EXPECT_EQ(dot_stuffed("no end"), "no end\r\n.\r\n");
}

TEST(Mail, writes_text_as_quoted_printable) {
    EXPECT_EQ(quoted_printable("a=b \nc\t\xC3\xA4"), "a=3Db=20\r\nc=09=C3=A4");
    const std::string lines = quoted_printable(std::string(200, 'x'));
    EXPECT_EQ(lines, std::string(75, 'x') + "=\r\n" + std::string(75, 'x') + "=\r\n" +
                         std::string(50, 'x'));
}

TEST(Mail, encodes_headers_that_are_not_ascii) {
    EXPECT_EQ(header_text("plain text", 9), "plain text");
    EXPECT_EQ(header_text("\xC3\xA4 b", 9), "=?utf-8?Q?=C3=A4_b?=");
    EXPECT_EQ(header_text("a\r\nBcc: x", 9), "a  Bcc: x");
    EXPECT_EQ(header_text("=?utf-8?Q?x?=", 9), "=?utf-8?Q?=3D=3Futf=2D8=3FQ=3Fx=3F=3D?=");
    const std::string folded = header_text(std::string(60, 'a') + ' ' + std::string(30, 'b'), 9);
    EXPECT_EQ(folded, std::string(60, 'a') + "\r\n " + std::string(30, 'b'));
    // Characters stay whole in each word.
    const std::string umlauts =
        header_text(std::string(50, 'a') + "\xC3\xA4\xC3\xB6\xC3\xBC" + std::string(50, 'b'), 9);
    EXPECT_EQ(umlauts, "=?utf-8?Q?" + std::string(50, 'a') + "?=\r\n =?utf-8?Q?=C3=A4=C3=B6=C3=BC" +
                           std::string(44, 'b') + "?=\r\n =?utf-8?Q?bbbbbb?=");
}

TEST(Mail, takes_no_address_that_would_be_a_command) {
    EXPECT_EQ(address_problem("ops@example.org"), "");
    EXPECT_EQ(address_problem("a.b+c@[10.0.0.1"),
              "is no mail address; expected name@example.org alone");
    for (const char* bad : {"", "ops", "@b", "a@", "a@b@c", "a b@c", "a@x>\r\nRCPT TO:<evil@y",
                            "<a@b>", "a@b\n", "Ops <a@b>", "a@b,c@d", "\"a\"@b"})
        EXPECT_NE(address_problem(bad), "") << bad;
    EXPECT_EQ(address_problem("\xC3\xB6ps@example.org"),
              "holds characters beyond ASCII, which not every mail server takes");
}

TEST(Mail, greets_with_a_name_that_servers_take) {
    EXPECT_EQ(greeting_name("web-1.example.org"), "web-1.example.org");
    EXPECT_EQ(greeting_name("web_1"), "[127.0.0.1]");
    EXPECT_EQ(greeting_name("web-1"), "[127.0.0.1]");
    EXPECT_EQ(greeting_name("a b.c"), "[127.0.0.1]");
    EXPECT_EQ(greeting_name(""), "[127.0.0.1]");
    EXPECT_EQ(message_id("7f-1-mail/a@b.c-1", "web_1"), "<7f-1-mail/a_b.c-1@web-1>");
}

}  // namespace
}  // namespace vitals::alerts::receivers::email_receiver
