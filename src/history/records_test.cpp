#include "history/records.hpp"

#include <gtest/gtest.h>

namespace vitals::history {
namespace {

using namespace std::chrono_literals;

class RecordsInAFile : public ::testing::Test {
  protected:
    void save(const std::vector<Record>& all) {
        Transaction transaction(database);
        records.save(all);
        transaction.commit();
    }
    std::string keys(const std::vector<Record>& all) {
        std::string joined;
        for (const Record& each : all) joined += each.key + " ";
        return joined;
    }

    Database database{":memory:", Database::Mode::write};
    Records records{database};

    void SetUp() override { database.execute(Records::schema); }
};

TEST_F(RecordsInAFile, keeps_what_was_saved_last) {
    const Record first{"incident", "1", System(5s), "db", "{}"};
    save({first});
    EXPECT_EQ(records.find("incident", "1"), first);
    Record second = first;
    second.text = "{\"a\":1}";
    save({second});
    EXPECT_EQ(records.find("incident", "1"), second);
    EXPECT_FALSE(records.find("told", "1"));
    second.text.reset();
    save({second});
    EXPECT_FALSE(records.find("incident", "1"));
}

TEST_F(RecordsInAFile, gives_the_latest_page_by_page) {
    for (int number = 1; number <= 5; ++number)
        save(
            {{"record", std::to_string(number), System(), number % 2 == 0 ? "even" : "odd", "{}"}});
    EXPECT_EQ(keys(records.latest("record", {}, "", 2)), "5 4 ");
    EXPECT_EQ(keys(records.latest("record", "4", "", 2)), "3 2 ");
    EXPECT_EQ(keys(records.latest("record", {}, "odd", 9)), "5 3 1 ");
    EXPECT_EQ(keys(records.latest("record", "1", "", 9)), "");
    EXPECT_EQ(keys(records.latest("other", {}, "", 9)), "");
}

TEST_F(RecordsInAFile, forgets_what_is_old) {
    for (int number = 1; number <= 5; ++number)
        save({{"record", std::to_string(number), System(std::chrono::seconds(number)), "", "{}"}});
    EXPECT_EQ(keys(records.before("record", System(4s), 2)), "3 2 ");
    EXPECT_EQ(records.forget("record", System(4s), 2), 2);
    EXPECT_EQ(keys(records.latest("record", {}, "", 9)), "5 4 3 ");
    EXPECT_EQ(records.forget("record", System(4s), 2), 1);
    EXPECT_EQ(records.forget("record", System(4s), 2), 0);
}

TEST_F(RecordsInAFile, keeps_any_text) {
    const Record strange{"note", "a'b", System(1s), std::string("x\0y", 3), "\xf0\x9f\x92\xa9\n\""};
    save({strange});
    EXPECT_EQ(records.find("note", "a'b")->text, strange.text);
}

}  // namespace
}  // namespace vitals::history
