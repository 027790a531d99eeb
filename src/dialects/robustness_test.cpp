// Whatever names, texts and requests hold, every dialect answers, in valid UTF-8 and without
// control characters; and all agree on whether anything is wrong.
#include <random>

#include "dialects/dialect_testing.hpp"
#include "text/utf8.hpp"

namespace vitals::dialects::testing {
namespace {

class Noise {
  public:
    explicit Noise(unsigned seed) : random_(seed) {}

    std::size_t below(std::size_t bound) { return random_() % bound; }

    std::string text(std::size_t most) {
        static const std::vector<std::string> pieces{"a",
                                                     "Z",
                                                     "/",
                                                     "//",
                                                     ".",
                                                     ".json",
                                                     ".svg",
                                                     "\"",
                                                     "\\",
                                                     "<",
                                                     ">",
                                                     "&",
                                                     "'",
                                                     "{",
                                                     "}",
                                                     "[",
                                                     ",",
                                                     ";",
                                                     ":",
                                                     "=",
                                                     " ",
                                                     "\t",
                                                     "\r",
                                                     "\n",
                                                     "%",
                                                     "?",
                                                     "#",
                                                     "*",
                                                     "q=",
                                                     "q=0.5",
                                                     "\x7f",
                                                     "\x1b",
                                                     "\xc3\xa9",
                                                     "\xff",
                                                     "\xc0\xaf",
                                                     "\xed\xa0\x80",
                                                     "\xf0\x9f\x92\x93",
                                                     "\xe2\x80\xa8",
                                                     "Token=",
                                                     "JWT ",
                                                     "text/html",
                                                     "application/json",
                                                     "vitals/engine",
                                                     "readyz",
                                                     "ok",
                                                     "OK"};
        std::string made;
        for (std::size_t i = below(most + 1); i > 0; --i) made += pieces[below(pieces.size())];
        return made;
    }

    std::string word() {
        static const std::vector<std::string> words{
            "",           "",          "livez",       "readyz/",
            "readyz",     "startupz",  "/ping",       "/bare",
            "/dashboard", "a",         "/live",       "/ready",
            "/started",   "/liveness", "status.json", "summary.json",
            ".csv"};
        return words[below(words.size())];
    }

    Outcome outcome() {
        Outcome made;
        made.status = static_cast<Status>(below(4));
        made.detail = text(6);
        made.error = text(6);
        made.error_class = static_cast<ErrorClass>(below(9));
        for (std::size_t i = below(3); i > 0; --i) made.with(text(2), text(4));
        if (below(4) == 0) made.with("configured", below(2) == 0);
        for (std::size_t i = below(3); i > 0; --i)
            made.phases.push_back({text(2), std::chrono::microseconds(below(1000))});
        return made;
    }

    Snapshot snapshot() {
        std::vector<Given> given;
        for (std::size_t i = below(8); i > 0; --i) {
            Given one{.name = text(4) + std::to_string(i), .outcome = outcome()};
            one.kind = below(2) == 0 ? "push" : "http";
            one.critical = below(3) != 0;
            one.age = std::chrono::seconds(below(40));
            one.ran = below(5) != 0;
            if (below(4) == 0) one.probes = {"live"};
            given.push_back(std::move(one));
        }
        Snapshot made = snapshot_of(std::move(given));
        made.service = {text(4), text(4)};
        if (below(3) == 0) made.decommission.text = text(4);
        return made;
    }

    Request request() {
        Request made = request_of();
        made.path = "/" + text(3);
        for (const char* name : {"check", "skip", "exclude", "format", "verbose", "refresh"})
            if (below(4) == 0) made.query.emplace_back(name, text(3));
        made.accept = text(5);
        if (below(2) == 0) made.headers.emplace_back("authorization", text(4));
        made.disclose = static_cast<Disclosure>(below(3));
        return made;
    }

