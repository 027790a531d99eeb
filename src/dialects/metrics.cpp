// `metrics`: everything that is known, for Prometheus and OpenMetrics scrapers. Always 200: a
// failed scrape would hide its content. Names are stable. Labels hold only configured names, no
// error text. Durations are in seconds; an age is that at the moment of rendering.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "dialects/accept.hpp"
#include "dialects/dialect.hpp"
#include "dialects/exposition.hpp"
#include "dialects/mount.hpp"
#include "model/fleet_view.hpp"

namespace vitals::dialects {

namespace {

struct Options {};

using Type = ExpositionWriter::Type;
// A text for each status, in their order.
using PerStatus = std::array<std::string, 4>;

constexpr std::array statuses{Status::ok, Status::degraded, Status::failed, Status::unknown};
PerStatus status_labels(std::string_view name) {
    PerStatus labels;
    for (const Status status : statuses)
        labels[static_cast<std::size_t>(status)] =
            ExpositionWriter::label_text(name, to_string(status));
    return labels;
}

// The label for each value of a few, which often come in the same order.
class Labels {
  public:
    explicit Labels(std::string_view name) : name_(name) {}
    std::string_view of(std::string_view value) {
        for (std::size_t tried = 0; tried < known_.size(); ++tried) {
            if (++at_ >= known_.size()) at_ = 0;
            if (known_[at_].first == value) return known_[at_].second;
        }
        known_.emplace_back(value, ExpositionWriter::label_text(name_, value));
        at_ = known_.size() - 1;
        return known_.back().second;
    }

  private:
    std::string_view name_;
    std::deque<std::pair<std::string, std::string>> known_;  // texts that stay where they are
    std::size_t at_ = 0;
};

// What is shown of a component, copied: each family reads all of them, and the originals are far
// apart in memory.
struct Row {
    std::uint32_t begin, size;  // of its own label in Rows::names
    std::string_view kind;      // likewise a label
    Status current;             // at the moment of rendering
    bool ran;
    std::chrono::nanoseconds age, duration;
    std::size_t phases;  // the end of its own in Rows::phases
    std::array<std::uint64_t, 4> runs, transitions;
};
struct Rows {
    std::string names;  // the labels of all components
    Labels kinds{"kind"}, steps{"phase"};
    std::vector<Row> rows;
    std::vector<std::pair<std::string_view, std::chrono::nanoseconds>> phases;

    std::string_view component(const Row& row) const {
        return std::string_view(names).substr(row.begin, row.size);
    }
    void add_phases(const std::vector<Phase>& ran) {
        // A step that was done twice (a retry on a new connection) is one series.
        const std::size_t begin = phases.size();
        for (const Phase& phase : ran) {
            const std::string_view label = steps.of(phase.name);
            const auto known = std::find_if(
                phases.begin() + static_cast<std::ptrdiff_t>(begin), phases.end(),
                [label](const auto& each) { return each.first.data() == label.data(); });
            if (known == phases.end())
                phases.emplace_back(label, phase.duration);
            else
                known->second += phase.duration;
        }
    }
};

// The configuration of each, so that rules can join it: `* on(instance, component)
// group_left(critical) vitals_component_info`. Meanwhile all are copied.
void write_infos(ExpositionWriter& writer, const std::vector<const ComponentState*>& seen,
                 Steady now, Rows& all) {
    writer.family("vitals_component", Type::info,
                  "What the configuration says of the component; tags in one text, with commas.");
    all.rows.reserve(seen.size());
    all.names.reserve(48 * seen.size());
    std::string tags, labels;
    for (const ComponentState* each : seen) {
        const ComponentState& state = *each;
        const Component& configured = *state.component;
        const std::size_t begin = all.names.size();
        ExpositionWriter::append_label(all.names, "component", configured.name);
        const std::size_t size = all.names.size() - begin;
        tags.clear();
        for (const std::string& tag : configured.tags) tags += (tags.empty() ? "" : ",") + tag;
        labels.clear();
        ExpositionWriter::append_labels(labels,
                                        {{"kind", configured.kind},
                                         {"group", configured.group()},
                                         {"critical", configured.critical ? "true" : "false"},
                                         {"tags", tags}});
        writer.sample(std::string_view(all.names).substr(begin), labels, std::uint64_t{1});
        const bool ran = state.last != nullptr;
        if (ran) all.add_phases(state.last->phases);
        all.rows.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(size),
                            all.kinds.of(configured.kind), state.status(now), ran,
                            ran ? now - state.observed : std::chrono::nanoseconds(0),
                            ran ? state.last->duration : std::chrono::nanoseconds(0),
                            all.phases.size(), state.runs, state.transitions});
    }
}

