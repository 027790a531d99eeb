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

}  // namespace
}  // namespace vitals::wire::grpc
