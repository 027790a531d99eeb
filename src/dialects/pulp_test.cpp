// Pulp's status, byte for byte.
#include "dialects/dialect_testing.hpp"

namespace vitals::dialects::testing {
namespace {

const Dialect& pulp = *find("pulp");

// The document's sample: its three workers and their last words.
Snapshot documented(Status database = Status::ok, Status broker = Status::ok) {
    const auto in = [](Status status) { return status == Status::ok ? ok() : failed("refused"); };
    Snapshot snapshot = snapshot_of(
        {{"db", in(database), "postgres"}, {"broker", in(broker), "amqp"}, own("vitals/engine")});
    const auto day = std::chrono::sys_days(std::chrono::year(2015) / 1 / 2) + 20h;
    auto group = std::make_shared<WorkerGroup>();
    group->name = "pulp";
    group->workers = {
        {"scheduler@status-info-net0.default.virt", day + 39min + 58s, now - 2s},
        {"reserved_resource_worker-0@status-info-net0.default.virt", day + 40min + 34s, now - 24s},
        {"resource_manager@status-info-net0.default.virt", day + 40min + 36s, now - 1s}};
    snapshot.workers.push_back(group);
    return snapshot;
}

Chosen mapped() {
    Chosen options(pulp);
    options.set("database", std::string("db")).set("messaging", std::string("broker"));
    return options.set("workers", std::string("pulp")).set("worker_style", std::string("name"));
}

Response ask(const Snapshot& snapshot, const Chosen& options) {
    return pulp.render(snapshot, request_of(), options.get());
}

TEST(Pulp, answers_as_documented) {
    expect_golden("pulp/documented.json", ask(documented(), mapped()));
    expect_golden("pulp/both.json",
                  ask(documented(), mapped().set("worker_style", std::string("both"))));
    expect_golden("pulp/id.json",
                  ask(documented(), mapped().set("worker_style", std::string("id"))));
}

TEST(Pulp, answers_the_sample_when_laid_out) {
    std::string body =
        ask(documented(), mapped().set("platform_version", std::string("2.6.0"))).body;
    EXPECT_EQ(body, R"({"api_version": "2", "database_connection": {"connected": true}, )"
                    R"("known_workers": [{"last_heartbeat": "2015-01-02T20:39:58Z", )"
                    R"("name": "scheduler@status-info-net0.default.virt"}, )"
                    R"({"last_heartbeat": "2015-01-02T20:40:34Z", )"
                    R"("name": "reserved_resource_worker-0@status-info-net0.default.virt"}, )"
                    R"({"last_heartbeat": "2015-01-02T20:40:36Z", )"
                    R"("name": "resource_manager@status-info-net0.default.virt"}], )"
                    R"("messaging_connection": {"connected": true}, )"
                    R"("versions": {"platform_version": "2.6.0"}})");
}

// Katello tells workers by `_id`, clients of 2.6 by `name`.
TEST(Pulp, writes_workers_for_every_client_unless_told_otherwise) {
    Chosen options(pulp);
    options.set("database", std::string("db")).set("messaging", std::string("broker"));
    options.set("workers", std::string("pulp"));
    EXPECT_NE(
        ask(documented(), options)
            .body.find(R"({"_id": "scheduler@status-info-net0.default.virt", "_ns": "workers", )"
                       R"("last_heartbeat": "2015-01-02T20:39:58Z", )"
                       R"("name": "scheduler@status-info-net0.default.virt"})"),
        std::string::npos);
}

TEST(Pulp, stays_at_200_and_knows_no_workers_without_its_database) {
    expect_golden("pulp/database-down.json", ask(documented(Status::failed), mapped()));
    expect_golden("pulp/broker-down.json", ask(documented(Status::ok, Status::failed), mapped()));
    const Response down = ask(documented(Status::failed), mapped());
    EXPECT_EQ(down.status, 200);
    EXPECT_NE(down.body.find(R"("database_connection": {"connected": false}, "known_workers": [])"),
              std::string::npos)
        << down.body;
    const Response broker = ask(documented(Status::ok, Status::failed), mapped());
    EXPECT_EQ(broker.status, 200);
    EXPECT_NE(broker.body.find("scheduler@"), std::string::npos);
    EXPECT_NE(broker.body.find(R"("messaging_connection": {"connected": false})"),
              std::string::npos);
}

TEST(Pulp, forgets_silent_workers_unless_told) {
    Snapshot snapshot = documented();
    auto group = std::make_shared<WorkerGroup>(*snapshot.workers.front());
    group->workers[1].silent = true;
    snapshot.workers = {group};
    EXPECT_EQ(ask(snapshot, mapped()).body.find("reserved_resource_worker"), std::string::npos);
    EXPECT_NE(ask(snapshot, mapped().set("stale_workers", true)).body.find("reserved_resource_"),
              std::string::npos);
    // They fall silent between two versions of the snapshot.
    EXPECT_LE(ask(snapshot, mapped()).repeat_for, 1s);
}

TEST(Pulp, is_not_connected_to_what_is_stale_or_unknown) {
    const Snapshot snapshot =
        snapshot_of({{.name = "db", .age = 26s}, {.name = "broker", .ran = false}});
    EXPECT_EQ(ask(snapshot, mapped()).body,
              R"({"api_version": "2", "database_connection": {"connected": false}, )"
              R"("known_workers": [], "messaging_connection": {"connected": false}, )"
              R"("versions": {"platform_version": "2.6.0"}})");
    EXPECT_NE(ask(snapshot_of({}), mapped()).body.find(R"({"connected": false})"),
              std::string::npos);
}

TEST(Pulp, is_reached_below_its_prefix_too) {
    EXPECT_TRUE(pulp.match("/v2/status/", "/v2/status/"));
    EXPECT_TRUE(pulp.match("/v2/status/", "/pulp/api/v2/status/"));
    EXPECT_TRUE(pulp.match("/pulp/api/v2/status/", "/pulp/api/v2/status"));
    EXPECT_FALSE(pulp.match("/pulp/api/v2/status/", "/v2/status/"));
    EXPECT_FALSE(pulp.match("/v2/status/", "/v2/status/x"));
    EXPECT_FALSE(pulp.mounted_by_default);
}

}  // namespace
}  // namespace vitals::dialects::testing
