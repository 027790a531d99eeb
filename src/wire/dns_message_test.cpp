#include "wire/dns_message.hpp"

#include <gtest/gtest.h>

namespace vitals::wire::dns {
namespace {

using Texts = std::vector<std::string>;

std::string number(unsigned value) {
    return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)};
}

std::string packed(std::string_view name) {
    std::string bytes;
    while (!name.empty()) {
        const auto label = name.substr(0, name.find('.'));
        bytes += static_cast<char>(label.size());
        bytes += label;
        name.remove_prefix(std::min(name.size(), label.size() + 1));
    }
    return bytes + '\0';
}

std::string record(const std::string& owner, unsigned type, const std::string& data,
                   unsigned record_class = 1) {
    return owner + number(type) + number(record_class) + number(0) + number(60) +
           number(static_cast<unsigned>(data.size())) + data;
}

const std::string at_question = "\xc0\x0c";  // a pointer to the question's name

// An answer to `question` with id 0x1234.
std::string message(const Question& question, const Texts& records, unsigned flags = 0x8180) {
    std::string bytes = number(0x1234) + number(flags) + number(1) +
                        number(static_cast<unsigned>(records.size())) + number(0) + number(0) +
                        packed(question.name) + number(static_cast<unsigned>(question.type)) +
                        number(1);
    for (const std::string& one : records) bytes += one;
    return bytes;
}

Texts records_of(const Question& question, const Texts& records) {
    const auto answer = parse_answer(message(question, records), question, 0x1234);
    return answer ? answer->records : Texts{"not an answer"};
}

const Question www{"www.Example.org", RecordType::a};
const std::string address_1("\xc0\x00\x02\x01", 4);
const std::string address_2("\xc0\x00\x02\x02", 4);

TEST(DnsQuery, is_what_rfc_1035_says) {
    const std::string expected =
        std::string("\xab\xcd\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", 12) +
        packed("www.Example.org") + number(28) + number(1);
    EXPECT_EQ(query({"www.Example.org", RecordType::aaaa}, 0xabcd), expected);
}

