// The view of the fleet's nodes: what is shown to whom, what is folded, and what stays bounded.
#include <gtest/gtest.h>

#include "page_testing.hpp"

namespace vitals::page {
namespace {

using namespace std::chrono_literals;
using namespace vitals::page::testing;

bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

std::size_t count_of(std::string_view text, std::string_view part) {
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
        ++count;
    return count;
}

TEST(FleetPage, shows_those_in_trouble_first) {
    const std::string body = fleet_of(6).page("fleet").body;
    const auto twins = body.find(">Two nodes of one name<"), unheard = body.find(">Unheard<"),
               other = body.find(">Another configuration<"), heard = body.find(">Heard<");
    EXPECT_LT(twins, unheard);
    EXPECT_LT(unheard, other);
    EXPECT_LT(other, heard);
    EXPECT_NE(heard, std::string::npos);
    for (const char* told : {"also on spare.acme.example", "web-0003.acme.example", "2.3.0",
                             "href=\"/c/nodes/web-0002\"", "hears the fleet", "database moves",
                             "href=\"/c/shop/payments\"", "out of service", "this node"})
        EXPECT_TRUE(has(body, told)) << told;
}

TEST(FleetPage, tells_strangers_no_hosts_versions_or_people) {
    Shop shop = fleet_of(6);
    shop.viewer = {};
    std::string body = shop.page("fleet").body;
    body.resize(body.find("<footer"));
    for (const char* secret : {"acme.example", "2.3.0", "mara", "edge", "core", ">100<"})
        EXPECT_FALSE(has(body, secret)) << secret;
    EXPECT_TRUE(has(body, "web-0002"));
    shop.query.search = "acme.example";  // nor may they search in them
    EXPECT_TRUE(has(shop.page("fleet").body, "No node fits."));
}

TEST(FleetPage, is_only_there_where_there_is_a_fleet_that_the_endpoint_shows) {
    EXPECT_EQ(acme().page("fleet").status, 404);
    EXPECT_FALSE(has(acme().page("").body, "href=\"/fleet\""));
    Shop shop = fleet_of(6);
    EXPECT_TRUE(has(shop.page("").body, "href=\"/fleet\""));
    const Selector only({"shop/*"});
    shop.request.components = &only;
    EXPECT_EQ(shop.page("fleet").status, 404);
    EXPECT_FALSE(has(shop.page("").body, "href=\"/fleet\""));
    EXPECT_FALSE(has(shop.page("c/shop/payments").body, "web-0001"));
}

TEST(FleetPage, is_bounded_however_many_nodes_there_are) {
    Shop shop = fleet_of(10'000);
    const std::string body = shop.page("fleet").body;
    EXPECT_LT(body.size(), 150'000u);
    EXPECT_TRUE(has(body, "<summary>9996 nodes, all well</summary>"));
    EXPECT_EQ(count_of(body, "<tr><td>"), 4u + 200u + 1u);
    shop.query.search = "WEB-0777";
    const std::string found = shop.page("fleet").body;
    EXPECT_EQ(count_of(found, "<tr><td>"), 1u + 1u) << "the node, and what is checked for all";
}

TEST(FleetPage, says_first_that_it_hears_nobody_and_believes_nothing_of_what_it_knew) {
    Shop shop = fleet_of(6);
    shop.fleet->in_contact = false;
    shop.fleet->silent_since = shop.now - 84s;
    const std::string body = shop.page("fleet").body;
    EXPECT_LT(body.find("No contact"), body.find("id=nodes"));
    EXPECT_FALSE(has(body, "</span> heard<")) << "nobody is called heard";
    EXPECT_TRUE(has(body, "not known<th scope=row>"));
}

TEST(FleetPage, tells_the_stream_what_changed_and_not_what_only_grows_older) {
    Shop shop = fleet_of(6);
    const View view = view_of("fleet");
    const auto parts = [&] {
        const Facts facts = shop.facts();
        return parts_of(view, facts, shop.gathered(view, facts));
    };
    const Parts before = parts();
    for (FleetView::Node& node : shop.fleet->nodes) {
        node.lag += 3ms;
        node.workers += 7;
    }
    EXPECT_EQ(update_of(before, parts(), true).data, "");
    shop.fleet->nodes[5].state = FleetView::NodeState::unheard;
    const Update update = update_of(before, parts(), true);
    EXPECT_TRUE(has(update.data, "\"nodes\":"));
    EXPECT_FALSE(has(update.data, "\"contact\":"));
}

TEST(FleetPage, shows_on_a_component_who_voted_what) {
    const std::string body = fleet_of(6).page("c/shop/payments").body;
    EXPECT_TRUE(has(body, "Who checks it for all nodes"));
    EXPECT_TRUE(has(body, "web-0003 failed"));
    EXPECT_TRUE(has(body, "web-0006 <span class=q2>has not told yet"));
    EXPECT_FALSE(has(fleet_of(6).page("c/nodes/web-0001").body, "Who checks it for all nodes"));
}

TEST(FleetPage, escapes_what_others_say_of_themselves) {
    Shop shop = fleet_of(6);
    const std::string evil = "\"'><script>alert(1)</script>";
    FleetView::Node& node = shop.fleet->nodes[5];
    node.name = node.host = node.version = evil;
    node.labels = {evil};
    shop.fleet->problem = evil;
    shop.fleet->checks[0].votes.push_back({evil, evil});
    shop.fleet->drains.push_back({evil, evil, evil, evil, shop.now});
    for (const char* rest : {"fleet", "c/shop/payments"})
        EXPECT_FALSE(has(shop.page(rest).body, "<script>alert")) << rest;
}

}  // namespace
}  // namespace vitals::page
