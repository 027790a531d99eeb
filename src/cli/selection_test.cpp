#include "cli/selection.hpp"

#include <gtest/gtest.h>

namespace vitals::cli {
namespace {

using Words = std::vector<std::string>;

const Component components[] = {{.name = "caches/default", .kind = "redis"},
                                {.name = "databases/main", .kind = "tcp", .tags = {"storage"}},
                                {.name = "databases/test", .kind = "tcp"},
                                {.name = "disk", .kind = "disk", .tags = {"storage"}},
                                {.name = "media storage service", .kind = "s3"}};

std::string selected(const Words& words) {
    std::vector<const Component*> known;
    for (const auto& component : components) known.push_back(&component);
    const auto found = select(words, known);
    if (!found) return found.error();
    std::string text;
    for (const auto& one : *found) {
        text += known[one.index]->name + (one.by_name ? "!" : "") + ';';
    }
    return text;
}

TEST(Select, takes_names_and_globs_once_in_their_order) {
    EXPECT_EQ(selected({"disk", "databases/*"}), "databases/main;databases/test;disk!;");
    EXPECT_EQ(selected({"*", "disk", "disk"}),
              "caches/default;databases/main;databases/test;disk!;media storage service;");
    EXPECT_EQ(selected({"media storage service"}), "media storage service!;");
}

TEST(Select, leaves_out_excluded_names) {
    EXPECT_EQ(selected({"databases/*", "!databases/test"}), "databases/main;");
    EXPECT_EQ(selected({"!databases/*"}), "caches/default;disk;media storage service;");
}

TEST(Select, takes_tags_and_kinds) {
    EXPECT_EQ(selected({"tag:storage"}), "databases/main;disk;");
    EXPECT_EQ(selected({"kind:tcp", "!tag:storage"}), "databases/test;");
    EXPECT_EQ(selected({"tag:network"}), "no component matches 'tag:network'");
}

TEST(Select, says_which_word_matches_nothing) {
    EXPECT_EQ(selected({"databses/main"}),
              "no component 'databses/main', did you mean 'databases/main'?");
    EXPECT_EQ(selected({"disk", "quite something else"}), "no component 'quite something else'");
    EXPECT_EQ(selected({"queues/*"}), "no component matches 'queues/*'");
    EXPECT_EQ(selected({"databases"}), "no component 'databases'; 'databases/*' takes that group");
    EXPECT_EQ(selected({"*", "!dsik"}), "no component 'dsik', did you mean 'disk'?");
}

TEST(Url, is_distinguished_from_a_name) {
    EXPECT_TRUE(looks_like_url("https://example.org"));
    EXPECT_TRUE(looks_like_url("file:/etc/passwd"));
    EXPECT_TRUE(looks_like_url("unix:/run/x.sock"));
    EXPECT_FALSE(looks_like_url("databases/main"));
    EXPECT_FALSE(looks_like_url("media storage: service"));
    EXPECT_FALSE(looks_like_url(":"));
    EXPECT_FALSE(looks_like_url("8080:tcp"));
    EXPECT_FALSE(looks_like_url("databases/a:b"));
    EXPECT_FALSE(looks_like_url("tag:storage"));
    EXPECT_FALSE(looks_like_url("kind:tcp"));
}

}  // namespace
}  // namespace vitals::cli
