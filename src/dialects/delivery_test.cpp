// Delivery's status: every row of the original's table, byte for byte.
#include "dialects/dialect_testing.hpp"

namespace vitals::dialects::testing {
namespace {

const Dialect& delivery = *find("delivery");

struct Case {
    std::string mode;
    Given postgres;
    Given lsyncd;
    bool strict = false, core = false;
    std::string key = "configuration mode";
};

Response ask(const Case& given) {
    Chosen options(delivery);
    options.set("mode", given.mode).set("postgres", std::string("pg"));
    options.set("lsyncd", std::string("ls")).set("strict", given.strict);
    options.set("core", given.core).set("key", given.key);
    return delivery.render(snapshot_of({given.postgres, given.lsyncd}), request_of(),
                           options.get());
}

// What delivery-cli reads: it needs `rabbitmq`.
TEST(Delivery, shows_rabbitmq_where_the_endpoint_names_it) {
    Chosen options(delivery);
    options.set("mode", std::string("standalone")).set("postgres", std::string("pg"));
    options.set("rabbitmq", std::string("mq"));
    const auto ask = [&](Given broker) {
        return delivery.render(snapshot_of({{.name = "pg"}, std::move(broker)}), request_of(),
                               options.get());
    };
    const std::string head =
        R"({"status":"pong","configuration mode":"standalone","upstreams":[)"
        R"({"postgres":{"status":"pong"},"lsyncd":{"status":"not_running"},"rabbitmq":{"status":")";
    EXPECT_EQ(ask({.name = "mq"}).body, head + R"(pong"}}]})");
    EXPECT_EQ(ask({.name = "mq", .outcome = degraded("slow")}).body, head + R"(pong"}}]})");
    const Response down = ask({.name = "mq", .outcome = failed("no")});
    EXPECT_EQ(down.status, 500);
    EXPECT_NE(down.body.find(R"("rabbitmq":{"status":"fail"})"), std::string::npos);
    EXPECT_EQ(ask({.name = "mq", .ran = false}).status, 500);
}

TEST(Delivery, answers_with_and_without_a_slash) {
    EXPECT_TRUE(delivery.match("/_status", "/_status"));
    EXPECT_TRUE(delivery.match("/_status", "/_status/"));
    EXPECT_FALSE(delivery.match("/_status", "/_status/x"));
}

Given pg(Outcome outcome) {
    return {"pg", std::move(outcome), "replication"};
}

Given primary() {
    return pg(ok().with("role", std::string("primary"))
                  .with("replication", true)
                  .with("standby_address", std::string("192.168.33.13"))
                  .with("current_location", std::string("0/3000D48")));
}

Given alone() {
    return pg(degraded("no standby is streaming")
                  .with("role", std::string("primary"))
                  .with("replication", false)
                  .with("current_location", std::string("0/3000D48")));
}

Given standby() {
    return pg(ok().with("role", std::string("standby"))
                  .with("replication", true)
                  .with("receive_location", std::string("0/3000D48")));
}

Given standalone() {
    return pg(ok().with("role", std::string("standalone")));
}

Given down() {
    return pg(failed("connection refused", ErrorClass::connect, private_error));
}

Given lsyncd(bool running, std::int64_t delays = 0, bool readable = true) {
    Outcome outcome = ok().with("running", running).with("status_readable", readable);
    if (readable) outcome.with("queued_delays", delays);
    return {"ls", std::move(outcome), "lsyncd"};
}

// It runs, and yet it does not do its work: stopped, or nothing arrives.
TEST(Delivery, fails_on_a_primary_whose_lsyncd_failed) {
    Given stopped = lsyncd(true);
    stopped.outcome.status = Status::failed;
    EXPECT_EQ(ask({"primary", primary(), stopped}).status, 500);
    const Given hung{"ls", failed("timeout", ErrorClass::timeout), "lsyncd"};
    for (const char* mode : {"primary", "standalone"})
        EXPECT_EQ(
            ask({mode, std::string(mode) == "primary" ? primary() : standalone(), hung}).status,
            500)
            << "whether it runs is not known";
}

TEST(Delivery, fails_on_a_cold_standby_that_receives_nothing) {
    const Given cut_off = pg(degraded("standby receives nothing from its primary")
                                 .with("role", std::string("standby"))
                                 .with("replication", false)
                                 .with("receive_location", std::string("0/3000D48")));
    const Response response = ask({"cold_standby", cut_off, lsyncd(false)});
    EXPECT_EQ(response.status, 500);
    EXPECT_NE(response.body.find(R"("postgres":{"status":"degraded","replication":"fail"})"),
              std::string::npos)
        << response.body;
}

