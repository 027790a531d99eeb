// A fleet of 1,000 nodes with 1,000,000 workers, of which one is real: `send` speaks for all the
// others, `keep` is a node that comes later and takes what they say. bench/fleet runs both.
#include <sys/resource.h>
#include <unistd.h>

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "fleet/link.hpp"
#include "fleet/member.hpp"

using namespace std::chrono_literals;
using namespace vitals;
using namespace vitals::fleet;

namespace {

constexpr std::size_t nodes = 999, groups = 10, workers_of_each = 100;
constexpr auto interval = 2s;

std::string node_name(std::size_t i) {
    return fmt::format("node-{:04}", i);
}
std::string group_name(std::size_t i) {
    return fmt::format("group-{}", i);
}

Steady now() {
    return std::chrono::steady_clock::now();
}

std::vector<SharedGroup> shared_groups() {
    std::vector<SharedGroup> all;
    for (std::size_t i = 0; i < groups; ++i) all.push_back({group_name(i), 24s});
    return all;
}

int send(const std::vector<std::string>& servers, std::chrono::seconds time) {
    const Subjects subjects("bench");
    Link link({.servers = servers, .name = "bench send"}, [] {});
    link.subscribe({subjects.of_all("ask")});
    struct Group {
        OwnWorkers own{24s};
        std::uint64_t seq = 0;
    };
    std::vector<std::vector<Group>> all(nodes);
    std::vector<std::uint64_t> beats(nodes);
    for (std::size_t node = 0; node < nodes; ++node) {
        all[node].resize(groups);
        for (std::size_t group = 0; group < groups; ++group)
            for (std::size_t i = 0; i < workers_of_each; ++i)
                all[node][group].own.beat(fmt::format("{}@host-{:04}.example.org", i, node), now());
    }
    const auto publish = [&](std::size_t node, std::string_view about, const Message& message,
                             std::vector<Outgoing>& out) {
        out.push_back(
            {subjects.of({std::string(kind_of(message)), std::string(about), node_name(node), ""}),
             encode(message), true});
    };
    const Steady begun = now();
    std::size_t at = 0, batches = 0;
    while (now() - begun < time) {
        std::vector<Outgoing> out;
        for (const auto& received : link.take(10'000)) {
            const auto subject = subjects.read(received.subject);
            const auto message = subject ? decode(subject->kind, received.bytes) : std::nullopt;
            if (!message || !std::holds_alternative<Ask>(*message)) continue;
            const Ask& ask = std::get<Ask>(*message);
            std::size_t node = 0, group = 0;
            if (ask.what != Ask::What::names || ask.node.size() != 9 || ask.group.size() != 7)
                continue;
            std::from_chars(ask.node.data() + 5, ask.node.data() + 9, node);
            std::from_chars(ask.group.data() + 6, ask.group.data() + 7, group);
            if (node >= nodes || group >= groups) continue;
            Names names = all[node][group].own.names(0);
            names.incarnation = node + 1;
            publish(node, ask.group, names, out);
        }
        // All of them once in each interval.
        const auto due =
            static_cast<std::size_t>((now() - begun) * static_cast<long>(nodes) / interval);
        for (; at < due; ++at) {
            const std::size_t node = at % nodes;
            Heartbeat beat;
            beat.incarnation = node + 1;
            beat.seq = ++beats[node];
            beat.interval_ms = 2'000;
            beat.version = "bench";
            publish(node, std::to_string(shard_of(node_name(node))), beat, out);
            for (std::size_t group = 0; group < groups; ++group) {
                Group& each = all[node][group];
                // A quarter of its workers was heard since the last one.
                for (std::size_t i = at / nodes % 4; i < workers_of_each; i += 4)
                    each.own.beat(fmt::format("{}@host-{:04}.example.org", i, node), now());
                Batch batch = each.own.batch(now());
                batch.incarnation = node + 1;
                batch.seq = ++each.seq;
                publish(node, group_name(group), batch, out);
                ++batches;
            }
        }
        link.send(std::move(out));
        std::this_thread::sleep_for(5ms);
    }
    const double seconds = std::chrono::duration<double>(now() - begun).count();
    fmt::print("{{\"batches_per_second\": {:.0f}, \"dropped\": {}}}\n",
               static_cast<double>(batches) / seconds, link.status().dropped);
    return 0;
}

std::size_t resident_mib() {
    std::ifstream in("/proc/self/statm");
    std::size_t size = 0, resident = 0;
    in >> size >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) >> 20;
}

double cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

int keep(const std::vector<std::string>& servers, std::chrono::seconds time) {
    Member::Settings settings;
    settings.fleet = "bench";
    settings.node = "keeper";
    settings.version = "bench";
    settings.incarnation = 1'000'000;
    std::size_t heard = 0;
    Member::Heard hears;
    hears.beat = [&heard](const std::string&, std::string_view) { ++heard; };
    Member member(settings, hears);
    member.configure({}, shared_groups(), {}, now());
    Link link({.servers = servers, .name = "bench keep"}, [] {});
    link.subscribe(member.subscriptions());
    const Steady begun = now();
    double complete = -1, busy_before = 0;
    Steady complete_at{};
    std::size_t silent = 0, most_resident = 0;
    std::uint64_t received_before = 0;
    Steady next = begun;
    std::chrono::microseconds longest{};
    while (now() - begun < time) {
        const Steady turn = now();
        auto messages = link.take(500);
        for (const auto& each : messages) member.receive(each.subject, each.bytes, each.at);
        if (now() >= next) {
            next += 250ms;
            member.tick(now(), 0ms, false);
            link.send(member.take_outgoing());
            std::size_t known = 0;
            for (const auto& [name, others] : member.other_workers()) known += others.size();
            if (complete < 0 && known == nodes * groups * workers_of_each &&
                member.nodes().alive().size() == nodes + 1) {
                complete = std::chrono::duration<double>(now() - begun).count();
                complete_at = now();
                busy_before = cpu_seconds();
                received_before = member.figures().received;
            }
            for (const auto& [name, node] : member.nodes().all()) silent += node.silent ? 1 : 0;
            most_resident = std::max(most_resident, resident_mib());
        }
        longest =
            std::max(longest, std::chrono::duration_cast<std::chrono::microseconds>(now() - turn));
        if (messages.size() < 500) std::this_thread::sleep_for(2ms);
    }
    const double seconds = std::chrono::duration<double>(now() - complete_at).count();
    std::size_t bytes = 0, recent = 0;
    for (const auto& [name, others] : member.other_workers()) {
        bytes += others.bytes();
        recent += others.heard_within(24s, now());
    }
    fmt::print(
        "{{\"complete_after_s\": {:.1f}, \"heard_in_24s\": {}, \"heartbeats\": {}, "
        "\"messages_per_second\": {:.0f}, \"cores\": {:.2f}, \"resident_mib\": {}, "
        "\"table_mib\": {}, \"silent\": {}, \"dropped\": {}, \"lost\": {}, "
        "\"longest_turn_ms\": {:.1f}}}\n",
        complete, recent, heard,
        static_cast<double>(member.figures().received - received_before) / seconds,
        (cpu_seconds() - busy_before) / seconds, most_resident, bytes >> 20, silent,
        link.status().dropped, link.status().lost, static_cast<double>(longest.count()) / 1'000);
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 4) return 64;
    const std::string what = arguments[1];
    const std::chrono::seconds time(std::atoi(arguments[2]));
    const std::vector<std::string> servers(arguments + 3, arguments + count);
    return what == "send" ? send(servers, time) : keep(servers, time);
}
