// metrics in both formats; promtool checks them if it is installed.
#include <unistd.h>

#include <array>
#include <cstdio>
#include <set>

#include "dialects/dialect_testing.hpp"

namespace vitals::dialects::testing {
namespace {

const ProcessFigures process{.cpu_seconds = 12.5,
                             .start_time = 1795222923.25,
                             .resident_bytes = 20'000'000,
                             .virtual_bytes = 400'000'000,
                             .open_descriptors = 31,
                             .max_descriptors = 1024};
const std::vector<Traffic> traffic{
    {"/healthz/", 200, 17}, {"/healthz/", 503, 2}, {"other", 404, 1}};

Request scrape(std::string accept = {}) {
    Request request = request_of();
    request.accept = std::move(accept);
    request.process = &process;
    request.traffic = traffic;
    return request;
}

const std::string openmetrics = "application/openmetrics-text;version=1.0.0";

TEST(Metrics, answers_both_formats) {
    expect_golden("metrics/troubled.prometheus", render("metrics", troubled(), scrape()));
    expect_golden("metrics/troubled.openmetrics",
                  render("metrics", troubled(), scrape(openmetrics)));
    expect_golden("metrics/hostile.prometheus", render("metrics", hostile(), scrape()));
    expect_golden("metrics/hostile.openmetrics", render("metrics", hostile(), scrape(openmetrics)));
}

TEST(Metrics, is_rendered_once_a_second_and_always_fine) {
    const Response response = render("metrics", troubled(), scrape());
    EXPECT_EQ(response.repeat_for, 1s);
    EXPECT_EQ(response.status, 200);
}

// promtool's verdict on a body: its output and exit code.
std::pair<std::string, int> promtool(const std::string& body) {
    const std::string file = ::testing::TempDir() + "vitals_metrics_" + std::to_string(getpid());
    std::ofstream(file, std::ios::binary) << body;
    FILE* pipe = popen(("/usr/bin/promtool check metrics < " + file + " 2>&1").c_str(), "r");
    std::string output;
    std::array<char, 4096> buffer{};
    while (std::size_t read = fread(buffer.data(), 1, buffer.size(), pipe))
        output.append(buffer.data(), read);
    const int status = pclose(pipe);
    std::filesystem::remove(file);
    return {output, status};
}

TEST(Metrics, pleases_promtool) {
    if (!std::filesystem::exists("/usr/bin/promtool")) GTEST_SKIP() << "promtool is not installed";
    EXPECT_NE(promtool("# TYPE a counter\na 1\n").second, 0) << "the judge must be able to object";
    for (const Snapshot& snapshot : {healthy(), troubled(), hostile(), snapshot_of({})}) {
        const auto [output, status] = promtool(render("metrics", snapshot, scrape()).body);
        EXPECT_EQ(output, "");
        EXPECT_EQ(status, 0);
    }
}

// Every line of a family together, each series once, OpenMetrics closed.
TEST(Metrics, names_each_series_once) {
    for (const std::string& accept : {std::string(), openmetrics}) {
        const std::string body = render("metrics", troubled(), scrape(accept)).body;
        std::set<std::string> series, families;
        std::istringstream lines(body);
        for (std::string line; std::getline(lines, line);) {
            if (line.starts_with("# TYPE "))
                EXPECT_TRUE(families.insert(line.substr(0, line.rfind(' '))).second) << line;
            if (line.starts_with('#')) continue;
            EXPECT_TRUE(series.insert(line.substr(0, line.rfind(' '))).second) << line;
        }
        EXPECT_EQ(body.ends_with("# EOF\n"), accept == openmetrics);
    }
}

TEST(Metrics, tells_group_criticality_and_tags) {
    Snapshot snapshot = snapshot_of({{.name = "databases/main", .kind = "postgres"},
                                     {.name = "disk", .kind = "disk", .critical = false}});
    auto tagged = std::make_shared<Component>(*snapshot.components[0]->component);
    tagged->tags = {"storage", "shop"};
    auto state = std::make_shared<ComponentState>(*snapshot.components[0]);
    state->component = tagged;
    snapshot.components[0] = state;
    const std::string body = render("metrics", snapshot, scrape()).body;
    for (const char* line :
         {"vitals_component_info{component=\"databases/"
          "main\",kind=\"postgres\",group=\"databases\","
          "critical=\"true\",tags=\"storage,shop\"} 1\n",
          "vitals_component_info{component=\"disk\",kind=\"disk\",group=\"\",critical=\"false\","
          "tags=\"\"} 1\n"})
        EXPECT_NE(body.find(line), std::string::npos) << line << body;
}

TEST(Metrics, shows_times_to_the_microsecond) {
    const auto shown = [](std::chrono::nanoseconds duration) {
        Snapshot snapshot = snapshot_of({{.name = "disk", .kind = "disk"}});
        auto state = std::make_shared<ComponentState>(*snapshot.components[0]);
        auto last = std::make_shared<Outcome>();
        last->duration = duration;
        state->last = last;
        snapshot.components[0] = state;
        const std::string body = render("metrics", snapshot, scrape()).body;
        const std::string_view before = "vitals_check_duration_seconds{component=\"disk\"} ";
        const std::size_t begin = body.find(before) + before.size();
        return body.substr(begin, body.find('\n', begin) - begin);
    };
    EXPECT_EQ(shown(0ns), "0");
    EXPECT_EQ(shown(499ns), "0");
    EXPECT_EQ(shown(501ns), "0.000001");
    EXPECT_EQ(shown(120us), "0.00012");
    EXPECT_EQ(shown(1s), "1");
    EXPECT_EQ(shown(10'500ms), "10.5");
    EXPECT_EQ(shown(86'400s + 1us), "86400.000001");
    EXPECT_EQ(shown(-1500us), "-0.0015");
}

TEST(Metrics, counts_workers_heard_of) {
    const std::string body = render("metrics", troubled(), scrape()).body;
    EXPECT_NE(body.find("vitals_workers{group=\"pulp\"} 1\n"), std::string::npos);
}

}  // namespace
}  // namespace vitals::dialects::testing
