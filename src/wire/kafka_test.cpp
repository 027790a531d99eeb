#include "wire/kafka.hpp"

#include <gtest/gtest.h>

namespace vitals::wire::kafka {
namespace {

using namespace std::string_literals;

TEST(Kafka, requests_are_as_the_protocol_says) {
    EXPECT_EQ(request(Key::api_versions, 0, 7, ""), "\0\0\0\x10\0\x12\0\0\0\0\0\x07\0\x06vitals"s);
    EXPECT_EQ(handshake("PLAIN"), "\0\x05PLAIN"s);
    EXPECT_EQ(authenticate("\0u\0p"s), "\0\0\0\x04\0u\0p"s);
    EXPECT_EQ(metadata(1, {}), "\xff\xff\xff\xff"s);
    EXPECT_EQ(metadata(4, {}), "\xff\xff\xff\xff\0"s);
    EXPECT_EQ(metadata(4, {"a", "bc"}), "\0\0\0\x02\0\x01\x61\0\x02\x62\x63\0"s);
    EXPECT_EQ(find_coordinator("g"), "\0\x01g"s);
    EXPECT_EQ(describe_group("g"), "\0\0\0\x01\0\x01g"s);
    EXPECT_EQ(fetch_offsets("g", {}), "\0\x01g\xff\xff\xff\xff"s);
    EXPECT_EQ(fetch_offsets("g", {{"t", {3}}}), "\0\x01g\0\0\0\x01\0\x01t\0\0\0\x01\0\0\0\x03"s);
    const std::string end(8, '\xff');
    const std::string rest = "\0\0\0\x01\0\x01t\0\0\0\x01\0\0\0\x03"s + end;
    EXPECT_EQ(list_offsets(1, {{"t", {3}}}), "\xff\xff\xff\xff"s + rest);
    EXPECT_EQ(list_offsets(2, {{"t", {3}}}), "\xff\xff\xff\xff\x01"s + rest);
}

TEST(Kafka, answers_are_taken_once_complete_wherever_they_are_split) {
    const std::string whole = "\0\0\0\x07\0\0\0\x2a\x01\x02\x03"s;
    for (std::size_t split = 0; split < whole.size(); ++split) {
        std::string buffer = whole.substr(0, split);
        const auto early = take_answer(buffer);
        ASSERT_TRUE(early && !*early) << split;
        buffer += whole.substr(split) + "next";
        const auto taken = take_answer(buffer);
        ASSERT_TRUE(taken && *taken) << split;
        EXPECT_EQ((*taken)->number, 42);
        EXPECT_EQ((*taken)->body, "\x01\x02\x03");
        EXPECT_EQ(buffer, "next");
    }
}

TEST(Kafka, what_is_no_answer_is_refused_at_once) {
    const auto fault = [](std::string bytes) {
        const auto taken = take_answer(bytes);
        return taken ? "none" : taken.error();
    };
    EXPECT_EQ(fault("H"), "not Kafka");
    EXPECT_EQ(fault("\x15\x03\x03"), "not Kafka");
    const std::string too_long = "not Kafka, or an answer that is too long";
    EXPECT_EQ(fault("HTTP/1.1"), too_long);
    EXPECT_EQ(fault("\0\0\0\x03"s), too_long);
    EXPECT_EQ(fault("\xff\xff\xff\xff"), too_long);
    EXPECT_EQ(fault("\0\x80\0\x01"s), too_long);
    EXPECT_EQ(fault("\0\x80\0\0"s), "none");
}

TEST(Kafka, what_a_broker_speaks_is_read) {
    const auto read = read_versions("\0\0\0\0\0\x02\0\x03\0\x01\0\x09\0\x12\0\0\0\x03"s);
    ASSERT_TRUE(read);
    EXPECT_FALSE(read->has(Key::metadata, 0));
    EXPECT_TRUE(read->has(Key::metadata, 1));
    EXPECT_TRUE(read->has(Key::metadata, 9));
    EXPECT_FALSE(read->has(Key::metadata, 10));
    EXPECT_TRUE(read->has(Key::api_versions, 3));
    EXPECT_FALSE(read->has(Key::offset_fetch, 0));
}

TEST(Kafka, log_ins_are_read) {
    const auto offered = read_handshake("\0\x21\0\0\0\x02\0\x05PLAIN\0\x06GSSAPI"s);
    ASSERT_TRUE(offered);
    EXPECT_EQ(offered->error, error::unknown_mechanism);
    EXPECT_EQ(offered->names, (std::vector<std::string>{"PLAIN", "GSSAPI"}));
    const auto refused = read_authenticate("\0\x3a\0\x02no\xff\xff\xff\xff"s);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->error, error::log_in_failed);
    EXPECT_EQ(refused->text, "no");
    const auto gone_on = read_authenticate("\0\0\xff\xff\0\0\0\x01r"s);
    ASSERT_TRUE(gone_on);
    EXPECT_EQ(gone_on->token, "r");
}

const std::string broker = "\0\0\0\x01\0\x02h1\0\0\x23\x84"s;
const std::string partition =
    "\0\0\0\0\0\x04\0\0\0\x01\0\0\0\x02\0\0\0\x01\0\0\0\x02\0\0\0\x01\0\0\0\x01"s;
const std::string topics = "\0\0\0\x01\0\0\0\x01t\0\0\0\0\x02"s + partition +
                           "\0\x05\0\0\0\x05\xff\xff\xff\xff"s + std::string(8, '\0');

void expect_the_cluster(const std::optional<Metadata>& read) {
    ASSERT_TRUE(read);
    ASSERT_EQ(read->brokers.size(), 1);
    EXPECT_EQ(read->brokers[0].host, "h1");
    EXPECT_EQ(read->brokers[0].port, 9092);
    EXPECT_EQ(read->controller, 1);
    ASSERT_EQ(read->topics.size(), 1);
    EXPECT_EQ(read->topics[0].name, "t");
    ASSERT_EQ(read->topics[0].partitions.size(), 2);
    EXPECT_EQ(read->topics[0].partitions[0].id, 4);
    EXPECT_EQ(read->topics[0].partitions[0].leader, 1);
    EXPECT_EQ(read->topics[0].partitions[0].replicas, 2);
    EXPECT_EQ(read->topics[0].partitions[0].in_sync, 1);
    EXPECT_EQ(read->topics[0].partitions[1].error, error::leader_not_available);
    EXPECT_EQ(read->topics[0].partitions[1].leader, -1);
}

TEST(Kafka, a_cluster_is_read_at_both_versions) {
    const std::string controller = "\0\0\0\x01"s;
    expect_the_cluster(read_metadata(1, "\0\0\0\x01"s + broker + "\xff\xff" + controller + topics));
    expect_the_cluster(read_metadata(
        4, "\0\0\0\0\0\0\0\x01"s + broker + "\0\x01r\0\x01"s + "c" + controller + topics));
}

TEST(Kafka, groups_are_read) {
    const auto keeper = read_coordinator("\0\0\0\0\0\x01\0\x01h\0\0\x23\x84"s);
    ASSERT_TRUE(keeper);
    EXPECT_EQ(keeper->broker.host, "h");
    const std::string member = "\0\x01m\0\x01\x63\0\x01h\0\0\0\x01x\0\0\0\0"s;
    const auto group =
        read_group("\0\0\0\x01\0\0\0\x01g\0\x06Stable\0\0\0\0\0\0\0\x02"s + member + member);
    ASSERT_TRUE(group);
    EXPECT_EQ(group->state, "Stable");
    EXPECT_EQ(group->members, 2);
    const auto offsets =
        read_offsets("\0\0\0\x01\0\x01t\0\0\0\x01\0\0\0\x02\0\0\0\0\0\0\0\x07\xff\xff\0\0\0\x1e"s);
    ASSERT_TRUE(offsets);
    EXPECT_EQ(offsets->error, error::group_refused);
    EXPECT_EQ(offsets->topics.at(0).second.at(0).at, 7);
    const std::string ends =
        "\0\0\0\x01\0\x01t\0\0\0\x01\0\0\0\x02\0\x06\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0\0\x09"s;
    const auto one = read_list_offsets(1, ends);
    ASSERT_TRUE(one);
    EXPECT_EQ(one->at(0).second.at(0).at, 9);
    EXPECT_EQ(one->at(0).second.at(0).error, 6);
    EXPECT_TRUE(read_list_offsets(2, "\0\0\0\0"s + ends));
}

// Also where a count or a length claims more than is there.
TEST(Kafka, what_is_cut_or_too_long_is_no_answer) {
    const std::string whole = "\0\0\0\x01"s + broker + "\xff\xff" + "\0\0\0\x01"s + topics;
    ASSERT_TRUE(read_metadata(1, whole));
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_FALSE(read_metadata(1, whole.substr(0, size))) << size;
    EXPECT_FALSE(read_metadata(1, whole + "x"));
    EXPECT_FALSE(read_metadata(1, "\x7f\xff\xff\xff" + whole.substr(4)));
    EXPECT_FALSE(read_metadata(1, "\xff\xff\xff\xfe" + whole.substr(4)));
    EXPECT_FALSE(read_versions("\0\0\x7f\xff\xff\xff"s));
    EXPECT_FALSE(read_handshake("\0\0\0\0\0\x01\x7f\xff"s));
    EXPECT_FALSE(read_group("\0\0\0\0"s));
    EXPECT_FALSE(read_authenticate(""));
    EXPECT_FALSE(read_coordinator("\0\0"s));
    EXPECT_FALSE(read_offsets("\0\0\0\x01\0\x01"s));
}

}  // namespace
}  // namespace vitals::wire::kafka
