// pulpcore's status, byte for byte.
#include "dialects/dialect_testing.hpp"

namespace vitals::dialects::testing {
namespace {

const Dialect& pulp3 = *find("pulp3");

std::shared_ptr<const WorkerGroup> group(std::string name, std::vector<Worker> workers) {
    auto made = std::make_shared<WorkerGroup>();
    made->name = std::move(name);
    made->workers = std::move(workers);
    return made;
}

Snapshot running(Status database = Status::ok, Status redis = Status::ok) {
    const auto in = [](Status status) { return status == Status::ok ? ok() : failed("refused"); };
    Outcome disk = ok();
    disk.with("free_bytes", std::int64_t{6'935'977'984})
        .with("total_bytes", std::int64_t{32'737'570'816});
    Snapshot snapshot = snapshot_of({{"db", in(database), "postgres"},
                                     {"cache", in(redis), "redis"},
                                     {"media", disk, "disk"},
                                     own("vitals/engine")});
    snapshot.workers_valid_until = now + 1h;
    snapshot.workers = {group("api", {{"7@api", wall - 1s, now - 1s}}),
                        group("content", {{"12@content", wall - 2s + 23'915us, now - 2s}}),
                        group("tasks", {{"13@worker", wall - 3s + 22'812us, now - 3s},
                                        {"14@worker", wall - 90s, now - 90s, true}})};
    return snapshot;
}

Chosen mapped() {
    Chosen options(pulp3);
    options.set("database", std::string("db")).set("redis", std::string("cache"));
    options.set("storage", std::string("media")).set("workers", std::string("tasks"));
    options.set("api_apps", std::string("api")).set("content_apps", std::string("content"));
    options.set("versions", TextMap{{"core", "3.49.0"}, {"rpm", "3.25.1"}});
    return options.set("content_origin", std::string("https://pulp.example.org"));
}

Response ask(const Snapshot& snapshot, const Chosen& options) {
    return pulp3.render(snapshot, request_of(), options.get());
}

TEST(Pulp3, answers_as_pulpcore) {
    expect_golden("pulp3/running.json", ask(running(), mapped()));
}

TEST(Pulp3, lists_only_online_workers) {
    const std::string body = ask(running(), mapped()).body;
    EXPECT_NE(body.find(R"("online_workers":[{"name":"13@worker",)"
                        R"("last_heartbeat":"2026-11-21T01:02:00.022812Z",)"
                        R"("versions":{"core":"3.49.0","rpm":"3.25.1"}}],)"),
              std::string::npos)
        << body;
    EXPECT_EQ(body.find("14@worker"), std::string::npos);
}

TEST(Pulp3, stays_at_200_and_knows_no_workers_without_its_database) {
    const Response down = ask(running(Status::failed), mapped());
    EXPECT_EQ(down.status, 200);
    expect_golden("pulp3/database-down.json", down);
    EXPECT_NE(down.body.find(R"("online_workers":null,"online_api_apps":null,)"
                             R"("online_content_apps":null,"database_connection":)"
                             R"({"connected":false},"redis_connection":{"connected":true})"),
              std::string::npos)
        << down.body;
}

TEST(Pulp3, is_not_connected_to_a_cache_that_is_down_or_not_there) {
    EXPECT_NE(ask(running(Status::ok, Status::failed), mapped())
                  .body.find(R"("redis_connection":{"connected":false})"),
              std::string::npos);
    EXPECT_NE(ask(running(), mapped().set("redis", std::string()))
                  .body.find(R"("redis_connection":{"connected":false})"),
              std::string::npos);
}

TEST(Pulp3, leaves_unmapped_members_empty) {
    Chosen options(pulp3);
    options.set("database", std::string("db"));
    EXPECT_EQ(ask(running(), options).body,
              R"({"versions":[{"component":"core","version":"2.6.0","package":"pulpcore",)"
              R"("module":"pulpcore.app","domain_compatible":true}],"online_workers":[],)"
              R"("online_api_apps":[],"online_content_apps":[],)"
              R"("database_connection":{"connected":true},)"
              R"("redis_connection":{"connected":false},"storage":null,)"
              R"("content_settings":{"content_origin":null,)"
              R"("content_path_prefix":"/pulp/content/"},"domain_enabled":false})");
}

TEST(Pulp3, tells_no_figures_that_are_stale) {
    Snapshot snapshot = snapshot_of(
        {{"db", ok(), "postgres"},
         {.name = "media",
          .outcome = ok().with("free_bytes", std::int64_t{1}).with("total_bytes", std::int64_t{2}),
          .kind = "disk",
          .age = 90s}});
    EXPECT_NE(ask(snapshot, mapped()).body.find(R"("storage":null)"), std::string::npos);
}

TEST(Pulp3, is_on_its_path) {
    EXPECT_TRUE(pulp3.match("/pulp/api/v3/status/", "/pulp/api/v3/status/"));
    EXPECT_TRUE(pulp3.match("/pulp/api/v3/status/", "/pulp/api/v3/status"));
    EXPECT_FALSE(pulp3.match("/pulp/api/v3/status/", "/pulp/api/v3/"));
    EXPECT_FALSE(pulp3.mounted_by_default);
}

}  // namespace
}  // namespace vitals::dialects::testing
