// The code that runs for each result, each request, each heartbeat. Runs one path many times on
// fixed inputs; bench/instructions counts the cost under callgrind.
//
//     hot_paths              the names
//     hot_paths NAME TIMES   runs it this often
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dialects/dialect.hpp"
#include "engine/judged.hpp"
#include "http/request.hpp"
#include "model/clock.hpp"
#include "model/incidents.hpp"
#include "workers/table.hpp"

namespace {

using namespace std::chrono_literals;
using namespace vitals;

constexpr Steady begin(std::chrono::hours(100));
constexpr System wall(std::chrono::seconds(1'799'971'200));
std::size_t sink = 0;  // results go here, so that the compiler leaves nothing out

struct StoppedClock final : Clock {
    Steady steady() const override { return begin; }
    System system() const override { return wall; }
};

std::shared_ptr<const ComponentState> a_state(int number) {
    auto component = std::make_shared<Component>();
    component->name =
        "group-" + std::to_string(number % 10) + "/component-" + std::to_string(number);
    component->kind = "http";
    auto outcome = std::make_shared<Outcome>(
        number % 50 == 49 ? failed("connection refused", ErrorClass::connect) : ok("200 in 12 ms"));
    outcome->duration = 12ms;
    outcome->phases = {{"resolve", 1ms}, {"connect", 2ms}, {"wait", 8ms}, {"read", 1ms}};
    auto state = std::make_shared<ComponentState>();
    state->component = component;
    state->judged = outcome->status;
    state->last = outcome;
    state->observed = begin - 3s;
    state->observed_at = wall - 3s;
    state->since = wall - 1h;
    state->valid_until = begin + 1h;
    return state;
}

const Snapshot& hundred() {
    static const Snapshot snapshot = [] {
        Snapshot made;
        made.service.name = "shop";
        made.version = 7;
        made.taken = begin;
        made.taken_at = wall;
        for (int number = 0; number < 100; ++number) made.components.push_back(a_state(number));
        std::ranges::sort(made.components, {}, [](const auto& each) { return each->name(); });
        return made;
    }();
    return snapshot;
}

// An answer for 100 components, without what the server keeps.
void render(std::string_view name) {
    const dialects::Dialect* dialect = dialects::find(name);
    static const dialects::ProcessFigures process;
    dialects::Request request;
    request.path = std::string(dialect->usual_path);
    request.now = begin;
    request.now_system = wall;
    request.process = &process;
    request.site = "http://127.0.0.1:8080";
    const AnyOptions options = dialect->description.make();
    sink += dialect->render(hundred(), request, options).body.size();
}

void judge() {
    static const Policy policy;
    static engine::Judged judged(std::make_shared<Component>(), wall);
    static int run = 0;
    Outcome outcome = ++run % 7 == 0 ? failed("connection refused", ErrorClass::connect) : ok();
    outcome.duration = 12ms;
    sink += judged.take(std::move(outcome), policy, begin + run * 1s, wall + run * 1s).changed;
}

void parse() {
    constexpr std::string_view bytes =
        "GET /health?component=shop%2Fweb HTTP/1.1\r\nHost: shop.example.org\r\n"
        "User-Agent: kube-probe/1.28\r\nAccept: */*\r\nConnection: close\r\n\r\n";
    const auto end = http::find_head_end(bytes);
    const auto head = http::parse_head(bytes.substr(0, *end));
    const auto target = http::parse_target(head->method, head->target);
    sink += target->path.size() + target->query.size();
}

void beat() {
    static StoppedClock clock;
    static workers::Table table = [] {
        workers::Table made(clock);
        made.configure({{.name = "orders"}});
        return made;
    }();
    static const std::vector<std::string> names = [] {
        std::vector<std::string> made;
        for (int number = 0; number < 1000; ++number)
            made.push_back("worker-" + std::to_string(number) + "@host");
        return made;
    }();
    static std::size_t next = 0;
    sink += static_cast<std::size_t>(table.beat("orders", names[next++ % names.size()], wall));
}

// A verdict that changes nothing, among 1,000 components.
void report() {
    static Incidents incidents;
    static const bool defined = [] {
        std::vector<IncidentSubject> subjects;
        for (int number = 0; number < 1000; ++number)
            subjects.push_back({.name = "component-" + std::to_string(number), .depends_on = {}});
        incidents.define(std::move(subjects), begin);
        return true;
    }();
    incidents.report("component-500", Status::ok, ErrorClass::none, begin);
    sink += defined;
}

struct Path {
    std::string name;
    std::function<void()> once;
};

std::vector<Path> paths() {
    std::vector<Path> all = {
        {"judge", judge}, {"parse", parse}, {"beat", beat}, {"report", report}};
    for (const dialects::Dialect* dialect : dialects::all()) {
        if (dialect->wants_board || dialect->asks != nullptr) continue;  // not a probe
        const std::string_view name = dialect->description.name;
        all.push_back({"render." + std::string(name), [name] { render(name); }});
    }
    return all;
}

}  // namespace

int main(int count, char** words) {
    const auto all = paths();
    if (count == 1) {
        for (const Path& path : all) std::puts(path.name.c_str());
        return 0;
    }
    if (count != 3) return std::fputs("usage: hot_paths [NAME TIMES]\n", stderr), 64;
    for (const Path& path : all) {
        if (path.name != words[1]) continue;
        for (long left = std::strtol(words[2], nullptr, 10); left > 0; --left) path.once();
        return sink == static_cast<std::size_t>(-1);  // never
    }
    return std::fputs("no such path\n", stderr), 64;
}
