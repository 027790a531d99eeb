#include "names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vitals::backends::celery {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(CeleryNames, are_made_as_kombu_makes_them) {
    Names names;
    EXPECT_THAT(names.event_channels("celeryev"),
                ElementsAre("/0.celeryev/worker.*", "/0.celeryev"));
    names.global_keyprefix = "shop:";
    names.database = "12";
    EXPECT_EQ(names.channel("celery.pidbox"), "shop:/12.celery.pidbox");
    EXPECT_THAT(names.event_channels("celeryev"),
                ElementsAre("shop:/12.celeryev/worker.*", "shop:/12.celeryev"));
}

TEST(CeleryNames, are_escaped_as_patterns) {
    Names names{.global_keyprefix = "shop:", .fanout_prefix = "false"};
    EXPECT_THAT(names.event_channels("celeryev"),
                ElementsAre("shop:celeryev/worker.*", "shop:celeryev"));
    names.fanout_prefix = "a*[b].";
    EXPECT_THAT(names.event_channels("celeryev"),
                ElementsAre("shop:a\\*\\[b\\].celeryev/worker.*", "shop:a\\*\\[b\\].celeryev"));
}

TEST(CeleryFanoutPrefix, is_refused_when_kombu_could_not_read_it_again) {
    for (const char* good : {"/{db}.", "/shop.", "/fan{db}.", "false"})
        EXPECT_EQ(fanout_prefix_problem(good), "") << good;
    for (const char* deadly : {"", "/", ".", "shop", "shop.", "/shop", "/a.b.", "/a.b", "true"})
        EXPECT_THAT(fanout_prefix_problem(deadly), HasSubstr("kombu")) << deadly;
    EXPECT_EQ(fanout_prefix_problem("/" + std::string(200, 'x') + "."), "has more than 200 bytes");
}

TEST(CeleryDatabase, is_the_path_of_the_url) {
    EXPECT_EQ(database_of(""), "0");
    EXPECT_EQ(database_of("/"), "0");
    EXPECT_EQ(database_of("/12"), "12");
}

}  // namespace
}  // namespace vitals::backends::celery