TEST(DnsQuestion, turns_an_address_around_for_ptr) {
    EXPECT_EQ(question_for("192.0.2.17", RecordType::ptr)->name, "17.2.0.192.in-addr.arpa");
    EXPECT_EQ(question_for("2001:db8::1", RecordType::ptr)->name,
              "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
    EXPECT_EQ(question_for("x.in-addr.arpa", RecordType::ptr)->name, "x.in-addr.arpa");
    EXPECT_EQ(question_for("192.0.2.17", RecordType::a)->name, "192.0.2.17");
}

TEST(DnsQuestion, refuses_what_is_no_name) {
    EXPECT_FALSE(question_for("", RecordType::a).has_value());
    EXPECT_FALSE(question_for("a..b", RecordType::a).has_value());
    EXPECT_FALSE(question_for("a b", RecordType::a).has_value());
    EXPECT_EQ(question_for("b\xc3\xbc"
                           "cher.example",
                           RecordType::a)
                  .error(),
              "holds a blank or a letter beyond ASCII; write its xn-- form");
    EXPECT_FALSE(question_for(std::string(64, 'x') + ".org", RecordType::a).has_value());
    EXPECT_TRUE(question_for("_sip._tcp.example.org", RecordType::srv).has_value());
    EXPECT_TRUE(question_for("example.org.", RecordType::mx).has_value());
}

TEST(DnsAnswer, gives_the_records_sorted_and_once) {
    EXPECT_EQ(records_of(www, {record(at_question, 1, address_2), record(at_question, 1, address_1),
                               record(at_question, 1, address_2)}),
              (Texts{"192.0.2.1", "192.0.2.2"}));
    const Question v6{"h.test", RecordType::aaaa};
    EXPECT_EQ(records_of(v6, {record(at_question, 28, std::string(15, '\0') + '\x01')}),
              Texts{"::1"});
    const Question mx{"h.test", RecordType::mx};
    EXPECT_EQ(records_of(mx, {record(at_question, 15, number(10) + packed("Mail.h.test"))}),
              Texts{"10 mail.h.test"});
    EXPECT_EQ(records_of(mx, {record(at_question, 15, number(0) + packed(""))}), Texts{"0 ."});
    const Question srv{"_x._tcp.h.test", RecordType::srv};
    EXPECT_EQ(records_of(srv, {record(at_question, 33,
                                      number(1) + number(2) + number(443) + packed("s.h.test"))}),
              Texts{"1 2 443 s.h.test"});
    const Question txt{"h.test", RecordType::txt};
    EXPECT_EQ(records_of(txt, {record(at_question, 16, "\x05v=one\x04 two")}), Texts{"v=one two"});
    const Question soa{"h.test", RecordType::soa};
    EXPECT_EQ(records_of(soa, {record(at_question, 6,
                                      packed("ns.h.test") +
                                          "\x05"
                                          "admin" +
                                          at_question + number(0) + number(7) + number(0) +
                                          number(1) + number(0) + number(2) + number(0) +
                                          number(3) + number(1) + number(0))}),
              Texts{"ns.h.test admin.h.test 7 1 2 3 65536"});
}

TEST(DnsAnswer, follows_aliases_in_any_order_and_only_from_the_name_asked_for) {
    const std::string target = packed("host.cdn.test");
    EXPECT_EQ(
        records_of(www, {record(at_question, 5, packed("alias.test")),
                         record(packed("ALIAS.test"), 5, target), record(target, 1, address_1)}),
        Texts{"192.0.2.1"});
    EXPECT_EQ(
        records_of(www, {record(target, 1, address_1), record(packed("alias.test"), 5, target),
                         record(at_question, 5, packed("alias.test"))}),
        Texts{"192.0.2.1"});
    // An address of some other name proves nothing about ours.
    EXPECT_EQ(records_of(www, {record(packed("evil.test"), 1, address_1)}), Texts{});
    EXPECT_EQ(records_of(www, {record(at_question, 5, packed("alias.test"))}), Texts{});
    // Another class, another type.
    EXPECT_EQ(records_of(www, {record(at_question, 1, address_1, 3)}), Texts{});
    EXPECT_EQ(
        records_of(www, {record(at_question, 46, "signature"), record(at_question, 1, address_1)}),
        Texts{"192.0.2.1"});
}

TEST(DnsAnswer, of_an_endless_chain_ends) {
    EXPECT_EQ(records_of(www, {record(at_question, 5, packed("b.test")),
                               record(packed("b.test"), 5, at_question)}),
              Texts{});
}

TEST(DnsAnswer, tells_code_and_truncation) {
    const auto no_name = parse_answer(message(www, {}, 0x8183), www, 0x1234);
    EXPECT_EQ(no_name->code, Code::no_such_name);
    EXPECT_EQ(to_string(no_name->code), "NXDOMAIN");
    const auto cut = parse_answer(message(www, {"cut in the middle"}, 0x8380), www, 0x1234);
    ASSERT_TRUE(cut.has_value());
    EXPECT_TRUE(cut->truncated);
    const std::string bare = number(0x1234) + number(0x8181) + std::string(8, '\0');
    EXPECT_EQ(parse_answer(bare, www, 0x1234)->code, Code::format_error);
}

TEST(DnsAnswer, ignores_answers_to_others) {
    const auto fault = [](const std::string& bytes) {
        return parse_answer(bytes, www, 0x1234).error();
    };
    EXPECT_EQ(parse_answer(message(www, {}), www, 0x1235).error(), Fault::not_ours);
    EXPECT_EQ(fault(message({"other.test", RecordType::a}, {})), Fault::not_ours);
    EXPECT_EQ(fault(message({"www.example.org", RecordType::aaaa}, {})), Fault::not_ours);
    EXPECT_EQ(fault(message(www, {}, 0x0180)), Fault::not_ours);  // a question
    EXPECT_EQ(fault(message(www, {}, 0xa180)), Fault::not_ours);  // another operation
    EXPECT_EQ(fault(""), Fault::not_ours);
    EXPECT_EQ(fault("HTTP/1.1 400 Bad Request"), Fault::not_ours);
    const std::string bare = number(0x1234) + number(0x8180) + std::string(8, '\0');
    EXPECT_EQ(fault(bare), Fault::not_ours);  // claims success of no question
}

// Every prefix, and every byte flipped, must end in an answer or a fault, and never beyond the end.
TEST(DnsAnswer, survives_damage) {
    const std::string whole = message(
        www, {record(at_question, 5, packed("alias.test")),
              record(packed("alias.test"), 1, address_1), record(at_question, 1, address_2)});
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const std::vector<char> exact(whole.begin(), whole.begin() + static_cast<long>(size));
        const auto answer = parse_answer({exact.data(), exact.size()}, www, 0x1234);
        EXPECT_FALSE(answer.has_value()) << size;
    }
    for (std::size_t index = 0; index < whole.size(); ++index) {
        for (unsigned flip = 1; flip < 256; flip <<= 1) {
            std::vector<char> damaged(whole.begin(), whole.end());
            damaged[index] = static_cast<char>(damaged[index] ^ static_cast<char>(flip));
            (void)parse_answer({damaged.data(), damaged.size()}, www, 0x1234);
        }
    }
    const auto malformed = [](unsigned type, const std::string& data) {
        const Question question{"h.test", static_cast<RecordType>(type)};
        const auto answer =
            parse_answer(message(question, {record(at_question, type, data)}), question, 0x1234);
        return !answer.has_value() && answer.error() == Fault::malformed;
    };
    EXPECT_TRUE(malformed(1, "abc"));
    EXPECT_TRUE(malformed(1, "abcde"));
    EXPECT_TRUE(malformed(28, std::string(15, 'x')));
    EXPECT_TRUE(malformed(16,
                          "\x05"
                          "abc"));
    EXPECT_TRUE(malformed(15, "\x01"));
    EXPECT_TRUE(malformed(5, "\xc0\xff"));
    EXPECT_TRUE(malformed(5, "\xc0\x24"));  // a name that points to itself
}

