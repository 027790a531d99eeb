// What is compressed while it is made can be decompressed, whatever the hints.
#include "http/gzip_writer.hpp"

#include <gtest/gtest.h>
#include <libdeflate.h>

#include <random>
#include <string>
#include <utility>

namespace vitals::http {
namespace {

std::string decompressed(const std::string& body, std::size_t size) {
    std::string text(size, '\0');
    libdeflate_decompressor* const decompressor = libdeflate_alloc_decompressor();
    std::size_t read = 0, found = 0;
    EXPECT_EQ(libdeflate_gzip_decompress_ex(decompressor, body.data(), body.size(), text.data(),
                                            text.size(), &read, &found),
              LIBDEFLATE_SUCCESS);
    libdeflate_free_decompressor(decompressor);
    EXPECT_EQ(read, body.size());
    text.resize(found);
    return text;
}

TEST(GzipWriter, compresses_nothing_and_single_characters) {
    EXPECT_EQ(decompressed(GzipWriter().finish(), 10), "");
    for (const char* text : {"", "a", "aaaaaaaa", "\n"}) {
        GzipWriter gzip;
        gzip.block(text);
        EXPECT_EQ(decompressed(gzip.finish(), 10), text);
    }
}

TEST(GzipWriter, uses_what_repeats) {
    std::string text;
    for (int i = 0; i < 1000; ++i)
        text += "check_seconds{component=\"group/node-" + std::to_string(i % 10) + "\"} 1\n";
    GzipWriter hinted, plain;
    hinted.repeats_lines(text, 0);
    hinted.block(text);
    plain.block(text);
    const std::string small = hinted.finish(), large = plain.finish();
    EXPECT_LT(small.size(), text.size() / 8);
    EXPECT_GT(large.size(), text.size() / 2);
    EXPECT_EQ(decompressed(small, text.size()), text);
    EXPECT_EQ(decompressed(large, text.size()), text);
}

// All lengths and distances of the format, and parts that are longer.
TEST(GzipWriter, reaches_as_far_as_the_format) {
    std::mt19937 random(7);
    for (const std::size_t distance : {1u, 2u, 5u, 64u, 257u, 4097u, 24'577u, 32'700u, 40'000u}) {
        std::string text;
        for (std::size_t i = 0; i < distance; ++i) text += static_cast<char>(random());
        GzipWriter gzip;
        for (std::size_t length = 1; length < 700; length += 3) {
            const std::size_t begin = text.size(), size = std::min(length, distance);
            text += text.substr(begin - distance, size);
            gzip.repeats(text, {begin, begin + size}, {begin - distance, begin - distance + size});
        }
        gzip.block(text);
        const std::string body = gzip.finish();
        EXPECT_EQ(decompressed(body, text.size()), text) << distance;
        if (distance > 1000 && distance < 32'768) EXPECT_LT(body.size(), distance + 6000);
    }
}

TEST(GzipWriter, survives_hints_that_are_wrong) {
    std::mt19937 random(42);
    const auto below = [&random](std::size_t most) { return random() % most; };
    for (int round = 0; round < 300; ++round) {
        GzipWriter gzip;
        std::string all;
        for (std::size_t blocks = below(4); blocks-- > 0;) {
            std::string text;
            // Few letters repeat by chance; many make codes of all lengths.
            const std::size_t letters = 1 + below(round % 2 == 0 ? 3 : 256);
            for (std::size_t i = below(5000); i-- > 0;)
                text += static_cast<char>(below(below(letters) + 1));
            for (std::size_t hints = below(300); hints-- > 0 && !text.empty();) {
                const auto part = [&] {
                    const std::size_t begin = below(text.size());
                    return GzipWriter::Part{begin, begin + below(text.size() + 1 - begin)};
                };
                const GzipWriter::Part one = part(), other = part();
                gzip.repeats(text, one, other);
            }
            gzip.block(text);
            all += text;
        }
        ASSERT_EQ(decompressed(gzip.finish(), all.size() + 1), all) << round;
    }
}

// Counts like Fibonacci's numbers make the longest codes, longer than the format's 15 bits.
TEST(GzipWriter, keeps_to_the_longest_code) {
    std::string text;
    std::size_t count = 1, before = 1;
    for (int letter = 0; letter < 27; ++letter) {
        text.append(count, static_cast<char>('A' + letter));
        before = std::exchange(count, count + before);
    }
    GzipWriter gzip;
    gzip.block(text);
    EXPECT_EQ(decompressed(gzip.finish(), text.size()), text);
}

}  // namespace
}  // namespace vitals::http
