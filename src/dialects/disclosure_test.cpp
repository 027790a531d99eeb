// What holds for every dialect: the catalog is complete, and no answer tells more than it may.
#include <algorithm>
#include <set>

#include "dialects/dialect_testing.hpp"

namespace vitals::dialects::testing {
namespace {

// Every path a dialect answers below its usual one, with ways to ask.
std::vector<std::string> rests(const Dialect& dialect) {
    const std::string_view name = dialect.description.name;
    if (name == "svc_status") return {"", ".csv", ".json", ".prometheus"};
    if (name == "healthz") return {"", "ping", "bare", "dashboard"};
    if (name == "kubernetes")
        return {"livez",          "readyz",     "startupz", "healthz", "readyz/databases/reports",
                "readyz/reports", "readyz/none"};
    if (name == "actuator")
        return {
            "",     "liveness", "readiness", "databases", "databases/reports", "readiness/reports",
            "none", "/",        "/info"};
    if (name == "microprofile") return {"", "live", "ready", "started"};
    if (name == "consul") return {"", "databases", "databases/reports", "none"};
    if (name == "statuspage")
        return {"status.json", "summary.json", "components.json", "incidents.json"};
    if (name == "badge") return {".json", ".svg", "databases.svg", "reports.json", "none.svg"};
    return {""};
}

std::vector<Request> every_request(const Dialect& dialect, Disclosure disclose) {
    std::vector<Request> requests;
    for (const std::string& rest : rests(dialect))
        for (const std::string accept :
             {"", "application/json", "text/html", "application/openmetrics-text;version=1.0.0"}) {
            Request request = request_of(rest, {{"verbose", ""}});
            request.accept = accept;
            request.disclose = disclose;
            requests.push_back(std::move(request));
        }
    return requests;
}

Snapshot revealing() {
    Snapshot snapshot = troubled();
    auto secretive =
        state_of({"mystery", failed("PUBLIC detail", ErrorClass::auth, private_error)});
    snapshot.components.insert(
        std::ranges::find_if(snapshot.components,
                             [](const auto& state) { return state->name() > "mystery"; }),
        secretive);
    return snapshot;
}

TEST(EveryDialect, keeps_error_texts_and_private_properties_to_itself) {
    for (const Dialect* dialect : all())
        for (const Disclosure disclose : {Disclosure::status, Disclosure::detail})
            for (const Request& request : every_request(*dialect, disclose)) {
                const Response response =
                    dialect->render(revealing(), request, Chosen(*dialect).get());
                const std::string text = whole(response);
                EXPECT_EQ(text.find("PRIVATE"), std::string::npos)
                    << dialect->description.name << ' ' << request.rest << '\n'
                    << text;
                if (disclose == Disclosure::status)
                    EXPECT_EQ(text.find("PUBLIC"), std::string::npos)
                        << dialect->description.name << ' ' << request.rest << '\n'
                        << text;
            }
}

TEST(EveryDialect, tells_the_error_where_it_may) {
    for (const std::string_view name :
         {"svc_status", "health_json", "actuator", "microprofile", "consul", "page"}) {
        Request request = request_of();
        request.disclose = Disclosure::full;
        EXPECT_NE(render(name, revealing(), request).body.find("PUBLIC detail: PRIVATE"),
                  std::string::npos)
            << name;
    }
}

TEST(EveryDialect, never_shows_the_errors_of_healthz) {
    for (const std::string& rest : rests(*find("healthz"))) {
        Request request = request_of(rest);
        request.disclose = Disclosure::full;
        const std::string text = whole(render("healthz", revealing(), request));
        EXPECT_EQ(text.find("PRIVATE"), std::string::npos);
        EXPECT_EQ(text.find("PUBLIC"), std::string::npos);
    }
}

TEST(EveryDialect, is_described_and_answers_its_usual_path) {
    std::set<std::string_view> names;
    for (const Dialect* dialect : all()) {
        const auto& description = dialect->description;
        EXPECT_TRUE(names.insert(description.name).second);
        EXPECT_EQ(find(description.name), dialect);
        EXPECT_FALSE(description.sentence.empty());
        EXPECT_FALSE(dialect->origin.empty());
        EXPECT_FALSE(dialect->codes.empty());
        ASSERT_NE(dialect->match, nullptr);
        ASSERT_NE(dialect->render, nullptr);
        ASSERT_NE(description.make, nullptr);
        for (const Field& field : description.fields) {
            EXPECT_TRUE(field.sentence.ends_with('.')) << description.name << '.' << field.name;
            EXPECT_TRUE(field.peek(description.make().ref()));
        }
    }
    EXPECT_EQ(find("nonsense"), nullptr);
}

TEST(EveryDialect, repeats_itself_exactly) {
    for (const Dialect* dialect : all())
        for (const Request& request : every_request(*dialect, Disclosure::detail)) {
            const Chosen options(*dialect);
            EXPECT_EQ(whole(dialect->render(troubled(), request, options.get())),
                      whole(dialect->render(troubled(), request, options.get())));
        }
}

TEST(Visible, obeys_the_filter_and_leaves_vitals_own_out) {
    const Snapshot snapshot = healthy();
    const Selector selector({"*", "!caches/*"});
    Request request = request_of();
    EXPECT_EQ(visible(snapshot, request, true).size(), 8u);
    EXPECT_EQ(visible(snapshot, request, false).size(), 6u);
    request.components = &selector;
    EXPECT_EQ(visible(snapshot, request, false).size(), 4u);
}

}  // namespace
}  // namespace vitals::dialects::testing
