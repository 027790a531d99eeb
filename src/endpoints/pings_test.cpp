#include "endpoints/pings.hpp"

#include <gtest/gtest.h>

namespace vitals::endpoints {
namespace {

constexpr std::string_view uuid = "3f2b6a1e-5c0d-4c4b-9a54-3e7a6b1f0c11";

std::string shown(const std::string& path) {
    const auto ping = parse_ping_path(path);
    if (!ping) return "none";
    std::string text(ping->kuma ? "kuma " : "");
    text += ping->key == uuid ? "UUID" : std::string(ping->key);
    if (!ping->slug.empty()) text += " " + std::string(ping->slug);
    switch (ping->what) {
        case PingPath::What::start:
            return text + " start";
        case PingPath::What::fail:
            return text + " fail";
        case PingPath::What::log:
            return text + " log";
        case PingPath::What::end:
            break;
    }
    return text + " end" + (ping->exit_code ? " " + std::to_string(*ping->exit_code) : "");
}

TEST(PingPath, is_read_as_healthchecks_reads_it) {
    const std::string key = "/ping/" + std::string(uuid);
    EXPECT_EQ(shown(key), "UUID end");
    EXPECT_EQ(shown(key + "/"), "UUID end");
    EXPECT_EQ(shown(key + "/start"), "UUID start");
    EXPECT_EQ(shown(key + "/fail"), "UUID fail");
    EXPECT_EQ(shown(key + "/log"), "UUID log");
    EXPECT_EQ(shown(key + "/0"), "UUID end 0");
    EXPECT_EQ(shown(key + "/255"), "UUID end 255");
    EXPECT_EQ(shown(key + "/256"), "UUID end 256") << "refused by whoever reads it";
    EXPECT_EQ(shown(key + "/-1"), "UUID -1 end");
    EXPECT_EQ(shown(key + "/1000"), "UUID 1000 end") << "a slug";
    EXPECT_EQ(shown("/" + std::string(uuid) + "/start"), "UUID start");
}

TEST(PingPath, may_have_a_slug) {
    EXPECT_EQ(shown("/ping/shared-key/nightly-db"), "shared-key nightly-db end");
    EXPECT_EQ(shown("/ping/shared-key/nightly-db/start"), "shared-key nightly-db start");
    EXPECT_EQ(shown("/ping/shared-key/nightly-db/3"), "shared-key nightly-db end 3");
    EXPECT_EQ(shown("/ping/shared-key/start/start"), "shared-key start start");
}

TEST(PingPath, is_read_as_uptime_kuma_does) {
    EXPECT_EQ(shown("/api/push/JSHs372KL8"), "kuma JSHs372KL8 end");
    EXPECT_EQ(shown("/api/push/JSHs372KL8/"), "kuma JSHs372KL8 end");
    EXPECT_EQ(shown("/api/push/JSHs372KL8/start"), "none");
}

TEST(PingPath, is_no_other_path) {
    for (const char* path :
         {"/", "", "/ping", "/ping/", "/ping//start", "/pingkey", "/api/push", "/api/push/",
          "/api/pushkey", "/metrics", "/ping/k/s/start/x", "/ping/k//start",
          "/3f2b6a1e-5c0d-4c4b-9a54-3e7a6b1f0c1g", "/3f2b6a1e-5c0d-4c4b-9a54-3e7a6b1f0c111"})
        EXPECT_EQ(shown(path), "none") << path;
}

TEST(Slug, stands_for_a_name_in_a_path) {
    EXPECT_EQ(slug_of("nightly/DB main"), "nightly-db-main");
    EXPECT_EQ(slug_of("backup_2"), "backup_2");
    EXPECT_EQ(slug_of("/a//b/"), "a-b");
    EXPECT_EQ(slug_of("---"), "");
    EXPECT_EQ(slug_of("caf\xc3\xa9"), "caf");
}

}  // namespace
}  // namespace vitals::endpoints
