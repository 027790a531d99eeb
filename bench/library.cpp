// The cost of the library for a service. `bench/run --only library` prints it with verdicts.
#include <benchmark/benchmark.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "vitals/registry.hpp"

namespace {

using namespace std::chrono_literals;

void set_state_unchanged(benchmark::State& state) {
    vitals::Registry registry;
    vitals::StateHandler handler("importer");
    registry.add(handler);
    handler.set_state(vitals::Status::ok, "running");
    for (auto _ : state) handler.set_state(vitals::Status::ok, "running");
}
BENCHMARK(set_state_unchanged);

void set_state_changed(benchmark::State& state) {
    vitals::Registry registry;
    vitals::StateHandler handler("importer");
    registry.add(handler);
    bool well = false;
    for (auto _ : state) {
        well = !well;
        handler.set_state(well ? vitals::Status::ok : vitals::Status::degraded, "running");
    }
}
BENCHMARK(set_state_changed)->UseRealTime();

// One state, read while another thread changes it as fast as it can.
void read_while_written(benchmark::State& state) {
    vitals::Registry registry;
    vitals::StateHandler handler("importer");
    registry.add(handler);
    std::atomic<bool> stop{false};
    std::thread writer([&] {
        for (bool well = false; !stop; well = !well)
            handler.set_state(well ? vitals::Status::ok : vitals::Status::degraded, "running");
    });
    for (auto _ : state) benchmark::DoNotOptimize(handler.status());
    stop = true;
    writer.join();
}
BENCHMARK(read_while_written);

void read_by_name(benchmark::State& state) {
    vitals::Registry registry;
    vitals::StateHandler handler("importer");
    registry.add(handler);
    for (auto _ : state)
        benchmark::DoNotOptimize(registry.is_in_state("importer", vitals::Status::ok));
}
BENCHMARK(read_by_name);

void obtain_snapshot(benchmark::State& state) {
    vitals::Registry registry;
    std::vector<std::unique_ptr<vitals::StateHandler>> handlers;
    for (int i = 0; i < 10'000; ++i) {
        handlers.push_back(std::make_unique<vitals::StateHandler>("node" + std::to_string(i)));
        handlers.back()->set_state(vitals::Status::ok);
        registry.add(*handlers.back());
    }
    while (registry.snapshot()->components.size() < 10'000) std::this_thread::sleep_for(1ms);
    for (auto _ : state) benchmark::DoNotOptimize(registry.snapshot());
}
BENCHMARK(obtain_snapshot);

// A thousand workers that send heartbeats, one after the other.
void beat(benchmark::State& state) {
    vitals::Registry registry;
    std::vector<std::unique_ptr<vitals::StateHandler>> workers;
    for (int i = 0; i < 1'000; ++i) {
        workers.push_back(std::make_unique<vitals::StateHandler>("worker" + std::to_string(i)));
        workers.back()->set_state(vitals::Status::ok);
        registry.add(*workers.back(), {.ttl = 10s});
    }
    std::size_t next = 0;
    for (auto _ : state) {
        workers[next]->beat();
        if (++next == workers.size()) next = 0;
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(beat);

}  // namespace

BENCHMARK_MAIN();
