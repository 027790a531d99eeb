#include "wire/bson.hpp"

#include <gtest/gtest.h>

namespace vitals::wire::bson {
namespace {

using namespace std::string_literals;
using Type = Value::Type;

// {"hello": "world"}, of bsonspec.org.
const std::string hello = "\x16\0\0\0\x02hello\0\x06\0\0\0world\0\0"s;

TEST(Bson, writes_and_reads_as_published) {
    EXPECT_EQ(Writer().add("hello", "world").document(), hello);
    const auto read_one = read(hello);
    ASSERT_TRUE(read_one) << read_one.error();
    EXPECT_EQ(read_one->text_of("hello"), "world");
    EXPECT_EQ(read_one->text_of("other"), "");
    EXPECT_EQ(read_one->find("hello", Type::number), nullptr);
}

// By bson.encode() of python3-bson: {"d": 1.5, "t": "x", "o": {"a": [1]}, "b": b"\x01\x02", "y":
// True, "n": None, "i": 7, "l": 2**40, "w": datetime(2024, 1, 1)}
const std::string all =
    "\136\000\000\000\001\144\000\000\000\000\000\000\000\370\077\002\164\000\002\000"
    "\000\000\170\000\003\157\000\024\000\000\000\004\141\000\014\000\000\000\020\060"
    "\000\001\000\000\000\000\000\005\142\000\002\000\000\000\000\001\002\010\171\000"
    "\001\012\156\000\020\151\000\007\000\000\000\022\154\000\000\000\000\000\000\001"
    "\000\000\011\167\000\000\364\121\302\214\001\000\000\000"s;

TEST(Bson, dates_have_a_difference_however_far_they_are) {
    const auto date = [](char first, char last) {
        const auto made = read("\x10\0\0\0\x09w\0"s + std::string(7, first) + last + '\0');
        return made ? made->find("w", Type::date)->integer : 0;
    };
    const std::int64_t latest = date('\xff', '\x7f'), earliest = date('\0', '\x80');
    EXPECT_EQ(latest - earliest, 2'000'000'000'000'000);
}

TEST(Bson, reads_what_others_write) {
    const auto read_one = read(all);
    ASSERT_TRUE(read_one) << read_one.error();
    EXPECT_EQ(read_one->find("d")->number, 1.5);
    EXPECT_EQ(read_one->whole("d"), 1);
    const Value* array = read_one->find("o")->find("a", Type::array);
    ASSERT_NE(array, nullptr);
    EXPECT_EQ(array->items.front().value.integer, 1);
    EXPECT_EQ(read_one->find("b", Type::binary)->text, "\x01\x02");
    EXPECT_TRUE(read_one->is_true("y"));
    EXPECT_FALSE(read_one->is_true("n"));
    EXPECT_TRUE(read_one->is_true("i"));
    EXPECT_EQ(read_one->whole("l"), 1LL << 40);
    EXPECT_EQ(read_one->find("w", Type::date)->integer, 1704067200000);
    EXPECT_EQ(read_one->whole("w"), std::nullopt);
}

TEST(Bson, what_was_written_is_read) {
    Writer inner;
    inner.add("a", 1).add("b", false);
    const std::string bytes =
        Writer().add("i", -5).add("d", inner).add_binary("x", "\0\1"s).add("t", true).document();
    const auto read_one = read(bytes);
    ASSERT_TRUE(read_one);
    EXPECT_EQ(read_one->whole("i"), -5);
    EXPECT_EQ(read_one->find("d")->whole("a"), 1);
    EXPECT_FALSE(read_one->find("d")->is_true("b"));
    EXPECT_EQ(read_one->find("x")->text, "\0\1"s);
    EXPECT_TRUE(read_one->is_true("t"));
}

TEST(Bson, what_is_cut_or_too_deep_is_refused) {
    for (const std::string& whole : {hello, all})
        for (std::size_t size = 0; size < whole.size(); ++size)
            EXPECT_FALSE(read(whole.substr(0, size))) << size;
    EXPECT_FALSE(read(hello + "x"));
    std::string longer = hello;
    longer[0] = '\x17';
    EXPECT_FALSE(read(longer));
    std::string unknown = hello;
    unknown[4] = '\x20';
    EXPECT_FALSE(read(unknown));
    Writer nested;
    for (std::size_t depth = 1; depth < deepest; ++depth) {
        Writer outer;
        outer.add("a", nested);
        nested = outer;
    }
    EXPECT_TRUE(read(nested.document()));
    Writer outer;
    outer.add("a", nested);
    EXPECT_FALSE(read(outer.document()));
    Writer many;
    for (std::size_t i = 0; i <= most_elements; ++i) many.add("a", true);
    EXPECT_FALSE(read(many.document()));
    EXPECT_EQ(read(std::string(longest_document + 1, 'x')).error(), "a document that is too long");
}

}  // namespace
}  // namespace vitals::wire::bson
