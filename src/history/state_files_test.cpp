// The two files beside the database, byte for byte.
#include "history/state_files.hpp"

#include <sys/stat.h>

#include "history/store_testing.hpp"

namespace vitals::history {
namespace {

using namespace testing;

TEST(DecommissionFile, has_a_version_a_checksum_and_the_text) {
    const Folder folder;
    const DecommissionFile file(folder.path());
    EXPECT_EQ(file.read(), std::nullopt);
    EXPECT_EQ(file.write("moving\nto rack 7"), std::nullopt);
    EXPECT_EQ(read(folder / "decommission"),
              "vitals decommission 1\n5475eb5ab913deb8\nmoving\nto rack 7");
    EXPECT_EQ(file.read(), "moving\nto rack 7");
    EXPECT_EQ(file.write(""), std::nullopt);
    EXPECT_EQ(file.read(), "");
    EXPECT_FALSE(std::filesystem::exists(folder / "decommission.new"));
}

TEST(DecommissionFile, every_changed_byte_is_damage) {
    const std::string good = decommission_bytes("gone");
    for (std::size_t i = 0; i < good.size(); ++i) {
        std::string bad = good;
        bad[i] = static_cast<char>(bad[i] ^ 1);
        EXPECT_FALSE(decommission_text(bad)) << i;
        EXPECT_FALSE(decommission_text(good.substr(0, i))) << i;
    }
    EXPECT_EQ(decommission_text("vitals decommission 2\nwhatever").error(),
              "was written by a newer vitals");
}

TEST(DecommissionFile, only_a_file_is_read) {
    const Folder folder;
    const DecommissionFile file(folder.path());
    ASSERT_EQ(::mkfifo((folder / "decommission").c_str(), 0600), 0);
    EXPECT_EQ(file.read().error(), folder / "decommission" + " is not a regular file");
    EXPECT_EQ(file.write("gone"), std::nullopt) << "replaced, not written into";
    EXPECT_EQ(file.read(), "gone");
}

TEST(DecommissionFile, says_why_it_cannot_be_written) {
    const DecommissionFile file("/nonexistent");
    EXPECT_EQ(file.write("gone"), "/nonexistent/decommission.new: No such file or directory");
}

TEST(LinkKeyFile, is_for_its_owner_only) {
    const Folder folder;
    const LinkKeyFile file(folder.path());
    EXPECT_EQ(file.read(), "");
    EXPECT_EQ(file.write("0123"), std::nullopt);
    EXPECT_EQ(file.read(), "0123");
    EXPECT_EQ(std::filesystem::status(folder / "link.key").permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    EXPECT_EQ(file.write("4567"), std::nullopt);
    EXPECT_EQ(file.read(), "4567");
    std::filesystem::remove(folder / "link.key");
    ASSERT_EQ(::mkfifo((folder / "link.key").c_str(), 0600), 0);
    EXPECT_FALSE(file.read());
}

TEST(DirectoryLock, names_the_process_that_holds_it) {
    const Folder folder;
    DirectoryLock first;
    EXPECT_EQ(first.take(folder.path(), 4711), std::nullopt);
    EXPECT_EQ(read(folder / "lock"), "4711\n");
    DirectoryLock second;
    EXPECT_EQ(second.take(folder.path(), 4712), "4711");
    first.release();
    EXPECT_EQ(second.take(folder.path(), 4712), std::nullopt);
    EXPECT_EQ(read(folder / "lock"), "4712\n");
}

}  // namespace
}  // namespace vitals::history
