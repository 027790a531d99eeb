// `grpc`: the health of what is asked for, for every state that there is.
#include "dialects/dialect_testing.hpp"
#include "wire/grpc_frame.hpp"

namespace vitals::dialects::testing {
namespace {

using wire::grpc::Health;

Response asked(const Snapshot& snapshot, const std::string& service, const std::string& method,
               const TextMap& services) {
    Request request = request_of();
    request.path = method;
    request.rest = service;
    const Chosen options = Chosen(*find("grpc")).set("services", services);
    return find("grpc")->render(snapshot, request, options.get());
}

// Nothing: nobody knows the service.
std::optional<Health> health(const Snapshot& snapshot, const std::string& service = {},
                             const TextMap& services = {}) {
    const Response response = asked(snapshot, service, "Check", services);
    if (response.status == 404) return std::nullopt;
    EXPECT_EQ(response.status, 200);
    return wire::grpc::read_health_response(response.body).value();
}

Snapshot some() {
    return snapshot_of({{"db/main", failed("gone")},
                        {"db/spare", degraded("slow")},
                        {"late", ok(), "http", true, 1h},
                        {"new", {.status = Status::unknown}, "http", false},
                        {"side", failed("gone"), "tcp", false},
                        {"web", ok()},
                        own("vitals/engine")});
}

TEST(Grpc, only_ok_and_degraded_are_serving) {
    EXPECT_EQ(health(some(), "web"), Health::serving);
    EXPECT_EQ(health(some(), "db/spare"), Health::serving);
    EXPECT_EQ(health(some(), "db/main"), Health::not_serving);
    EXPECT_EQ(health(some(), "side"), Health::not_serving);
    EXPECT_EQ(health(some(), "late"), Health::unknown);
    EXPECT_EQ(health(some(), "new"), Health::unknown);
    EXPECT_EQ(health(some()), Health::not_serving);
    EXPECT_EQ(health(snapshot_of({{"a", ok()}, {"b", failed("x"), "tcp", false}})),
              Health::serving);
    EXPECT_EQ(health(snapshot_of({{"late", ok(), "http", true, 1h}})), Health::unknown);
    EXPECT_EQ(health(snapshot_of({})), Health::unknown);
    EXPECT_EQ(health(healthy()), Health::serving);
}

TEST(Grpc, a_service_is_a_component_a_group_a_selection_or_a_probe) {
    EXPECT_EQ(health(some(), "db"), Health::not_serving);
    EXPECT_EQ(health(some(), "db/*"), Health::not_serving);
    EXPECT_EQ(health(some(), "kind:tcp"), Health::serving) << "it is not critical in a set";
    EXPECT_EQ(health(some(), "w?b"), Health::serving);
    EXPECT_EQ(health(some(), "livez"), Health::serving);
    EXPECT_EQ(health(some(), "readyz"), Health::not_serving);
    EXPECT_EQ(health(some(), "startupz"), Health::serving);
    for (const char* nobody : {"nobody", "tag:none", "x/*", "vitals/engine", "Web", "db/"})
        EXPECT_EQ(health(some(), nobody), std::nullopt) << nobody;
    // A component may be called like a probe.
    EXPECT_EQ(health(snapshot_of({{"livez", failed("x")}}), "livez"), Health::not_serving);
}

TEST(Grpc, further_names_can_be_configured) {
    const TextMap services{{"shop.v1.Orders", "db/*"}, {"shop.v1.Web", "web"}, {"gone", "none/*"}};
    EXPECT_EQ(health(some(), "shop.v1.Orders", services), Health::not_serving);
    EXPECT_EQ(health(some(), "shop.v1.Web", services), Health::serving);
    EXPECT_EQ(health(some(), "gone", services), Health::unknown);
}

TEST(Grpc, out_of_service_only_liveness_serves) {
    for (const Decommission& out : {Decommission{"moving", false}, Decommission{"OK", true}}) {
        Snapshot snapshot = healthy();
        snapshot.decommission = out;
        EXPECT_EQ(health(snapshot), Health::not_serving);
        EXPECT_EQ(health(snapshot, snapshot.components[0]->name()), Health::not_serving);
        EXPECT_EQ(health(snapshot, "readyz"), Health::not_serving);
        EXPECT_EQ(health(snapshot, "livez"), Health::serving);
        EXPECT_EQ(health(snapshot, "nobody"), std::nullopt);
    }
}

TEST(Grpc, lists_at_most_a_hundred) {
    const Response response = asked(some(), {}, "List", {{"shop.v1.Web", "web"}});
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, wire::grpc::write_health_list({{"", Health::not_serving},
                                                            {"shop.v1.Web", Health::serving},
                                                            {"db", Health::not_serving},
                                                            {"db/main", Health::not_serving},
                                                            {"db/spare", Health::serving},
                                                            {"late", Health::unknown},
                                                            {"new", Health::unknown},
                                                            {"side", Health::not_serving},
                                                            {"web", Health::serving}}));
    std::vector<Given> many;
    for (int i = 0; i < 99; ++i) many.push_back({"c" + std::to_string(i)});
    EXPECT_EQ(asked(snapshot_of(many), {}, "List", {}).status, 200);
    many.push_back({"one more"});
    EXPECT_EQ(asked(snapshot_of(many), {}, "List", {}).status, 413);
}

}  // namespace
}  // namespace vitals::dialects::testing
