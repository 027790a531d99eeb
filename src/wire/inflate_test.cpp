#include "wire/inflate.hpp"

#include <gtest/gtest.h>
#include <libdeflate.h>

#include <memory>

namespace vitals::wire {
namespace {

std::string compressed(const std::string& text, decltype(&libdeflate_gzip_compress) by) {
    const std::unique_ptr<libdeflate_compressor, void (*)(libdeflate_compressor*)> with(
        libdeflate_alloc_compressor(6), libdeflate_free_compressor);
    std::string made(text.size() + 100, '\0');
    made.resize(by(with.get(), text.data(), text.size(), made.data(), made.size()));
    return made;
}

TEST(Inflate, names_of_codings_are_those_of_http) {
    EXPECT_EQ(coding_of(""), Coding::none);
    EXPECT_EQ(coding_of("identity, utf-8"), Coding::none);
    EXPECT_EQ(coding_of(" GZip\t"), Coding::gzip);
    EXPECT_EQ(coding_of("x-gzip,identity"), Coding::gzip);
    EXPECT_EQ(coding_of("deflate"), Coding::deflate);
    EXPECT_EQ(coding_of("br"), Coding::other);
    EXPECT_EQ(coding_of("gzip, gzip"), Coding::other);
}

TEST(Inflate, gives_what_was_compressed) {
    for (const std::string& text : {std::string(), std::string("ok"), std::string(100'000, 'x')}) {
        EXPECT_EQ(inflated(compressed(text, libdeflate_gzip_compress), Coding::gzip, 1 << 20),
                  text);
        EXPECT_EQ(inflated(compressed(text, libdeflate_zlib_compress), Coding::deflate, 1 << 20),
                  text);
        EXPECT_EQ(inflated(compressed(text, libdeflate_deflate_compress), Coding::deflate, 1 << 20),
                  text);
    }
    const std::string two =
        compressed("one ", libdeflate_gzip_compress) + compressed("two", libdeflate_gzip_compress);
    EXPECT_EQ(inflated(two, Coding::gzip, 100), "one two");
}

TEST(Inflate, no_more_comes_out_than_may) {
    const std::string bomb = compressed(std::string(10 << 20, '\0'), libdeflate_gzip_compress);
    EXPECT_LT(bomb.size(), 20'000U);
    EXPECT_EQ(inflated(bomb, Coding::gzip, 1 << 20).error(), "is larger than the limit");
    EXPECT_EQ(inflated(bomb, Coding::gzip, 10 << 20).value().size(), 10U << 20);
    const std::string many = compressed("0123456789", libdeflate_gzip_compress);
    EXPECT_EQ(inflated(many + many, Coding::gzip, 19).error(), "is larger than the limit");
}

TEST(Inflate, reports_damage) {
    const std::string good = compressed(std::string(1000, 'x'), libdeflate_gzip_compress);
    for (std::size_t kept = 0; kept < good.size(); ++kept)
        EXPECT_FALSE(inflated(good.substr(0, kept), Coding::gzip, 1 << 20)) << kept;
    EXPECT_EQ(inflated(good + "x", Coding::gzip, 1 << 20).error(), "is damaged or cut off");
    EXPECT_EQ(inflated("<html>", Coding::gzip, 1 << 20).error(), "is damaged or cut off");
    std::string flipped = good;
    flipped[flipped.size() - 6] ^= 1;  // of the checksum
    EXPECT_EQ(inflated(flipped, Coding::gzip, 1 << 20).error(), "is damaged or cut off");
}

}  // namespace
}  // namespace vitals::wire