TEST(Delivery, answers_the_documents_samples) {
    expect_golden("delivery/standalone.json", ask({"standalone", standalone(), lsyncd(false)}));
    expect_golden("delivery/primary.json", ask({"primary", primary(), lsyncd(true)}));
    expect_golden("delivery/cold_standby.json", ask({"cold_standby", standby(), lsyncd(false)}));
    // The document's failing sample, in which the location was read though the check failed.
    Given failing = standby();
    failing.outcome.status = Status::failed;
    expect_golden("delivery/cold_standby-fail.json", ask({"cold_standby", failing, lsyncd(false)}));
}

struct Row {
    const char* name;  // of its golden file
    const char* mode;
    Given postgres;
    Given lsyncd;
    int code;
    std::string upstreams;
};

TEST(Delivery, answers_every_row_of_the_originals_table) {
    const std::string fail = R"("replication":"fail")";
    const std::string broken = R"({"status":"degraded",)" + fail +
                               R"(,"description":"Replication is not running. Check your )"
                               R"(configuration."})";
    const std::string running_primary = R"({"status":"pong","standby_ip_address":"192.168.33.13",)"
                                        R"("pg_current_xlog_location":"0/3000D48"})";
    const std::string stopped = R"({"status":"not_running"})";
    const Row rows[] = {
        {"standalone", "standalone", standalone(), lsyncd(false), 200,
         R"({"status":"pong"})" + ("|" + stopped)},
        {"standalone-lsyncd-running", "standalone", standalone(), lsyncd(true), 200,
         R"({"status":"pong"}|{"status":"pong","description":"No backup server configured."})"},
        {"standalone-set-up-for-a-standby", "standalone", alone(), lsyncd(false), 200,
         R"({"status":"pong"}|)" + stopped},
        {"standalone-database-down", "standalone", down(), lsyncd(false), 500,
         R"({"status":"fail"}|)" + stopped},
        {"primary", "primary", primary(), lsyncd(true, 7), 200,
         running_primary + R"(|{"status":"pong","latency":"7"})"},
        {"primary-status-log-unreadable", "primary", primary(), lsyncd(true, 0, false), 200,
         running_primary + R"(|{"status":"pong","latency":"Could not read status log."})"},
        {"primary-lsyncd-stopped", "primary", primary(), lsyncd(false), 500,
         running_primary + R"(|{"status":"fail"})"},
        {"primary-without-standby", "primary", alone(), lsyncd(true), 500,
         broken + R"(|{"status":"pong","latency":"0"})"},
        {"primary-without-answer", "primary", pg(ok()), lsyncd(true), 500,
         broken + R"(|{"status":"pong","latency":"0"})"},
        {"primary-is-a-standby", "primary", standby(), lsyncd(true), 500,
         broken + R"(|{"status":"pong","latency":"0"})"},
        {"primary-database-down", "primary", down(), lsyncd(true), 500,
         R"({"status":"fail"}|{"status":"pong","latency":"0"})"},
        {"cold_standby-lsyncd-running", "cold_standby", standby(), lsyncd(true), 200,
         R"({"status":"pong","pg_last_xlog_receive_location":"0/3000D48"}|)"
         R"({"status":"pong","description":"Server configured as cold standby. Lsyncd should only )"
         R"(be run on the primary."})"},
        {"cold_standby-without-answer", "cold_standby", pg(ok()), lsyncd(false), 500,
         R"({"status":"degraded",)" + fail + "}|" + stopped},
        {"cold_standby-promoted", "cold_standby", primary(), lsyncd(false), 500,  // promoted
         R"({"status":"degraded",)" + fail + "}|" + stopped},
        {"cold_standby-database-down", "cold_standby", down(), lsyncd(false), 500,
         R"({"status":"fail"}|)" + stopped},
    };
    for (const Row& row : rows) {
        const auto bar = row.upstreams.find('|');
        const Response response = ask({row.mode, row.postgres, row.lsyncd});
        expect_golden(std::string("delivery/row-") + row.name + ".json", response);
        EXPECT_EQ(response.body,
                  std::string(R"({"status":")") + (row.code == 200 ? "pong" : "fail") +
                      R"(","configuration mode":")" + row.mode + R"(","upstreams":[{"postgres":)" +
                      row.upstreams.substr(0, bar) + R"(,"lsyncd":)" +
                      row.upstreams.substr(bar + 1) + "}]}");
        EXPECT_EQ(response.status, row.code) << response.body;
        EXPECT_EQ(response.content_type, "application/json");
    }
}

bool is_mode(const Response& response, const std::string& mode) {
    return response.body.find("\"configuration mode\":\"" + mode + "\"") != std::string::npos;
}

TEST(Delivery, finds_its_mode_by_asking) {
    EXPECT_TRUE(is_mode(ask({"auto", primary(), lsyncd(true)}), "primary"));
    EXPECT_TRUE(is_mode(ask({"auto", standby(), lsyncd(false)}), "cold_standby"));
    EXPECT_TRUE(is_mode(ask({"auto", standalone(), lsyncd(false)}), "standalone"));
    EXPECT_TRUE(is_mode(ask({"auto", down(), lsyncd(false)}), "standalone"));
}

