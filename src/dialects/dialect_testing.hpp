// For tests of dialects: snapshots written down with a stopped clock, options by name, and whole
// responses compared with the files in tests/golden. A file is only written when the environment
// variable VITALS_WRITE_GOLDEN is set, and then the test fails, so that no run passes by writing.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "dialects/dialect.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::dialects::testing {

using namespace std::chrono_literals;

inline constexpr Steady now{std::chrono::hours(1000)};
inline constexpr System wall{std::chrono::sys_days(std::chrono::year(2026) / 11 / 21) + 1h + 2min +
                             3s};

// Texts that no answer may hold unless it discloses everything.
inline const std::string private_error = "PRIVATE db.internal:5432 said no";

struct Given {
    std::string name;
    Outcome outcome = ok();
    std::string kind = "http";
    bool critical = true;
    std::chrono::milliseconds age = 3s;
    std::chrono::nanoseconds duration = 12'340us;
    std::vector<std::string> probes{};
    std::vector<std::string> depends_on{};
    bool ran = true;
    bool own = false;
};

inline std::shared_ptr<const ComponentState> state_of(Given given) {
    auto component = std::make_shared<Component>();
    component->name = given.name;
    component->kind = given.kind;
    if (given.kind == "disk") component->category = Category::system;
    for (const char* datastore : {"postgres", "postgres_crud", "migrations", "redis", "s3"})
        if (given.kind == datastore) component->category = Category::datastore;
    component->critical = given.critical;
    component->own = given.own;
    component->probes = given.probes;
    component->depends_on = given.depends_on;
    auto state = std::make_shared<ComponentState>();
    state->component = component;
    if (!given.ran) return state;
    given.outcome.duration = given.duration;
    state->judged = given.outcome.status;
    state->last = std::make_shared<Outcome>(std::move(given.outcome));
    state->observed = now - given.age;
    state->observed_at = wall - given.age;
    state->valid_until = state->observed + 25s;
    state->since = wall - 5min;
    state->failing_runs = state->judged == Status::failed ? 7 : 0;
    state->runs = {40, 1, 2, 3};
    state->transitions = {2, 0, 1, 1};
    return state;
}

inline Snapshot snapshot_of(std::vector<Given> given) {
    Snapshot snapshot;
    snapshot.version = 7;
    snapshot.service = {"shop", "2.6.0"};
    for (Given& one : given) snapshot.components.push_back(state_of(std::move(one)));
    std::ranges::sort(snapshot.components, {}, [](const auto& state) { return state->name(); });
    snapshot.taken = now;
    snapshot.taken_at = wall;
    snapshot.started = now - 1h;
    snapshot.engine.lag = 1'200us;
    return snapshot;
}

inline Given own(std::string name) {
    return {.name = std::move(name), .kind = "engine", .duration = 0ns, .own = true};
}

// All components ok: the five sections of the healthz document and their surroundings.
inline Snapshot healthy() {
    return snapshot_of(
        {{"databases/default", ok(), "postgres"},
         {"caches/default", ok("set, read and deleted"), "redis"},
         {"caches/sessions", ok(), "redis"},
         {"database models/default", ok(), "postgres_crud"},
         {"database migrations/default", ok(), "migrations"},
         {"media storage service", ok("not configured").with("configured", false), "s3"},
         own("vitals/engine"),
         own("vitals/store")});
}

// Each status, a cause with a consequence, a stale result, one that never came, workers.
inline Snapshot troubled() {
    Outcome refused = failed("connection refused", ErrorClass::connect, private_error);
    refused.failed_phase = "connect";
    refused.phases = {{"resolve", 400us}, {"connect", 1ms}, {"connect", 2ms}};
    refused.with("address", private_error);
    Snapshot snapshot = snapshot_of(
        {{"databases/default", ok(), "postgres"},
         {"databases/reports", refused, "postgres"},
         {.name = "reports",
          .outcome = failed("HTTP status 500, expected 200", ErrorClass::assertion, private_error),
          .depends_on = {"databases/reports"}},
         {.name = "disk", .outcome = degraded("91 % of / used"), .kind = "disk", .critical = false},
         {.name = "search", .age = 90s},
         {.name = "importer", .kind = "push", .ran = false},
         {.name = "mailer",
          .outcome = degraded("queue is long").with("queued", std::int64_t{412}),
          .kind = "push",
          .duration = 0ns},
         {.name = "worker api", .outcome = ok(), .probes = {"live"}},
         own("vitals/engine"),
         own("vitals/store")});
    snapshot.causes["reports"] = "databases/reports";
    auto group = std::make_shared<WorkerGroup>();
    group->name = "pulp";
    group->workers = {{"resource_manager@a", wall - 2s, now - 2s},
                      {"scheduler@a", wall - 61s, now - 61s, true}};
    snapshot.workers.push_back(group);
    return snapshot;
}

