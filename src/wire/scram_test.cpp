#include "wire/scram.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace vitals::wire::scram {
namespace {

std::string message(char type, const std::string& body) {
    std::string made(1, type);
    for (int shift = 24; shift >= 0; shift -= 8)
        made += static_cast<char>((body.size() + 4) >> shift & 0xff);
    return made + body;
}

std::string challenge(const std::string& iterations) {
    return message('R', std::string("\0\0\0\x0b", 4) + "r=abcdef,s=c2FsdA==,i=" + iterations);
}

TEST(Scram, the_count_is_found_behind_other_messages) {
    EXPECT_EQ(iterations_asked(challenge("4096")), 4096u);
    EXPECT_EQ(iterations_asked(challenge("2147483647,x=y")), 2147483647u);
    EXPECT_EQ(iterations_asked(message('N', "SNOTICE") + challenge("5") + "more"), 5u);
    EXPECT_EQ(iterations_asked(challenge("99999999999999999999")),
              std::numeric_limits<std::uint64_t>::max());
}

TEST(Scram, what_asks_for_nothing_says_nothing) {
    const std::string trusted = message('R', std::string(4, '\0'));
    for (const std::string& text :
         {std::string(), std::string("R"), trusted, challenge(""), challenge("x"), challenge("-1"),
          message('E', "r=a,s=b,i=7"), message('R', std::string("\0\0\0\x0b", 4) + "r=a"),
          std::string("R\0\0\0\x03", 5), std::string("HTTP/1.1 400 Bad Request\r\n,i=9\r\n")})
        EXPECT_FALSE(iterations_asked(text)) << text;
}

TEST(Scram, a_piece_of_it_never_says_more_than_the_whole) {
    const std::string whole = message('N', "x") + challenge("4096");
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const auto count = iterations_asked(whole.substr(0, size));
        if (count) EXPECT_LE(*count, 409u) << size;
    }
}

}  // namespace
}  // namespace vitals::wire::scram