TEST(Delivery, a_primary_that_lost_its_standby_is_not_taken_for_a_standalone) {
    const Response lost = ask({"auto", alone(), lsyncd(true)});
    EXPECT_TRUE(is_mode(lost, "primary"));
    EXPECT_EQ(lost.status, 500);
    // Even if PostgreSQL no longer tells, a running lsyncd does.
    EXPECT_EQ(ask({"auto", standalone(), lsyncd(true)}).status, 500);
}

TEST(Delivery, knows_nothing_when_its_components_are_stale) {
    Given old = primary();
    old.age = 26s;
    const Response response = ask({"primary", old, lsyncd(true)});
    EXPECT_EQ(response.status, 500);
    EXPECT_NE(response.body.find(R"("postgres":{"status":"fail"})"), std::string::npos);
    Given unseen = lsyncd(false);
    unseen.age = 26s;
    EXPECT_EQ(ask({"standalone", standalone(), unseen}).status, 500);
    unseen.ran = false;
    EXPECT_EQ(ask({"standalone", standalone(), unseen}).status, 500);
}

TEST(Delivery, thresholds_hold_for_replication_too) {
    Given given = down();
    given.outcome.status = Status::failed;
    auto state = std::make_shared<ComponentState>(*state_of(given));
    state->judged = Status::ok;  // 1 of 3 failing runs
    Snapshot snapshot = snapshot_of({lsyncd(true)});
    snapshot.components.push_back(state);
    Chosen options(delivery);
    options.set("mode", std::string("primary")).set("postgres", std::string("pg"));
    options.set("lsyncd", std::string("ls"));
    const Response response = delivery.render(snapshot, request_of(), options.get());
    EXPECT_EQ(response.status, 200) << response.body;
}

TEST(Delivery, has_strict_and_prose_readings) {
    Case misplaced{"standalone", standalone(), lsyncd(true)};
    EXPECT_EQ(ask(misplaced).status, 200);
    misplaced.strict = true;
    EXPECT_EQ(ask(misplaced).status, 500);
    EXPECT_TRUE(ask(misplaced).body.starts_with(R"({"status":"fail")"));
    Case prose{"primary", down(), lsyncd(true)};
    prose.core = true;
    EXPECT_EQ(ask(prose).status, 500);
    EXPECT_TRUE(ask(prose).body.starts_with(R"({"status":"pong")"));
    prose.key = "configuration_mode";
    EXPECT_NE(ask(prose).body.find(R"("configuration_mode":"primary")"), std::string::npos);
}

TEST(Delivery, may_list_several_standbys) {
    Chosen options(delivery);
    options.set("mode", std::string("primary")).set("postgres", std::string("pg"));
    options.set("lsyncd", std::string("ls"));
    Given several = primary();
    several.outcome.with("standby_addresses", std::string("192.168.33.13 192.168.33.14"));
    const auto answer = [&](const Given& database, Disclosure disclose = Disclosure::detail) {
        Request request = request_of();
        request.disclose = disclose;
        return delivery.render(snapshot_of({database, lsyncd(true)}), request, options.get());
    };
    EXPECT_EQ(whole(answer(several)), whole(answer(primary()))) << "the first, unless told";
    options.set("list_standbys", true);
    expect_golden("delivery/primary-standbys.json", answer(several));
    EXPECT_NE(answer(primary()).body.find(R"("standby_ip_addresses":["192.168.33.13"])"),
              std::string::npos);
    EXPECT_EQ(answer(several, Disclosure::status).body.find("192.168"), std::string::npos);
    EXPECT_EQ(answer(alone()).body.find("standby_ip"), std::string::npos);
}

TEST(Delivery, tells_no_address_to_those_who_may_only_know_the_status) {
    Chosen options(delivery);
    options.set("mode", std::string("primary")).set("postgres", std::string("pg"));
    options.set("lsyncd", std::string("ls"));
    Request request = request_of();
    request.disclose = Disclosure::status;
    const std::string body =
        delivery.render(snapshot_of({primary(), lsyncd(true)}), request, options.get()).body;
    EXPECT_EQ(body.find("192.168"), std::string::npos) << body;
}

TEST(Delivery, refuses_a_mode_without_its_lsyncd) {
    Chosen options(delivery);
    options.set("postgres", std::string("pg"));
    EXPECT_FALSE(delivery.description.verify(options.get().ref()));
    options.set("mode", std::string("standalone"));
    EXPECT_TRUE(delivery.description.verify(options.get().ref()));
    const Response response =
        delivery.render(snapshot_of({standalone()}), request_of(), options.get());
    EXPECT_NE(response.body.find(R"("lsyncd":{"status":"not_running"})"), std::string::npos);
}

}  // namespace
}  // namespace vitals::dialects::testing