// Names and texts that try to break out of every format.
inline Snapshot hostile() {
    return snapshot_of(
        {{"\"quoted\\back\"/<script>alert(1)</script>",
          failed("line one\nline two\ttab \x01\x1b[31m <b>&amp;</b>", ErrorClass::protocol,
                 private_error)},
         {"bad\xff\xc0\xaf\xed\xa0\x80utf8", ok("caf\xc3\xa9 \xe2\x80\xa8 \xf0\x9f\x92\x93")},
         {"group/" + std::string(122, 'n'), degraded(std::string(300, 'd'))},
         {"a:b {c=\"d\"} # e", ok(",;|'`$(x)")}});
}

inline Request request_of(std::string rest = {}, Pairs query = {}) {
    Request request;
    request.path = rest.empty() || rest.ends_with('/') ? "/at/" + rest : "/at/" + rest + "/";
    request.rest = std::move(rest);
    request.query = std::move(query);
    request.now = now;
    request.now_system = wall;
    return request;
}

// A dialect's options, changed by name.
class Chosen {
  public:
    explicit Chosen(const Dialect& dialect)
        : dialect_(dialect), options_(dialect.description.make()) {}
    template <class T>
    Chosen& set(std::string_view name, T value) {
        for (const Field& field : dialect_.description.fields)
            if (field.name == name) {
                assign(field.reach(options_.ref()), std::move(value));
                return *this;
            }
        ADD_FAILURE() << "no option " << name;
        return *this;
    }
    const AnyOptions& get() const { return options_; }

  private:
    template <class T>
    static void assign(const ValueRef& to, T value) {
        if constexpr (requires { std::get<T*>(to); })
            *std::get<T*>(to) = std::move(value);
        else if (const auto* const entries = std::get_if<NamedObjectsRef>(&to))
            entries->value.template as<T>() = std::move(value);
        else
            std::get<ObjectRef>(to).template as<T>() = std::move(value);
    }

    const Dialect& dialect_;
    AnyOptions options_;
};

inline Response render(std::string_view dialect, const Snapshot& snapshot, const Request& request) {
    const Dialect& found = *find(dialect);
    return found.render(snapshot, request, Chosen(found).get());
}

inline std::string whole(const Response& response) {
    std::string text = std::to_string(response.status) + "\n";
    if (!response.content_type.empty()) text += "Content-Type: " + response.content_type + "\n";
    for (const auto& [name, value] : response.headers) text += name + ": " + value + "\n";
    return text + "\n" + response.body;
}

// Compares status, headers and body, byte for byte, with tests/golden/<name>.
inline void expect_golden(const std::string& name, const Response& response) {
    const auto path = std::filesystem::path(VITALS_SOURCE_DIR) / "tests/golden" / name;
    const std::string actual = whole(response);
    std::ifstream file(path, std::ios::binary);
    std::stringstream expected;
    if (file) expected << file.rdbuf();
    if (file && expected.str() == actual) return;
    if (std::getenv("VITALS_WRITE_GOLDEN") != nullptr) {
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << actual;
        ADD_FAILURE() << "wrote " << name << "; read the difference, then run again without "
                      << "VITALS_WRITE_GOLDEN";
        return;
    }
    EXPECT_EQ(expected.str(), actual)
        << "tests/golden/" << name << (file ? " differs" : " is missing")
        << "; if the answer is right, VITALS_WRITE_GOLDEN=1 and this program write the file";
}

}  // namespace vitals::dialects::testing
