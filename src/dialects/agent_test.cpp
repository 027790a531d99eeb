// `agent`: the line for HAProxy, for every state that there is.
#include "dialects/dialect_testing.hpp"

namespace vitals::dialects::testing {
namespace {

std::string line(const Snapshot& snapshot, std::int64_t weight = 1,
                 const std::string& decommissioned = "drain",
                 Disclosure disclose = Disclosure::detail) {
    Request request = request_of();
    request.disclose = disclose;
    const Chosen options =
        Chosen(*find("agent")).set("weight", weight).set("decommissioned", decommissioned);
    return find("agent")->render(snapshot, request, options.get()).body;
}

Snapshot one(Outcome outcome) {
    return snapshot_of({{"db", std::move(outcome)}});
}

TEST(Agent, says_that_the_server_is_ready_and_up) {
    EXPECT_EQ(line(healthy()), "ready up 100%\n");
    EXPECT_EQ(line(healthy(), 256), "ready up 100%\n");
}

TEST(Agent, says_why_a_server_is_down) {
    EXPECT_EQ(line(one(failed("connection refused", ErrorClass::connect, private_error))),
              "ready down # db: connection refused\n");
    EXPECT_EQ(line(snapshot_of({{"a", degraded("slow")},
                                {"b", failed("gone")},
                                {"c", failed("lost"), "http", false},
                                {"d", ok()}}),
                   100),
              "ready down # b: gone and 2 more\n")
        << "the critical one leads";
}

TEST(Agent, tells_no_more_than_it_may) {
    const Snapshot snapshot = one(failed("refused", ErrorClass::connect, private_error));
    EXPECT_EQ(line(snapshot, 1, "drain", Disclosure::status), "ready down # db\n");
    EXPECT_EQ(line(snapshot, 1, "drain", Disclosure::full),
              "ready down # db: refused: " + private_error + "\n");
}

TEST(Agent, reports_less_weight_when_some_components_fail) {
    const Snapshot half = one(degraded("slow"));
    EXPECT_EQ(line(half, 100), "ready up 50% # db: slow\n");
    const Snapshot most =
        snapshot_of({{"a", ok()}, {"b", ok()}, {"c", failed("gone"), "http", false}, {"d", ok()}});
    EXPECT_EQ(line(most, 100), "ready up 75% # c: gone\n");
}

// HAProxy makes a whole number of it, and 0 takes the server out.
TEST(Agent, never_makes_haproxy_round_the_weight_down_to_nothing) {
    const Snapshot half = one(degraded("slow"));
    EXPECT_EQ(line(half, 1), "ready up 100% # db: slow\n");
    for (std::int64_t weight = 1; weight <= 256; ++weight) {
        std::vector<Given> given;
        for (int i = 0; i < 40; ++i)
            given.push_back({"c" + std::to_string(i), failed("gone"), "http", false});
        const std::string said = line(snapshot_of(std::move(given)), weight);
        const auto percent = std::stoi(said.substr(std::string("ready up ").size()));
        EXPECT_GE(weight * percent / 100, 1) << weight << ' ' << said;
        EXPECT_LE(percent, 100);
    }
}

TEST(Agent, drains_a_server_that_is_out_of_service) {
    Snapshot snapshot = healthy();
    snapshot.decommission.text = "kernel\nupdate";
    EXPECT_EQ(line(snapshot), "drain up # kernel update\n");
    EXPECT_EQ(line(snapshot, 100, "maint"), "maint up # kernel update\n");
    snapshot.decommission = {};
    snapshot.decommission.draining = true;
    EXPECT_EQ(line(snapshot), "drain up # shutting down\n");
    Snapshot ill = one(failed("gone"));
    ill.decommission.text = "kernel update";
    EXPECT_EQ(line(ill), "drain down # kernel update\n");
}

// A daemon that has just begun knows nothing: HAProxy keeps what it knows.
TEST(Agent, changes_nothing_until_the_first_results) {
    Snapshot snapshot = snapshot_of({{.name = "db", .ran = false}, {"web", ok()}});
    snapshot.started = now - 2s;
    EXPECT_EQ(line(snapshot), "\n");
    const Response response = render("agent", snapshot, request_of());
    EXPECT_EQ(response.repeat_for, 28s) << "then the silence ends";
    snapshot.decommission.text = "kernel update";
    EXPECT_EQ(line(snapshot), "drain # kernel update\n");

    snapshot.decommission = {};
    snapshot.started = now - 31s;
    EXPECT_EQ(line(snapshot), "ready down # db: not run yet\n");

    Snapshot failing = snapshot_of({{.name = "db", .ran = false}, {"web", failed("gone")}});
    failing.started = now - 2s;
    EXPECT_EQ(line(failing), "ready down # web: gone and 1 more\n") << "that is known already";
}

TEST(Agent, reports_down_when_the_state_is_not_known) {
    EXPECT_TRUE(line(snapshot_of({{.name = "db", .age = 90s}})).starts_with("ready down # db"));
    EXPECT_EQ(line(snapshot_of({})), "ready down # nothing is watched\n");
    EXPECT_TRUE(line(snapshot_of({{.name = "pushed", .kind = "push", .ran = false}}))
                    .starts_with("ready down # pushed"))
        << "its first report may never come";
}

TEST(Agent, writes_one_line_that_haproxy_reads_completely) {
    Snapshot snapshot = hostile();
    for (const Disclosure disclose : {Disclosure::status, Disclosure::detail, Disclosure::full}) {
        const std::string said = line(snapshot, 1, "drain", disclose);
        EXPECT_EQ(said.find('\n'), said.size() - 1) << said;
        EXPECT_LE(said.size(), 130u) << said;
        EXPECT_TRUE(said.starts_with("ready down # ")) << said;
    }
    snapshot.decommission.text = std::string(300, 'x') + "\r\n";
    EXPECT_LE(line(snapshot).size(), 130u);
}

}  // namespace
}  // namespace vitals::dialects::testing
