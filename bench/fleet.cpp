// A fleet of which one node is real. `send` speaks for 999 nodes with 1,000,000 workers, `keep` is
// a node that comes later and takes what they say. `beat` speaks for as many nodes as it is told
// that do not listen, `judge` is one that listens, and counts its alarms. bench/fleet runs them.
#include <sys/resource.h>
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <fstream>
#include <map>
#include <memory>
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
        // Each node once per interval.
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
                // A quarter of its workers beat since the last batch.
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

// Through ten connections to each server, as a server that hangs silences those behind it.
int beat(const std::vector<std::string>& servers, std::chrono::seconds time, std::size_t count) {
    constexpr std::size_t links_of_each = 10;
    const Subjects subjects("bench");
    std::vector<std::unique_ptr<Link>> links;
    for (std::size_t i = 0; i < servers.size() * links_of_each; ++i) {
        std::vector<std::string> order = servers;
        std::ranges::rotate(order, order.begin() + static_cast<long>(i % servers.size()));
        links.push_back(std::make_unique<Link>(
            Link::Settings{.servers = std::move(order), .name = fmt::format("bench beat {}", i)},
            [] {}));
    }
    std::vector<Heartbeat> beats(count);
    std::vector<std::string> subject;
    for (std::size_t node = 0; node < count; ++node) {
        const std::string name = fmt::format("node-{:05}", node);
        subject.push_back(subjects.of({"hb", std::to_string(shard_of(name)), name, ""}));
        beats[node].incarnation = node + 1;
        beats[node].interval_ms = 2'000;
        beats[node].listens = false;
        beats[node].version = "bench";
        beats[node].host = name + ".example.org";
        beats[node].labels = {"edge", "eu"};
    }
    const Steady begun = now();
    std::size_t at = 0;
    std::chrono::microseconds latest{};
    while (now() - begun < time) {
        const auto due =
            static_cast<std::size_t>((now() - begun) * static_cast<long>(count) / interval);
        std::vector<std::vector<Outgoing>> out(links.size());
        // As late as the heartbeats that are still to be sent.
        latest = std::max(latest, std::chrono::duration_cast<std::chrono::microseconds>(
                                      (due - at) * interval / static_cast<long>(count)));
        for (; at < due; ++at) {
            const std::size_t node = at % count;
            ++beats[node].seq;
            out[node % links.size()].push_back({subject[node], encode(beats[node]), true});
        }
        for (std::size_t i = 0; i < links.size(); ++i)
            if (!out[i].empty()) links[i]->send(std::move(out[i]));
        std::this_thread::sleep_for(5ms);
    }
    std::uint64_t dropped = 0, reconnects = 0;
    for (const auto& link : links) {
        dropped += link->status().dropped;
        reconnects += link->status().reconnects;
    }
    fmt::print("{{\"heartbeats\": {}, \"dropped\": {}, \"reconnects\": {}, \"latest_ms\": {}}}\n",
               at, dropped, reconnects, latest.count() / 1'000);
    return 0;
}

int judge(const std::vector<std::string>& servers, std::chrono::seconds time, std::size_t count) {
    Member::Settings settings;
    settings.fleet = "bench";
    settings.node = fmt::format("judge-{}", ::getpid());
    settings.version = "bench";
    settings.incarnation = static_cast<std::uint64_t>(::getpid()) << 20;
    Member member(settings, {});
    member.configure({}, {}, {}, now());
    Link link({.servers = servers, .name = "bench judge"}, [] {});
    link.subscribe(member.subscriptions());
    const Steady begun = now();
    Steady next = begun, complete_at{};
    double complete = -1, busy_before = 0, blind = 0;
    std::size_t alone = 0, together = 0, most_silent = 0;
    std::chrono::microseconds longest_turn{};
    Steady::duration longest_silence{};
    while (now() - begun < time) {
        const Steady turn = now();
        const auto messages = link.take(500);
        for (const auto& each : messages) member.receive(each.subject, each.bytes, each.at);
        if (now() >= next) {
            next = std::max(next + 250ms, now());
            member.tick(now(), 0ms, false);
            link.send(member.take_outgoing());
            const bool contact = member.in_contact(now());
            if (complete < 0 && contact && member.nodes().alive().size() >= count) {
                complete_at = now();
                complete = std::chrono::duration<double>(complete_at - begun).count();
                busy_before = cpu_seconds();
            }
            if (complete >= 0 && !contact) blind += 0.25;
            std::size_t silent = 0;
            for (const auto& [name, node] : member.nodes().all()) {
                silent += node.silent ? 1 : 0;
                alone += node.verdict == Node::Verdict::alone ? 1 : 0;
                longest_silence = std::max(longest_silence, now() - node.heard_at);
            }
            most_silent = std::max(most_silent, silent);
            together = std::max(together, member.nodes().unheard_together());
        }
        longest_turn = std::max(
            longest_turn, std::chrono::duration_cast<std::chrono::microseconds>(now() - turn));
        if (messages.size() < 500) std::this_thread::sleep_for(2ms);
    }
    const double seconds = std::chrono::duration<double>(now() - complete_at).count();
    fmt::print(
        "{{\"nodes\": {}, \"complete_after_s\": {:.1f}, \"false_alarms\": {}, "
        "\"unheard_together\": {}, \"most_silent\": {}, \"without_contact_s\": {:.1f}, "
        "\"longest_silence_s\": {:.1f}, \"received\": {}, \"late\": {}, \"cores\": {:.2f}, "
        "\"resident_mib\": {}, \"longest_turn_ms\": {:.1f}}}\n",
        member.nodes().all().size(), complete, alone, together, most_silent, blind,
        std::chrono::duration<double>(longest_silence).count(), member.figures().received,
        member.figures().late, complete < 0 ? -1 : (cpu_seconds() - busy_before) / seconds,
        resident_mib(), static_cast<double>(longest_turn.count()) / 1'000);
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 4) return 64;
    const std::string what = arguments[1];
    const std::chrono::seconds time(std::atoi(arguments[2]));
    std::vector<std::string> servers(arguments + 3, arguments + count);
    if (what == "send") return send(servers, time);
    if (what == "keep") return keep(servers, time);
    const auto others = static_cast<std::size_t>(std::atoi(servers.front().c_str()));
    servers.erase(servers.begin());
    if (servers.empty() || others == 0) return 64;
    return what == "beat" ? beat(servers, time, others) : judge(servers, time, others);
}