void write_statuses(ExpositionWriter& writer, const Rows& all) {
    writer.family("vitals_component_status", Type::gauge,
                  "The component's status: 0 ok, 1 degraded, 2 failed, 3 unknown.");
    for (const Row& row : all.rows)
        writer.sample(all.component(row), row.kind, static_cast<std::uint64_t>(row.current));
    writer.family("vitals_component_state", Type::stateset,
                  "The component's status as one series per status.");
    static const PerStatus labels = status_labels("vitals_component_state");
    for (const Row& row : all.rows)
        for (const Status status : statuses)
            writer.sample(all.component(row), labels[static_cast<std::size_t>(status)],
                          std::uint64_t{row.current == status});
    writer.family("vitals_component_age_seconds", Type::gauge,
                  "Time since the component's latest run ended.", "seconds");
    for (const Row& row : all.rows)
        if (row.ran) writer.sample(all.component(row), {}, row.age);
}

void write_counts(ExpositionWriter& writer, const Rows& all, const PerStatus& labels,
                  std::array<std::uint64_t, 4> Row::* counts) {
    for (const Row& row : all.rows)
        for (std::size_t status = 0; status < labels.size(); ++status)
            writer.sample(all.component(row), labels[status], (row.*counts)[status]);
}

void write_runs(ExpositionWriter& writer, const Rows& all) {
    writer.family("vitals_check_duration_seconds", Type::gauge,
                  "How long the component's latest run took.", "seconds");
    for (const Row& row : all.rows)
        if (row.ran) writer.sample(all.component(row), {}, row.duration);
    writer.family("vitals_check_phase_seconds", Type::gauge,
                  "How long one step of the component's latest run took.", "seconds");
    std::size_t phase = 0;
    for (const Row& row : all.rows)
        for (; phase < row.phases; ++phase)
            writer.sample(all.component(row), all.phases[phase].first, all.phases[phase].second);
    static const PerStatus results = status_labels("result"), reached = status_labels("to");
    writer.family("vitals_check_runs", Type::counter, "Finished runs by what they found.");
    write_counts(writer, all, results, &Row::runs);
    writer.family("vitals_transitions", Type::counter,
                  "Changes of the component's status by the status reached.");
    write_counts(writer, all, reached, &Row::transitions);
}

void write_whole(ExpositionWriter& writer, const Snapshot& snapshot, Status whole) {
    writer.family("vitals_status", Type::gauge,
                  "The whole by its components: 0 ok, 1 degraded, 2 failed, 3 unknown.");
    writer.sample({}, static_cast<std::uint64_t>(whole));
    writer.family("vitals_out_of_service", Type::gauge,
                  "1 while this instance is decommissioned or shutting down.");
    writer.sample({}, std::uint64_t{snapshot.decommission.active()});
}

void write_service(ExpositionWriter& writer, const Snapshot& snapshot, const Request& request) {
    writer.family("vitals_workers", Type::gauge, "Workers heard of within their group's timeout.");
    for (const auto& group : snapshot.workers) {
        if (!shows(snapshot, request, "workers/" + group->name)) continue;
        const auto known = std::ranges::count_if(group->workers, [&](const Worker& worker) {
            return snapshot.knows(worker, request.now);
        });
        writer.sample({{"group", group->name}}, static_cast<std::uint64_t>(known));
    }
    writer.family("vitals_engine_lag_seconds", Type::gauge,
                  "How late the scheduler woke, at most, in the latest second.", "seconds");
    writer.sample({}, snapshot.engine.lag);
    writer.family("vitals_http_requests", Type::counter,
                  "Requests answered, by the endpoint's path and the code.");
    for (const Traffic& traffic : request.traffic)
        writer.sample({{"endpoint", traffic.endpoint}, {"code", std::to_string(traffic.code)}},
                      traffic.count);
    writer.family("vitals_build", Type::info, "What this program reports about itself.");
    writer.sample({{"service", snapshot.service.name}, {"version", snapshot.service.version}},
                  std::uint64_t{1});
}

// Counts by state, never a series for each node: each node of a large fleet is scraped.
void write_fleet_nodes(ExpositionWriter& writer, const FleetView& fleet) {
    using State = FleetView::NodeState;
    const auto count = [&fleet](auto has) {
        return static_cast<std::uint64_t>(std::ranges::count_if(fleet.nodes, has));
    };
    writer.family("vitals_fleet_nodes", Type::gauge,
                  "Nodes of the fleet that this one knows, by how it hears them.");
    for (const auto& [word, state] :
         {std::pair("heard", State::heard), std::pair("unheard", State::unheard),
          std::pair("collides", State::collides)})
        writer.sample({{"state", word}},
                      count([state](const auto& node) { return node.state == state; }));
    writer.family("vitals_fleet_nodes_out_of_service", Type::gauge,
                  "Nodes that say that they are out of service.");
    writer.sample({}, count([](const auto& node) { return node.out_of_service; }));
    writer.family("vitals_fleet_nodes_other_configuration", Type::gauge,
                  "Nodes that listen and share another configuration than this one.");
    writer.sample({}, count([](const auto& node) { return !node.same_configuration; }));
    writer.family("vitals_fleet_workers_elsewhere", Type::gauge, "Workers that other nodes share.");
    writer.sample({}, static_cast<std::uint64_t>(fleet.workers_elsewhere));
}

