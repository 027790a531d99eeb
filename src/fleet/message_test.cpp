#include "fleet/message.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace vitals::fleet {
namespace {

Heartbeat a_heartbeat() {
    Heartbeat beat;
    beat.incarnation = 0xfedcba9876543210u;
    beat.seq = 300;
    beat.interval_ms = 2'000;
    beat.lag_ms = 3;
    beat.blind = true;
    beat.out_of_service = true;
    beat.listens = false;
    beat.configuration = 17;
    beat.version = "0.1.0";
    beat.host = "web-1.example.org";
    beat.labels = {"edge", "eu"};
    return beat;
}

std::vector<Message> one_of_each() {
    Result result;
    result.incarnation = 1;
    result.seq = 2;
    result.definition = 3;
    result.status = Status::failed;
    result.error_class = ErrorClass::timeout;
    result.observed_ago_ms = 10;
    result.valid_ms = 25'000;
    result.detail = "no answer";
    result.error = "\xff their bytes";
    Drain drain{{1'700'000'000'000, 4}, "web-1", "kernel update", "alice"};
    Profile profile{{{"databases/default", 1}, {"shop", 2}}, {"pulp"}};
    Names names;
    names.incarnation = 5;
    names.epoch = 1;
    names.from = 2;
    names.names = {"worker-3@host", "worker-4@host"};
    Batch batch;
    batch.incarnation = 5;
    batch.seq = 9;
    batch.epoch = 1;
    batch.unit_ms = 120;
    batch.ages = std::string("\x00\x10\xfe\xff", 4);
    Ask ask{.what = Ask::What::names, .digest = 7, .node = "web-2", .group = "pulp"};
    Pushed pushed{.incarnation = 6,
                  .seq = 8,
                  .at = {1'700'000'000'000, 2},
                  .status = Status::degraded,
                  .error_class = ErrorClass::assertion,
                  .observed_ago_ms = 40,
                  .valid_ms = 60'000,
                  .detail = "half of it",
                  .error = "\xff their bytes"};
    Claim claim{5, "fleet0011223344556677-7", "mail/1", Claim::Stage::leaves};
    Told told{.incarnation = 5, .seq = 9, .whole = true, .receivers = {"hook", "mail/1"}};
    told.acknowledged = {{"fleet0011-1", "ann", "on it", 1'700'000'000'000}};
    told.entries = {{.incident = "fleet0011223344556677-7",
                     .component = "databases/default",
                     .receiver = "hook",
                     .open = true,
                     .wrong = true,
                     .storm = true,
                     .state = Told::State::flapping,
                     .level = Status::failed,
                     .serial = 300},
                    {.incident = "fleet0011223344556677-6", .component = "databases/default"}};
    return {a_heartbeat(), result, drain, profile, names, batch, ask, pushed, claim, told};
}

TEST(Message, is_read_as_it_was_written) {
    for (const Message& message : one_of_each()) {
        const auto read = decode(kind_of(message), encode(message));
        ASSERT_TRUE(read) << kind_of(message);
        EXPECT_TRUE(*read == message) << kind_of(message);
    }
}

TEST(Message, may_have_more_fields_at_its_end) {
    for (const Message& message : one_of_each()) {
        const auto read = decode(kind_of(message), encode(message) + "what a later one adds");
        ASSERT_TRUE(read) << kind_of(message);
        EXPECT_TRUE(*read == message);
    }
}

TEST(Message, is_refused_in_another_format) {
    std::string bytes = encode(a_heartbeat());
    bytes[1] = 2;
    EXPECT_FALSE(decode("hb", bytes));
}

TEST(Message, counts_only_with_its_own_subject) {
    EXPECT_FALSE(decode("res", encode(a_heartbeat())));
    EXPECT_FALSE(decode("nothing", encode(a_heartbeat())));
}

TEST(Message, is_refused_when_it_is_cut_off) {
    for (const Message& message : one_of_each()) {
        const std::string bytes = encode(message);
        for (std::size_t size = 0; size < bytes.size(); ++size)
            EXPECT_FALSE(decode(kind_of(message), bytes.substr(0, size)))
                << kind_of(message) << " " << size;
    }
}

TEST(Message, is_read_or_refused_when_any_byte_is_changed) {
    std::mt19937 chance(1);
    for (const Message& message : one_of_each()) {
        const std::string bytes = encode(message);
        for (int i = 0; i < 2'000; ++i) {
            std::string changed = bytes;
            changed[chance() % changed.size()] = static_cast<char>(chance());
            if (const auto read = decode(kind_of(message), changed))
                EXPECT_LE(encode(*read).size(), changed.size() + 16);
        }
    }
}

TEST(Message, bounds_its_content) {
    Heartbeat beat = a_heartbeat();
    beat.labels.assign(100, std::string(1'000, 'x'));
    beat.host = std::string(10'000, 'y');
    const auto read = decode("hb", encode(beat));
    ASSERT_TRUE(read);
    EXPECT_EQ(std::get<Heartbeat>(*read).labels.size(), Bounds::labels);
    EXPECT_EQ(std::get<Heartbeat>(*read).labels[0].size(), Bounds::word);
    EXPECT_EQ(std::get<Heartbeat>(*read).host.size(), Bounds::word);
}

TEST(Message, announces_no_more_names_than_it_has) {
    Names names;
    names.names = {"a"};
    std::string bytes = encode(names);
    bytes[bytes.size() - 3] = 100;  // the count
    EXPECT_FALSE(decode("names", bytes));
}

TEST(Message, has_no_control_characters_in_public_texts) {
    for (const char* bad : {"a\nb", "\x1b[31m", "\xff", "\xc2\x80"}) {
        Heartbeat beat = a_heartbeat();
        beat.host = bad;
        EXPECT_FALSE(decode("hb", encode(beat))) << bad;
        Result result;
        result.detail = bad;
        EXPECT_FALSE(decode("res", encode(result))) << bad;
    }
}

TEST(Message, has_a_digest_of_all_in_a_profile) {
    const Profile one{{{"a", 1}}, {}}, other{{{"a", 2}}, {}}, grouped{{{"a", 1}}, {"pulp"}};
    EXPECT_EQ(digest_of(one), digest_of(one));
    EXPECT_NE(digest_of(one), digest_of(other));
    EXPECT_NE(digest_of(one), digest_of(grouped));
}

}  // namespace
}  // namespace vitals::fleet
