// What a hosted status page tells of incidents and maintenances: public words only.
#include <gtest/gtest.h>

#include "dialects/dialect_testing.hpp"
#include "model/board.hpp"

namespace vitals::dialects::testing {
namespace {

IncidentRecord incident(std::string root, std::uint64_t number = 12) {
    IncidentRecord made;
    made.number = number;
    made.id = "0badcafe-" + std::to_string(number);
    made.roots = {std::move(root)};
    made.title = "connection refused";
    made.error = private_error;
    made.opened = wall - 10min;
    made.due = wall - 9min;
    made.worst = Status::failed;
    made.notes = {{.id = 1, .at = wall - 8min, .by = "mara", .text = "PRIVATE note"},
                  {.id = 2,
                   .at = wall - 5min,
                   .by = "mara",
                   .state = NoteState::identified,
                   .is_public = true,
                   .text = "A disk died; we replace it <b>now</b>."}};
    return made;
}

struct StatusPage {
    void add(IncidentRecord record) {
        board.incidents.push_back(std::make_shared<const IncidentRecord>(std::move(record)));
    }
    std::string ask(std::string document, Disclosure disclose = Disclosure::detail) const {
        Request request = request_of(std::move(document));
        request.board = &board;
        request.disclose = disclose;
        return render("statuspage", snapshot, request).body;
    }

    Snapshot snapshot = troubled();
    Board board;
};

TEST(StatusPage, tells_an_incident_with_its_public_notes) {
    StatusPage page;
    page.add(incident("databases/reports"));
    expect_golden("statuspage/incidents.json", [&] {
        Request request = request_of("incidents.json");
        request.board = &page.board;
        return render("statuspage", page.snapshot, request);
    }());
    const std::string body = page.ask("incidents.json");
    EXPECT_EQ(body.find("PRIVATE"), std::string::npos);
    EXPECT_EQ(body.find("mara"), std::string::npos);
    EXPECT_NE(page.ask("summary.json").find("0badcafe-12"), std::string::npos);
    EXPECT_NE(page.ask("incidents/unresolved.json").find("0badcafe-12"), std::string::npos);
}

TEST(StatusPage, what_is_over_is_resolved) {
    StatusPage page;
    IncidentRecord over = incident("databases/reports");
    over.closed = wall - 1min;
    page.add(over);
    EXPECT_NE(page.ask("incidents.json").find("\"status\":\"resolved\""), std::string::npos);
    EXPECT_EQ(page.ask("incidents/unresolved.json").find("0badcafe-12"), std::string::npos);
}

// Nobody was told of it, and nobody is now.
TEST(StatusPage, leaves_out_an_incident_that_was_over_at_once) {
    StatusPage page;
    IncidentRecord waits = incident("databases/reports");
    waits.waiting = true;
    page.add(waits);
    IncidentRecord brief = incident("databases/reports", 13);
    brief.closed = brief.due - 5s;
    page.add(brief);
    EXPECT_EQ(page.ask("incidents.json").find("0badcafe"), std::string::npos);
}

TEST(StatusPage, reveals_nothing_of_what_it_does_not_show) {
    StatusPage page;
    page.add(incident("databases/reports"));
    page.add(incident("vitals/blind", 13));
    const Selector selector({"disk"});
    Request request = request_of("incidents.json");
    request.board = &page.board;
    request.components = &selector;
    const std::string body = render("statuspage", page.snapshot, request).body;
    EXPECT_EQ(body.find("0badcafe"), std::string::npos);
}

TEST(StatusPage, tells_maintenances_that_are_planned_or_under_way) {
    StatusPage page;
    page.board.mutes = {{.id = "m1",
                         .maintenance = true,
                         .match = {"databases/*"},
                         .from = wall + 1h,
                         .until = wall + 2h,
                         .by = "mara",
                         .reason = "PRIVATE reason"},
                        {.id = "m2",
                         .maintenance = true,
                         .match = {"disk"},
                         .from = wall - 1h,
                         .until = wall + 1h,
                         .active = true},
                        {.id = "s1", .match = {"disk"}, .until = wall + 1h, .active = true}};
    const auto count = [](const std::string& body) {
        std::size_t found = 0;
        for (std::size_t at = body.find("scheduled_for"); at != std::string::npos;
             at = body.find("scheduled_for", at + 1))
            ++found;
        return found;
    };
    EXPECT_EQ(count(page.ask("scheduled-maintenances.json")), 2u);
    EXPECT_EQ(count(page.ask("scheduled-maintenances/upcoming.json")), 1u);
    EXPECT_EQ(count(page.ask("scheduled-maintenances/active.json")), 1u);
    EXPECT_EQ(page.ask("scheduled-maintenances.json").find("PRIVATE"), std::string::npos);
    EXPECT_NE(page.ask("scheduled-maintenances.json", Disclosure::full).find("PRIVATE"),
              std::string::npos);
}

TEST(StatusPage, is_empty_without_incidents) {
    Request request = request_of("incidents.json");
    EXPECT_NE(render("statuspage", troubled(), request).body.find("\"incidents\":[]"),
              std::string::npos);
}

}  // namespace
}  // namespace vitals::dialects::testing