TEST(DnsRecord, is_compared_in_one_form) {
    EXPECT_EQ(normalised(RecordType::aaaa, "2001:DB8:0:0::1").value(), "2001:db8::1");
    EXPECT_EQ(normalised(RecordType::cname, "WWW.example.org.").value(), "www.example.org");
    EXPECT_EQ(normalised(RecordType::mx, "10 Mail.example.org.").value(), "10 mail.example.org");
    EXPECT_EQ(normalised(RecordType::srv, "0 5 5060 SIP.example.org").value(),
              "0 5 5060 sip.example.org");
    EXPECT_EQ(normalised(RecordType::txt, "V=Spf1").value(), "V=Spf1");
    EXPECT_EQ(normalised(RecordType::a, "192.0.2.256").error(), "is not an IPv4 address");
    EXPECT_EQ(normalised(RecordType::aaaa, "192.0.2.1").error(), "is not an IPv6 address");
    EXPECT_EQ(normalised(RecordType::mx, "mail.example.org").error(),
              "is not of the form `10 mail.example.org`");
    EXPECT_EQ(normalised(RecordType::srv, "0 70000 1 x").error(),
              "is not of the form `0 5 5060 sip.example.org`");
    EXPECT_FALSE(normalised(RecordType::a, "").has_value());
}

TEST(DnsRecordType, has_its_usual_name) {
    for (const char* name : {"A", "AAAA", "CNAME", "MX", "NS", "TXT", "SRV", "PTR", "SOA"}) {
        const auto type = parse_record_type(name);
        ASSERT_TRUE(type.has_value()) << name;
        EXPECT_EQ(to_string(*type), name);
    }
    EXPECT_EQ(parse_record_type("aaaa"), RecordType::aaaa);
    EXPECT_FALSE(parse_record_type("ANY").has_value());
}

}  // namespace
}  // namespace vitals::wire::dns