  private:
    std::mt19937 random_;
};

// The first byte that must not be there, or npos.
std::size_t flaw(std::string_view body) {
    const std::size_t size = body.size();
    while (!body.empty()) {
        const std::size_t at = size - body.size();
        const std::string_view before = body;
        const char32_t code_point = text::take_code_point(body);
        const std::string_view bytes = before.substr(0, before.size() - body.size());
        if (code_point == 0xFFFD && bytes != "\xef\xbf\xbd") return at;
        if (code_point < 0x20 && code_point != '\n' && code_point != '\t') return at;
    }
    return std::string::npos;
}

TEST(EveryDialect, answers_anything_in_clean_text) {
    Noise noise(20261121);
    for (int round = 0; round < 1500; ++round) {
        const Snapshot snapshot = noise.snapshot();
        for (const Dialect* dialect : all()) {
            const std::string path =
                std::string(dialect->usual_path) + noise.word() + noise.text(3);
            const auto matched = dialect->match(dialect->usual_path, path);
            Request request = noise.request();
            request.rest = matched.value_or("");
            const Chosen options(*dialect);
            const Response response = dialect->render(snapshot, request, options.get());
            EXPECT_GE(response.status, 200);
            EXPECT_LT(response.status, 600);
            if (dialect->protocol == Protocol::grpc) continue;  // its answers are no text
            const std::size_t at = flaw(response.body);
            ASSERT_EQ(at, std::string::npos) << dialect->description.name << " at " << at << " of\n"
                                             << response.body;
            for (const auto& [name, value] : response.headers)
                EXPECT_EQ(value.find_first_of("\r\n"), std::string::npos) << name;
        }
    }
}

// One truth: where the originals' codes say that something failed, all of them do.
TEST(EveryDialect, agrees_on_whether_anything_failed) {
    Noise noise(7);
    for (int round = 0; round < 500; ++round) {
        Snapshot snapshot = noise.snapshot();
        snapshot.decommission = {};
        const auto states = visible(snapshot, request_of(), false);
        if (states.empty()) continue;
        const bool any =
            worst(states, now) == Status::failed || worst(states, now) == Status::unknown;
        const Status all_in_all = aggregate(states, now);
        const bool critical = all_in_all == Status::failed || all_in_all == Status::unknown;
        EXPECT_EQ(render("healthz", snapshot, request_of()).status == 503, any);
        EXPECT_EQ(render("healthz", snapshot, request_of("bare")).status == 503, any);
        EXPECT_EQ(render("svc_status", snapshot, request_of(".prometheus")).body.find("} 2\n") !=
                      std::string::npos,
                  any);
        EXPECT_EQ(render("kubernetes", snapshot, request_of("readyz")).status == 500, critical);
        for (const std::string_view name : {"health_json", "actuator", "consul"})
            EXPECT_EQ(render(name, snapshot, request_of()).status == 503, critical) << name;
        EXPECT_EQ(render("microprofile", snapshot, request_of("ready")).status == 503, critical);
    }
}

// What a dialect says of itself, the server relies on: it keeps one answer for all queries.
TEST(EveryDialect, answers_without_the_query_when_it_does_not_need_it) {
    for (const Dialect* dialect : all()) {
        if (dialect->reads_query) continue;
        for (const char* rest :
             {"", ".json", ".csv", ".prometheus", "summary.json", "/readiness"}) {
            Request request = request_of(rest);
            const Chosen options(*dialect);
            const std::string without = dialect->render(troubled(), request, options.get()).body;
            request.query = {{"verbose", ""}, {"check", "disk"}, {"format", "json"}, {"x", "1"}};
            EXPECT_EQ(dialect->render(troubled(), request, options.get()).body, without)
                << dialect->description.name << rest;
        }
    }
    EXPECT_FALSE(find("metrics")->reads_query);
    EXPECT_TRUE(find("kubernetes")->reads_query);
}

}  // namespace
}  // namespace vitals::dialects::testing
