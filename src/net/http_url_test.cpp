#include "net/http_url.hpp"

#include <gtest/gtest.h>

#include "model/check_error.hpp"

namespace vitals::net {
namespace {

// A fragment is never sent, but leaves the reading to curl.
TEST(HttpUrl, what_is_read_without_curl_is_read_as_by_curl) {
    for (const std::string url : {"http://shop.example.org",
                                  "http://shop.example.org/",
                                  "http://h:8080/a/b?c=d&e=/f",
                                  "http://127.0.0.1:20001/x",
                                  "http://h/a/../b",
                                  "http://h/./b",
                                  "http://h/?",
                                  "http://h:80/",
                                  "http://h?q=1",
                                  "http://h:/x",
                                  "http://h:080/",
                                  "http://127.1/",
                                  "http://0x7f.1/",
                                  "http://2130706433/",
                                  "http://1.2.3.4.5/",
                                  "http://256.1.1.1/",
                                  "http://H/",
                                  "http://a.1/",
                                  "http://h./",
                                  "http://1.2.3.4./",
                                  "http://a_b/",
                                  "http://u:p@h/",
                                  "http://[::1]:80/",
                                  "http://h/%41b",
                                  "http://h/{x}",
                                  "http://h//x",
                                  "http://-h/",
                                  "http://0177.0.0.1/",
                                  "http://1a.0x1b/",
                                  "http://0xab/"}) {
        for (const bool as_is : {false, true}) {
            const HttpUrl short_way = parse_http_url(url, as_is);
            const HttpUrl by_curl = parse_http_url(url + "#x", as_is);
            EXPECT_EQ(short_way.text, by_curl.text) << url;
            EXPECT_EQ(short_way.host, by_curl.host) << url;
            EXPECT_EQ(short_way.port, by_curl.port) << url;
            EXPECT_EQ(short_way.tls, by_curl.tls) << url;
            EXPECT_EQ(short_way.user, by_curl.user) << url;
            EXPECT_EQ(short_way.password, by_curl.password) << url;
        }
    }
}

TEST(HttpUrl, what_is_no_url_is_refused) {
    for (const char* url : {"http://", "http://h:0x/", "http://h:99999/", "http://h:x/",
                            "http://a b/", "http://:80/", "http://h\r\n/"}) {
        EXPECT_THROW((void)parse_http_url(url, true), CheckError) << url;
    }
}

}  // namespace
}  // namespace vitals::net
