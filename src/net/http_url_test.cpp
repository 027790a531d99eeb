#include "net/detail/http_url.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "model/check_error.hpp"

namespace vitals::net {
namespace {

std::string shown(const HttpUrl& url) {
    const std::size_t path = url.text.find('/', url.text.find("://") + 3);
    return fmt::format("{} {} {}{}{}", url.tls ? "https" : "http", url.host, url.port,
                       url.user.empty() && url.password.empty()
                           ? std::string()
                           : fmt::format(" {}/{}", url.user, url.password),
                       " " + url.text.substr(path));
}

TEST(HttpUrl, is_split_into_its_parts) {
    const std::pair<const char*, const char*> urls[] = {
        {"http://shop.example.org", "http shop.example.org 80 /"},
        {"http://h:8080/a/b?c=d&e=/f", "http h 8080 /a/b?c=d&e=/f"},
        {"https://h/x#part", "https h 443 /x"},
        {"HTTPS://Shop.Example/X", "https shop.example 443 /X"},
        {"http://h?q=1", "http h 80 /?q=1"},
        {"http://h:/x", "http h 80 /x"},
        {"http://h:080/", "http h 80 /"},
        {"http://h./", "http h. 80 /"},
        {"http://a_b/", "http a_b 80 /"},
        {"http://u%40:p%3aw@h/", "http h 80 u@/p:w /"},
        {"http://:p@h/", "http h 80 /p /"},
        {"http://[::1]:81/", "http ::1 81 /"},
        {"http://[fe80::1%25eth0]/", "http fe80::1%eth0 80 /"},
        {"http://%61b/", "http ab 80 /"},
    };
    for (const auto& [url, expected] : urls) EXPECT_EQ(shown(parse_http_url(url)), expected) << url;
}

TEST(HttpUrl, keeps_the_path_as_it_stands_but_for_what_may_not_stand_there) {
    for (const std::string path : {"/a/../b", "/./b", "//x", "/%41b", "/{x}", "/?a[]=1", "/?"})
        EXPECT_EQ(parse_http_url("http://h" + path).text, "http://h" + path);
    EXPECT_EQ(parse_http_url("http://h/a b?\"c\"").text, "http://h/a%20b?%22c%22");
    EXPECT_EQ(parse_http_url("http://h/\xc3\xa4").text, "http://h/%C3%A4");
}

TEST(HttpUrl, knows_the_other_ways_to_write_an_address) {
    for (const char* url : {"http://127.1/", "http://0x7f.1/", "http://2130706433/",
                            "http://0177.0.0.1/", "http://127.0.0.1/"})
        EXPECT_EQ(parse_http_url(url).host, "127.0.0.1") << url;
    for (const std::string name : {"1.2.3.4.5", "256.1.1.1", "a.1", "1.2.3.4.", "1a.0x1b"})
        EXPECT_EQ(parse_http_url("http://" + name + "/").host, name);
}

TEST(HttpUrl, refuses_a_text_that_is_no_url) {
    for (const char* url :
         {"", "http://", "http://h:0x/", "http://h:99999/", "http://h:x/", "http://a b/",
          "http://:80/", "http://h\r\n/", "http://h/\r\n", "ftp://h/", "h/x", "http:/h"}) {
        EXPECT_THROW((void)parse_http_url(url), CheckError) << url;
    }
}

// RFC 3986, 5.4.
TEST(HttpUrl, joins_a_location_as_the_rfc_says) {
    const HttpUrl base = parse_http_url("http://u:p@a/b/c/d;p?q");
    const std::pair<const char*, const char*> locations[] = {
        {"g", "http://a/b/c/g"},
        {"./g", "http://a/b/c/g"},
        {"g/", "http://a/b/c/g/"},
        {"/g", "http://a/g"},
        {"//g", "http://g/"},
        {"?y", "http://a/b/c/d;p?y"},
        {"g?y", "http://a/b/c/g?y"},
        {"#s", "http://a/b/c/d;p?q"},
        {"g#s", "http://a/b/c/g"},
        {";x", "http://a/b/c/;x"},
        {"", "http://a/b/c/d;p?q"},
        {".", "http://a/b/c/"},
        {"..", "http://a/b/"},
        {"../g", "http://a/b/g"},
        {"../..", "http://a/"},
        {"../../../g", "http://a/g"},
        {"/./g", "http://a/g"},
        {"/../g", "http://a/g"},
        {"g.", "http://a/b/c/g."},
        {"..g", "http://a/b/c/..g"},
        {"./g/.", "http://a/b/c/g/"},
        {"g/./h", "http://a/b/c/g/h"},
        {"g/../h", "http://a/b/c/h"},
        {"g;x=1/../y", "http://a/b/c/y"},
        {"g?y/../x", "http://a/b/c/g?y/../x"},
        {"/x?u=http://y/../z", "http://a/x?u=http://y/../z"},
        {"https://h2/a/../b", "https://h2/b"},
        {"two words", "http://a/b/c/two%20words"},
        // What stands before the colon is no scheme.
        {"Help_talk:X", "http://a/b/c/Help_talk:X"},
        {"1:2", "http://a/b/c/1:2"},
    };
    for (const auto& [location, expected] : locations)
        EXPECT_EQ(join(base, location).text, expected) << location;
    EXPECT_EQ(join(base, "/x").user, "");
    EXPECT_THROW((void)join(base, "file:///x"), CheckError);
    EXPECT_THROW((void)join(base, "mailto:x"), CheckError);
    EXPECT_THROW((void)join(base, "http://:80/"), CheckError);
    EXPECT_THROW((void)join(base, "/a\nb"), CheckError);
}

}  // namespace
}  // namespace vitals::net
