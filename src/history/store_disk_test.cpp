// Disks that are full or cannot be written. They are real ones, mounted in memory.
#include <thread>

#include "history/store_testing.hpp"

namespace vitals::history {
namespace {

using namespace testing;

TEST_F(DiskTest, a_full_disk_degrades_the_store_and_loses_nothing) {
    VITALS_NEEDS_DISK();
    const Disk disk(2'048);
    Witness witness;
    Store store(in(disk.path()), witness.log(), witness.health());
    ASSERT_TRUE(witness.sees_ok());
    disk.fill();
    EXPECT_TRUE(witness.sees("disk full")) << "seen without anything being written";
    // Of five components, because more than 2,000 changes of one would be merged.
    const auto name = [](int number) { return "redis/" + std::to_string(number % 5); };
    for (int second = 0; second < 5'000; ++second)
        store.append(flap(name(second), second, std::string(500, 'x')));
    for (int tries = 0; tries < 20; ++tries) {
        all(store, "nobody");  // reading works, which proves nothing
        std::this_thread::sleep_for(50ms);
        EXPECT_EQ(witness.last().detail, "disk full");
        EXPECT_EQ(witness.last().status, Status::degraded);
    }

    std::filesystem::remove(disk.filler());
    ASSERT_EQ(::mount("tmpfs", disk.path().c_str(), "tmpfs", MS_REMOUNT, "size=16m"), 0);
    EXPECT_TRUE(witness.sees_ok());
    std::size_t kept = 0;
    for (int number = 0; number < 5; ++number) kept += all(store, name(number)).size();
    EXPECT_EQ(kept, 5'000u);
}

TEST_F(DiskTest, a_disk_full_from_the_start_is_used_once_it_has_room) {
    VITALS_NEEDS_DISK();
    const Disk disk(1'024);
    disk.fill();
    Witness witness;
    Store store(in(disk.path()), witness.log(), witness.health());
    EXPECT_EQ(store.saved_decommission(), std::nullopt);
    EXPECT_TRUE(witness.sees("disk full"));
    EXPECT_FALSE(save(store, "gone"));
    std::filesystem::remove(disk.filler());
    EXPECT_TRUE(witness.sees_ok());
    for (int tries = 0; tries < 100; ++tries) {
        if (read(disk.path() + "/decommission").ends_with("\ngone")) return;
        std::this_thread::sleep_for(50ms);
    }
    FAIL() << "the decommission was not saved once there was room";
}

TEST_F(DiskTest, a_decommission_is_read_from_a_full_disk) {
    VITALS_NEEDS_DISK();
    const Disk disk(1'024);
    Witness witness;
    {
        Store store(in(disk.path()), witness.log(), witness.health());
        ASSERT_TRUE(save(store, "gone"));
    }
    disk.fill();
    Store store(in(disk.path()), witness.log(), witness.health());
    EXPECT_EQ(store.saved_decommission(), "gone");
    EXPECT_TRUE(witness.sees("disk full"));
}

TEST_F(DiskTest, a_read_only_disk_is_not_writable_until_it_is) {
    VITALS_NEEDS_DISK();
    const Disk disk(1'024);
    Witness before;
    {
        Store store(in(disk.path()), before.log(), before.health());
        ASSERT_TRUE(save(store, "gone"));
    }
    disk.read_only(true);
    Witness witness;
    Store store(in(disk.path()), witness.log(), witness.health());
    EXPECT_EQ(store.saved_decommission(), "gone");
    EXPECT_TRUE(witness.sees("not writable"));
    store.append(record("redis", 1));
    disk.read_only(false);
    EXPECT_TRUE(witness.sees_ok());
    EXPECT_EQ(all(store, "redis").size(), 1u);
}

TEST_F(DiskTest, a_directory_that_cannot_be_made_is_not_writable) {
    VITALS_NEEDS_DISK();
    const Disk disk(1'024);
    disk.read_only(true);
    Witness witness;
    Store store(in(disk.path() + "/state"), witness.log(), witness.health());
    EXPECT_TRUE(witness.sees("not writable"));
    EXPECT_NE(witness.last().error.find("cannot create"), std::string::npos)
        << witness.last().error;
    disk.read_only(false);
    EXPECT_TRUE(witness.sees_ok());
}

}  // namespace
}  // namespace vitals::history
