#include "wire/grpc_frame.hpp"

#include <gtest/gtest.h>

namespace vitals::wire::grpc {
namespace {

TEST(GrpcFrame, holds_one_message) {
    EXPECT_EQ(write_frame(""), std::string(5, '\0'));
    EXPECT_EQ(write_frame(write_health_request("db")), std::string("\0\0\0\0\4\x0a\x02"
                                                                   "db",
                                                                   9));
    const std::string whole("\0\0\0\0\2\x08\x01", 7);
    EXPECT_EQ(read_frame(whole).value(), "\x08\x01");
    EXPECT_EQ(read_frame("").error(), "no message");
    for (std::size_t cut = 1; cut < whole.size(); ++cut)
        EXPECT_EQ(read_frame(whole.substr(0, cut)).error(), "message cut") << cut;
    EXPECT_EQ(read_frame(whole + whole).error(), "more than one message");
    EXPECT_EQ(read_frame("\x01").error(), "compressed message, which was not asked for");
    EXPECT_EQ(read_frame(std::string("\0\xff\xff\xff\xff", 5)).error(), "message cut");
    EXPECT_EQ(write_health_request(std::string(200, 'x')).substr(0, 3), "\x0a\xc8\x01");
}

TEST(GrpcHealth, is_read) {
    EXPECT_EQ(read_health_response("").value(), Health::unknown);
    EXPECT_EQ(read_health_response("\x08\x01").value(), Health::serving);
    EXPECT_EQ(read_health_response("\x08\x02").value(), Health::not_serving);
    EXPECT_EQ(read_health_response("\x08\x03").value(), Health::service_unknown);
    EXPECT_EQ(read_health_response("\x08\x09").value(), Health::unknown);
    EXPECT_EQ(read_health_response("\x12\x03new\x08\x01").value(), Health::serving);
    for (const char* bad :
         {"\x08", "\x12\x05x", "\x0b", "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"})
        EXPECT_FALSE(read_health_response(bad)) << bad;
}

TEST(GrpcHealth, is_written_as_it_is_read) {
    for (const Health health :
         {Health::unknown, Health::serving, Health::not_serving, Health::service_unknown})
        EXPECT_EQ(read_health_response(write_health_response(health)).value(), health);
    EXPECT_EQ(write_health_response(Health::unknown), "");
    EXPECT_EQ(write_health_response(Health::not_serving), "\x08\x02");
}

TEST(GrpcHealth, reads_requests) {
    for (const std::string& service : {std::string(), std::string("db"), std::string(300, 'x')})
        EXPECT_EQ(read_health_request(write_health_request(service)).value(), service);
    EXPECT_EQ(read_health_request("\x10\x01\x0a\x01z").value(), "z");
    // Of a field that comes twice, the last one counts.
    EXPECT_EQ(read_health_request("\x0a\x01y\x0a\x01z").value(), "z");
    for (const char* bad : {"\x0a", "\x0a\x05z", "\x0b", "z"})
        EXPECT_FALSE(read_health_request(bad)) << bad;
}

TEST(GrpcHealth, lists_services) {
    EXPECT_EQ(write_health_list({}), "");
    EXPECT_EQ(write_health_list({{"", Health::serving}, {"db", Health::unknown}}),
              std::string("\x0a\x06\x0a\0\x12\x02\x08\x01"
                          "\x0a\x06\x0a\x02"
                          "db\x12\0",
                          16));
}

}  // namespace
}  // namespace vitals::wire::grpc