void write_fleet(ExpositionWriter& writer, const FleetView& fleet) {
    writer.family("vitals_fleet_in_contact", Type::gauge,
                  "1 while this node hears its own heartbeats; else it knows nothing of others.");
    writer.sample({}, std::uint64_t{fleet.in_contact});
    writer.family("vitals_fleet_contact_age_seconds", Type::gauge,
                  "Time since the heartbeat was sent that this node heard last of itself.",
                  "seconds");
    if (fleet.contact) writer.sample({}, std::chrono::nanoseconds(*fleet.contact));
    writer.family("vitals_fleet_loop_lag_seconds", Type::gauge,
                  "How late the loop came to the fleet the last time.", "seconds");
    writer.sample({}, std::chrono::nanoseconds(fleet.lag));
    write_fleet_nodes(writer, fleet);
    const auto counter = [&writer](std::string_view name, std::string_view help,
                                   std::uint64_t value) {
        writer.family(name, Type::counter, help);
        writer.sample({}, value);
    };
    counter("vitals_fleet_messages_received", "Messages from the servers of the fleet.",
            fleet.received);
    counter("vitals_fleet_messages_sent", "Messages to them.", fleet.sent);
    writer.family(
        "vitals_fleet_messages_ignored", Type::counter,
        "Messages that were received and not used: a later one had overtaken it, it could "
        "not be read, or it came from a node beyond the bounds.");
    for (const auto& [why, number] :
         {std::pair("late", fleet.late), std::pair("unreadable", fleet.unreadable),
          std::pair("refused", fleet.refused)})
        writer.sample({{"why", why}}, number);
    counter("vitals_fleet_messages_dropped",
            "Messages that were dropped or lost here, as there were too many.", fleet.dropped);
    counter("vitals_fleet_reconnects", "How often it was connected again.", fleet.reconnects);
    writer.family("vitals_fleet_alerts", Type::counter,
                  "Messages about what several nodes see: this node told it, another node told it "
                  "first, or this node stood back for another one.");
    for (const auto& [outcome, number] : {std::pair("told", fleet.alerts.told),
                                          std::pair("left_to_others", fleet.alerts.left_to_others),
                                          std::pair("held", fleet.alerts.held)})
        writer.sample({{"outcome", outcome}}, number);
}

Response render(const Snapshot& snapshot, const Request& request) {
    constexpr std::array<std::string_view, 2> types{
        "text/plain; version=0.0.4; charset=utf-8",
        "application/openmetrics-text; version=1.0.0; charset=utf-8"};
    // The application speaks only the first of them.
    const std::size_t known = request.application_metrics.empty() ? types.size() : 1;
    const std::size_t chosen = negotiate(request.accept, std::span(types).first(known)).value_or(0);
    const Exposition format = chosen == 1 ? Exposition::openmetrics : Exposition::prometheus;

    Response response;
    response.content_type = types[chosen];
    response.headers.emplace_back("Vary", "Accept");
    // The process's own figures are of the last second: frequent scrapes cost nothing.
    response.repeat_for = std::chrono::seconds(1);
    const auto seen = visible(snapshot, request, true);
    response.body.reserve(4096 + seen.size() * 1536);
    ExpositionWriter writer(response.body, format);
    write_whole(writer, snapshot, overall_status(snapshot, seen, request));
    Rows all;
    write_infos(writer, seen, request.now, all);
    write_statuses(writer, all);
    write_runs(writer, all);
    write_service(writer, snapshot, request);
    if (request.fleet != nullptr && shows(snapshot, request, "fleet"))
        write_fleet(writer, *request.fleet);
    if (request.process != nullptr) append_process(response.body, *request.process, format);
    append_application(response.body, request.application_metrics);
    writer.end();
    return response;
}

}  // namespace

extern constinit const Dialect metrics = make_dialect<Options, render>(
    "metrics", "Everything as Prometheus 0.0.4 or OpenMetrics 1.0 text, by Accept.", {},
    {"/metrics", "Prometheus, OpenMetrics", "200 always"}, {.wants_process = true});

}  // namespace vitals::dialects
