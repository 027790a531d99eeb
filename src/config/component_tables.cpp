// The tables of components, workers and objectives, and of what components inherit.
#include "config/section_tables.hpp"

#include <algorithm>
#include <array>

#include "text/url.hpp"

namespace vitals::config {

namespace {

constexpr std::array defaults_fields = {
    field<&DefaultsKeys::interval>("interval", "How often a component is checked.",
                                   {.least = 10 * ms}),
    field<&DefaultsKeys::timeout>("timeout", "How long one run may take in all.", {.least = ms}),
    field<&DefaultsKeys::failures>("failures",
                                   "How many failing runs in a row turn a component failed.",
                                   {.unit = "runs", .least = 1, .most = 1000}),
    field<&DefaultsKeys::successes>("successes",
                                    "How many passing runs in a row bring a failed component back.",
                                    {.unit = "runs", .least = 1, .most = 1000}),
    field<&DefaultsKeys::retry_interval>(
        "retry_interval",
        "How often it is checked while 'failures' or 'successes' delay a change; by default a "
        "fifth of the interval, at least 1s.",
        {.example = "2s", .least = 10 * ms}),
    field<&DefaultsKeys::down_interval>(
        "down_interval", "How often it is checked while it is failed; by default the interval.",
        {.example = "1m", .least = 10 * ms}),
    field<&DefaultsKeys::kinds>(
        "kinds", "Keys for all components of a kind, which may be any keys that they take.",
        {.example = "{http: {timeout: 2s}}"}),
    field<&DefaultsKeys::groups>(
        "groups",
        "Keys for all components of a group, the part of their names before the '/'. They may be "
        "any keys that these components take, also 'check'.",
        {.example = "{databases: {check: postgres, user: app}}"}),
};

// It becomes a link on the page, so other schemes are refused.
Verified verify_runbook(const std::string& url) {
    if (url.size() > 2048) return std::unexpected("must be at most 2048 bytes");
    if (std::string problem = text::url_problem(url, {"http", "https"}); !problem.empty())
        return std::unexpected(std::move(problem));
    return {};
}

Verified verify_run(const std::vector<std::string>& words) {
    if (words.empty() || words.front().empty()) return std::unexpected("names no program");
    const std::string& program = words.front();
    if (program.contains('/') && program.front() != '/')
        return std::unexpected(
            "expected an absolute path, or a bare name that is looked for in PATH");
    if (words.size() == 1 && program.contains(' '))
        return std::unexpected("expected a list of words, since no shell takes a line apart: [" +
                               program.substr(0, program.find(' ')) + ", ...]");
    for (const std::string& word : words)
        if (word.contains('\0')) return std::unexpected("a word holds a NUL");
    return {};
}

constexpr std::array on_failed_fields = {
    field<&OnFailed::run, verify_run>(
        "run", "The program and its arguments, one by one; no shell sees them.",
        {.required = true, .example = "[systemctl, restart, shop]"}),
    field<&OnFailed::at_most>("at_most", "The brake: how often it may run.",
                              {.required = true, .example = "3 per 1h"}),
    field<&OnFailed::timeout>("timeout", "When the program is killed, with all that it started.",
                              {.least = second, .most = 60 * minute}),
    field<&OnFailed::again_after>(
        "again_after", "How long after a run it may run again while the component is still failed.",
        {.least = second}),
};

constexpr std::array vantage_fields = {
    field<&Vantage::labels>(
        "labels",
        "The labels that a node must have, all of them; by default any node may check it.",
        {.example = "[edge]"}),
    field<&Vantage::count>("count",
                           "How many nodes check it. Of three or more the majority decides.",
                           {.unit = "nodes", .example = "3", .least = 1, .most = 9}),
};

constexpr std::array component_fields = {
    field<&ComponentKeys::check>("check", "The kind of check.",
                                 {.required = true, .example = "http"}),
    field<&ComponentKeys::interval>("interval", "How often it is checked; from 'defaults'.",
                                    {.example = "10s", .least = 10 * ms}),
    field<&ComponentKeys::timeout>("timeout", "How long one run may take in all; from 'defaults'.",
                                   {.example = "5s", .least = ms}),
    field<&ComponentKeys::failures>(
        "failures", "How many failing runs in a row turn it failed; from 'defaults'.",
        {.unit = "runs", .example = "3", .least = 1, .most = 1000}),
    field<&ComponentKeys::successes>(
        "successes", "How many passing runs in a row bring it back; from 'defaults'.",
        {.unit = "runs", .example = "2", .least = 1, .most = 1000}),
    field<&ComponentKeys::retry_interval>(
        "retry_interval",
        "How often it is checked, on a new connection, while 'failures' or 'successes' delay a "
        "change; from 'defaults', else a fifth of the interval, at least 1s.",
        {.example = "2s", .least = 10 * ms}),
    field<&ComponentKeys::down_interval>(
        "down_interval",
        "How often it is checked while it is failed; from 'defaults', else the interval.",
        {.example = "1m", .least = 10 * ms}),
    field<&ComponentKeys::critical>("critical", "Whether its failure makes the whole fail."),
    field<&ComponentKeys::valid_for>(
        "valid_for",
        "How long a result counts before it is stale; by default 2 x interval + timeout, of a "
        "failed component 2 x down_interval + timeout.",
        {.example = "1m", .least = ms}),
    field<&ComponentKeys::depends_on>("depends_on",
                                      "Components whose failure explains a failure of this one.",
                                      {.refers = "components", .example = "[disk]"}),
    field<&ComponentKeys::tags>("tags", "Words that select components: `tag:storage`.",
                                {.example = "[storage]"}),
    field<&ComponentKeys::slow_above>("slow_above", "A run that takes longer is degraded.",
                                      {.example = "500ms", .least = ms}),
    field<&ComponentKeys::probes>(
        "probes",
        "Kubernetes probes beside readiness that it is part of: `live` or `startup`. All "
        "components that are not pushed are part of `startup`.",
        {.choices = "live|startup", .example = "[live]"}),
    field<&ComponentKeys::runbook, verify_runbook>(
        "runbook", "The URL of instructions for when this is not ok; the page links to it.",
        {.example = "https://wiki.example/redis"}),
    field<&ComponentKeys::on_failed>("on_failed",
                                     "A program that runs once when the component has failed. It "
                                     "does not run while another component is the cause, or while "
                                     "the component is silenced, in maintenance or acknowledged.",
                                     {.members = on_failed_fields}),
    field<&ComponentKeys::vantage>("vantage",
                                   "Some nodes of the fleet check it instead of each node, and all "
                                   "nodes show what these found.",
                                   {.members = vantage_fields}),
};

constexpr std::array workers_fields = {
    field<&WorkersConfig::source>("source", "Where heartbeats come from.",
                                  {.choices = "push|celery"}),
    field<&WorkersConfig::timeout>(
        "timeout", "A worker that is silent for longer no longer counts as alive.", {.least = ms}),
    field<&WorkersConfig::remember>(
        "remember",
        "How long a worker that fell silent or left is reported as missing by its name.",
        {.least = ms}),
    field<&WorkersConfig::expect>("expect",
                                  "How many workers there must be, by the beginning of their "
                                  "names; `*` stands for workers that no other rule names.",
                                  {.example = "{scheduler: \"1\", worker: \">=1\"}"}),
    field<&WorkersConfig::probes>("probes",
                                  "Kubernetes probes beside readiness that the group is part of.",
                                  {.choices = "live|startup", .example = "[startup]"}),
    field<&WorkersConfig::fleet>("fleet",
                                 "Whether the group spans the fleet: a heartbeat that one node "
                                 "receives counts on all nodes."),
};

Verified target_problem(const Percentage& target) {
    if (target.value > 0 && target.value < 100) return {};
    return std::unexpected("must be more than 0% and less than 100%: 100% leaves no budget");
}

constexpr std::array objective_fields = {
    field<&ObjectiveConfig::components>(
        "components",
        "The components, by selectors. Together they are down while any critical one is down.",
        {.required = true, .refers = "components", .example = "\"shop/*\""}),
    field<&ObjectiveConfig::target, target_problem>(
        "target", "How much of the time they must be up.", {.required = true, .example = "99.9%"}),
    field<&ObjectiveConfig::window>("window", "The time over which this is measured, up to now.",
                                    {.least = 60 * minute, .most = 400 * 24 * 60 * minute}),
    field<&ObjectiveConfig::degraded_counts>("degraded_counts",
                                             "What the time counts as in which they are degraded.",
                                             {.choices = "up|down"}),
    field<&ObjectiveConfig::unknown_counts>(
        "unknown_counts", "What the time counts as in which their status is not known.",
        {.choices = "ignored|down"}),
};

}  // namespace

std::span<const Field> defaults_table() {
    return defaults_fields;
}
std::span<const Field> workers_table() {
    return workers_fields;
}
std::span<const Field> objective_table() {
    return objective_fields;
}
std::span<const Field> common_component_fields() {
    return component_fields;
}

}  // namespace vitals::config
