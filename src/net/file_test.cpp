#include "net/file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>

#include "check_testing.hpp"

namespace vitals::net {
namespace {

TEST(ReadFile, reads_all_or_as_much_as_asked_for) {
    testing::TemporaryDirectory directory;
    const std::string content = std::string(40'000, 'a') + '\0' + "end";
    const std::string path = directory.write("file", content);
    EXPECT_EQ(read_file(path), content);
    EXPECT_EQ(read_file(path, 20'001), content.substr(0, 20'001));
    EXPECT_EQ(read_file(path, 0), "");
    EXPECT_TRUE(read_file("/proc/self/stat").value_or("").ends_with('\n'));
}

TEST(ReadFile, says_with_which_error_it_failed) {
    testing::TemporaryDirectory directory;
    EXPECT_EQ(read_file(directory.file("missing")).error(), ENOENT);
    EXPECT_EQ(read_file(directory.path()).error(), EISDIR);
}

TEST(ReadFile, does_not_wait_for_a_writer) {
    testing::TemporaryDirectory directory;
    ASSERT_EQ(::mkfifo(directory.file("pipe").c_str(), 0600), 0);
    EXPECT_EQ(read_file(directory.file("pipe")), "");
}

}  // namespace
}  // namespace vitals::net
