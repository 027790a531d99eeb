// The cost of the history: CPU and bytes for each result, bars for many components, and its size.
// Time is stepped, not slept. Prints `name value` lines; bench/run judges them.
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "history/journal.hpp"
#include "history/recent.hpp"
#include "history/response_times.hpp"
#include "history/store_state.hpp"

namespace {

using namespace std::chrono_literals;
using namespace vitals;
using namespace vitals::history;
using std::chrono::microseconds;

constexpr System midnight(std::chrono::seconds(1'799'971'200));
constexpr Steady begin(std::chrono::hours(100));
std::mt19937 chance(1);

double cpu_seconds() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

microseconds some_time() {
    static std::lognormal_distribution<double> draw(std::log(20'000.0), 0.4);
    return microseconds(std::llround(draw(chance)));
}

std::int64_t ms(System time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

struct File {
    explicit File(const std::string& name) : path(folder() + "/" + name) {}
    static std::string folder() {
        static const std::string made = [] {
            std::string pattern = (std::filesystem::temp_directory_path() / "history-XXXXXX");
            return std::string(::mkdtemp(pattern.data()));
        }();
        return made;
    }
    std::string path;
    Journal journal{path, [](auto) { return false; }};
};

std::shared_ptr<ComponentState> a_state(int number) {
    auto component = std::make_shared<Component>();
    component->name =
        "group-" + std::to_string(number % 50) + "/component-" + std::to_string(number);
    auto outcome = std::make_shared<Outcome>();
    outcome->status = Status::ok;
    outcome->phases = {{"resolve", 1ms}, {"connect", 2ms}, {"tls", 8ms}, {"answer", 9ms}};
    auto state = std::make_shared<ComponentState>();
    state->component = component;
    state->last = outcome;
    state->judged = Status::ok;
    return state;
}

// 10,000 components every 10 s, for an hour and a quarter, so that an hour becomes a row.
void results() {
    constexpr int components = 10'000, rounds = 450;
    File file("results.db");
    Recent recent(midnight, begin);
    ResponseTimes gathered;
    std::vector<std::shared_ptr<ComponentState>> states;
    for (int i = 0; i < components; ++i) states.push_back(a_state(i));
    const std::function<System(Steady)> line = [&recent](Steady at) { return recent.at(at); };
    const std::uint64_t empty = file.journal.used_bytes();
    double used = 0;
    std::vector<NewRun> runs;
    for (int round = 0; round < rounds; ++round) {
        const Steady now = begin + 10s * round;
        for (auto& state : states) {
            auto outcome = std::make_shared<Outcome>(*state->last);
            outcome->duration = some_time();
            state->last = outcome;
            state->observed = now;
        }
        const double before = cpu_seconds();
        for (const auto& state : states) {
            recent.result(*state);
            runs.push_back({state->component, state->observed, Status::ok, ErrorClass::none,
                            std::chrono::duration_cast<microseconds>(state->last->duration)});
        }
        gathered.take(runs, line);
        runs.clear();
        gathered.close(line(now));
        if (gathered.waiting()) gathered.write(file.journal.database(), file.journal.tiers());
        for (int turn = 0; turn < 2; ++turn) file.journal.tiers().roll(line(now), 400 * 24h);
        used += cpu_seconds() - before;
    }
    gathered.close_all();
    gathered.write(file.journal.database(), file.journal.tiers());
    const double bytes = static_cast<double>(file.journal.used_bytes() - empty);
    std::printf("results_percent_of_a_core %.3f\n", used / (rounds * 10) * 100);
    std::printf("bytes_a_result %.2f\n", bytes / (components * rounds));
}

// Single changes of state, each on the disk before the next: the highest rate that the store
// allows.
void changes() {
    constexpr int components = 1'000, changes = 2'000;
    File file("changes.db");
    const double a_second = std::chrono::duration<double>(1s) / pace;
    const double before = cpu_seconds();
    const auto begins = std::chrono::steady_clock::now();
    for (int i = 0; i < changes; ++i) {
        const System at = midnight + 1s * i;
        file.journal.append(
            {{a_state(i % components)->component->name,
              i / components % 2 == 0 ? Spent::failed : Spent::ok, at, at, "connection refused"}},
            at);
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begins;
    const double used = (cpu_seconds() - before) / changes;
    std::printf("a_change_us %.1f\n", used * 1e6);
    std::printf("a_change_takes_us %.1f\n", took.count() / changes * 1e6);
    std::printf("changes_percent_of_a_core %.3f\n", used * a_second * 100);
}

// 90 bars of 1,000 components.
void bars() {
    constexpr int components = 1'000, spans = 41;
    Recent recent(midnight, begin);
    File file("bars.db");
    std::vector<std::string> names;
    for (int i = 0; i < components; ++i) names.push_back(a_state(i)->component->name);
    file.journal.spans().begin_life(midnight);
    file.journal.spans().alive(midnight + 90 * 24h);
    std::vector<SpanRecord> records;
    for (const std::string& name : names)
        for (int i = 0; i < spans; ++i) {
            const Status to = i % 2 == 0 ? Status::ok : Status::failed;
            Transition change;
            change.component = name;
            change.to = to;
            change.began = change.decided = begin + i * 35min + 1min;
            recent.transition(change);
            const System at = midnight + i * 52h;
            records.push_back({name, vitals::spent_of(to), at, at, "connection refused"});
        }
    file.journal.append(records);
    std::size_t sum = 0;
    const auto measure = [&sum](const char* what, auto work) {
        const double before = cpu_seconds();
        constexpr int times = 5;
        for (int i = 0; i < times; ++i) sum += work();
        std::printf("%s %.3f\n", what, (cpu_seconds() - before) / times * 1e3);
    };
    measure("bars_24h_ms", [&] {
        std::size_t all = 0;
        for (const std::string& name : names) {
            const Past past = recent.past(name, midnight, midnight + 24h);
            all += accounts(past.watched(), past.from, 16min, 90).size();
        }
        return all;
    });
    measure("bars_90d_ms", [&] {
        std::size_t all = 0;
        for (const Past& past : file.journal.spans().pasts(names, midnight, midnight + 90 * 24h))
            all += accounts(past.watched(), past.from, 24h, 90).size();
        return all;
    });
    if (sum == 0) std::abort();
}

// 1,000 components every 10 s for 90 days, with the resulting size.
void size() {
    constexpr int components = 1'000;
    File file("size.db");
    Database& database = file.journal.database();
    Tiers& tiers = file.journal.tiers();
    const auto times_of = [](int runs) {
        RunTimes times;
        for (int i = 0; i < runs; ++i) times.add(some_time());
        return times;
    };
    const auto put = [&](const char* sql, int component, System start, const RunTimes& times) {
        Statement insert(database, sql);
        insert.bind(1, component).bind(2, ms(start)).bind(3, static_cast<std::int64_t>(times.runs));
        insert.bind(4, times.least.count())
            .bind(5, times.most.count())
            .bind(6, times.total.count());
        insert.bind_bytes(7, times.sketch.encoded()).run();
    };
    std::vector<RunTimes> days, hours, minutes;
    for (int i = 0; i < 50; ++i) {
        days.push_back(times_of(8'640));
        hours.push_back(times_of(360));
        minutes.push_back(times_of(6));
    }
    Transaction transaction(database);
    for (int component = 1; component <= components; ++component) {
        tiers.number_of(a_state(component)->component->name);
        for (std::size_t day = 0; day < 90; ++day)
            put("INSERT INTO day VALUES (?, ?, ?, ?, ?, ?, ?)", component, midnight + 24h * day,
                days[day % 50]);
        for (std::size_t hour = 0; hour < 35 * 24; ++hour)
            put("INSERT INTO hour VALUES (?, ?, ?, ?, ?, ?, ?)", component, midnight + 1h * hour,
                hours[hour % 50]);
        for (std::size_t span = 0; span < 41; ++span)
            Statement(database, "INSERT INTO span VALUES (?, ?, ?, 0, 'connection refused')")
                .bind(1, component)
                .bind(2, ms(midnight + 52h * span))
                .bind(3, ms(midnight + 52h * span))
                .run();
    }
    for (std::size_t minute = 0; minute < 26 * 60; ++minute)
        for (int component = 1; component <= components; ++component)
            tiers.put_minute(component, midnight + 1min * minute, minutes[minute % 50]);
    for (int chunk = 0; chunk < 12; ++chunk)
        for (int component = 1; component <= components; ++component) {
            Chunk runs(midnight + 10min * chunk);
            for (int i = 0; i < 60; ++i)
                runs.add({runs.start() + 10s * i + 3ms, Status::ok, ErrorClass::none, some_time()});
            tiers.put_chunk(component, runs);
        }
    transaction.commit();
    std::printf("size_of_90d_mib %.1f\n",
                static_cast<double>(file.journal.used_bytes()) / (1 << 20));
}

}  // namespace

int main() {
    results();
    changes();
    bars();
    size();
    std::error_code ignored;
    std::filesystem::remove_all(File::folder(), ignored);
}
