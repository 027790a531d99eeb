// Compression: for which clients, for which bodies, and that it can be decompressed.
#include "http/gzip.hpp"

#include <gtest/gtest.h>
#include <libdeflate.h>

#include <string>

namespace vitals::http {
namespace {

TEST(AcceptsGzip, reads_names_and_weights) {
    for (const char* wants :
         {"gzip", "GZIP", "x-gzip", "deflate, gzip", "gzip;q=0.5", "gzip ; q=1.0",
          "br;q=1.0, gzip;q=0.001", "*", "identity;q=0, *;q=0.1"})
        EXPECT_TRUE(accepts_gzip(wants)) << wants;
    for (const char* refuses : {"", "identity", "gzip;q=0", "gzip;q=0.000", "*;q=0", "deflate, br",
                                "gzip;q=0, *", "*, gzip;q=0", ",;,", "gzipped"})
        EXPECT_FALSE(accepts_gzip(refuses)) << refuses;
}

std::string decompressed(const std::string& body, std::size_t size) {
    std::string text(size, '\0');
    libdeflate_decompressor* const decompressor = libdeflate_alloc_decompressor();
    std::size_t found = 0;
    EXPECT_EQ(libdeflate_gzip_decompress(decompressor, body.data(), body.size(), text.data(),
                                         text.size(), &found),
              LIBDEFLATE_SUCCESS);
    libdeflate_free_decompressor(decompressor);
    text.resize(found);
    return text;
}

TEST(Compress, makes_a_long_body_smaller_and_says_so) {
    std::string body;
    for (int i = 0; i < 500; ++i) body += "vitals_component_status " + std::to_string(i) + "\n";
    Response response{.body = body, .headers = {{"Vary", "Accept"}}};
    compress(response, true);
    EXPECT_LT(response.body.size(), body.size() / 3);
    EXPECT_EQ(response.headers,
              (Pairs{{"Vary", "Accept, Accept-Encoding"}, {"Content-Encoding", "gzip"}}));
    EXPECT_EQ(decompressed(response.body, body.size()), body);
}

TEST(Compress, leaves_what_nobody_wants_compressed_but_tells_caches) {
    Response response{.body = std::string(5000, 'x')};
    compress(response, false);
    EXPECT_EQ(response.body, std::string(5000, 'x'));
    EXPECT_EQ(response.headers, (Pairs{{"Vary", "Accept-Encoding"}}));
}

TEST(Compress, leaves_what_is_short_or_encoded) {
    Response brief{.body = "ok"};
    compress(brief, true);
    EXPECT_EQ(brief.body, "ok");
    EXPECT_TRUE(brief.headers.empty());
    Response encoded{.body = std::string(5000, 'x'), .headers = {{"Content-Encoding", "br"}}};
    compress(encoded, true);
    EXPECT_EQ(encoded.body.size(), 5000u);
}

}  // namespace
}  // namespace vitals::http
