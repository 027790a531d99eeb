#include "text/base64.hpp"

#include <gtest/gtest.h>

namespace vitals::text {
namespace {

// RFC 4648, section 10.
TEST(Base64, encodes_and_decodes_the_vectors_of_its_rfc) {
    const std::pair<std::string, std::string> vectors[] = {{"", ""},
                                                           {"f", "Zg=="},
                                                           {"fo", "Zm8="},
                                                           {"foo", "Zm9v"},
                                                           {"foob", "Zm9vYg=="},
                                                           {"fooba", "Zm9vYmE="},
                                                           {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, code] : vectors) {
        EXPECT_EQ(base64(plain), code);
        EXPECT_EQ(from_base64(code), plain);
    }
}

TEST(Base64, has_an_alphabet_for_urls) {
    EXPECT_EQ(base64("\xFB\xFF\xFE"), "+//+");
    EXPECT_EQ(base64_url("\xFB\xFF\xFE"), "-__-");
    EXPECT_EQ(base64_url("f"), "Zg");
    EXPECT_EQ(from_base64_url("-__-"), "\xFB\xFF\xFE");
    EXPECT_EQ(from_base64_url("Zg"), "f");
}

TEST(Base64, refuses_what_it_does_not_write) {
    for (const char* text : {"Zg", "Zg=", "Zg===", "Z", "Zh==", "Zm9v\n", "Zm 9", "-__-", "=Zg="})
        EXPECT_EQ(from_base64(text), std::nullopt) << text;
    for (const char* text : {"Zg==", "Z", "Zh", "+//+"})
        EXPECT_EQ(from_base64_url(text), std::nullopt) << text;
}

}  // namespace
}  // namespace vitals::text
