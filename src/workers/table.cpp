#include "workers/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace vitals::workers {

namespace {

constexpr std::size_t lost_remembered = 8;

std::string range_text(const CountRange& range) {
    if (range.least == range.most) return std::to_string(range.least);
    if (range.most == CountRange().most) return fmt::format("at least {}", range.least);
    return fmt::format("{} to {}", range.least, range.most);
}

bool is_name(std::string_view name, std::size_t longest) {
    return !name.empty() && name.size() <= longest &&
           std::none_of(name.begin(), name.end(),
                        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace

Table::Table(Clock& clock, Limits limits) : clock_(clock), limits_(limits) {}

void Table::configure(const std::vector<GroupOptions>& wanted) {
    std::vector<Group> groups;
    for (const GroupOptions& options : wanted) {
        Group* before = find(options.name);
        Group group;
        if (before != nullptr)
            group = std::move(*before);
        else
            group.since = clock_.steady();
        group.options = options;
        groups.push_back(std::move(group));
    }
    std::sort(groups.begin(), groups.end(),
              [](const Group& a, const Group& b) { return a.options.name < b.options.name; });
    groups_ = std::move(groups);
    ++version_;
}

Table::Group* Table::find(std::string_view name) {
    return const_cast<Group*>(std::as_const(*this).find(name));
}

const Table::Group* Table::find(std::string_view name) const {
    const auto at = std::lower_bound(
        groups_.begin(), groups_.end(), name,
        [](const Group& group, std::string_view wanted) { return group.options.name < wanted; });
    return at != groups_.end() && at->options.name == name ? &*at : nullptr;
}

Table::Answer Table::beat(std::string_view group_name, std::string_view worker, System sent) {
    Group* group = find(group_name);
    if (group == nullptr) return Answer::unknown_group;
    auto at = group->hearts.find(worker);
    if (at == group->hearts.end()) {
        if (!is_name(worker, limits_.name)) return Answer::bad_name;
        if (group->hearts.size() >= limits_.workers) return Answer::full;
        at = group->hearts.emplace(std::string(worker), Heart()).first;
        std::erase_if(group->lost, [&](const Lost& lost) { return lost.name == worker; });
    }
    at->second.sent = sent;
    at->second.received = clock_.steady();
    ++version_;
    return Answer::taken;
}

Table::Answer Table::leave(std::string_view group_name, std::string_view worker) {
    Group* group = find(group_name);
    if (group == nullptr) return Answer::unknown_group;
    const auto at = group->hearts.find(worker);
    if (at != group->hearts.end()) group->hearts.erase(at);
    std::erase_if(group->lost, [&](const Lost& lost) { return lost.name == worker; });
    ++version_;
    return Answer::taken;
}

void Table::expire() {
    const Steady now = clock_.steady();
    for (Group& group : groups_) {
        const std::size_t gone = std::erase_if(group.hearts, [&](const auto& entry) {
            if (now - entry.second.received <= group.options.timeout) return false;
            group.lost.push_back({entry.first, entry.second.sent});
            return true;
        });
        if (gone == 0) continue;
        if (group.lost.size() > lost_remembered)
            group.lost.erase(group.lost.begin(),
                             group.lost.end() - static_cast<std::ptrdiff_t>(lost_remembered));
        ++version_;
    }
}

std::size_t Table::count_of(const Group& group, const std::string& prefix) {
    return static_cast<std::size_t>(
        std::count_if(group.hearts.begin(), group.hearts.end(),
                      [&](const auto& entry) { return entry.first.starts_with(prefix); }));
}

std::string Table::mismatch(const Group& group, const Expectation& expectation, std::size_t count) {
    std::string text =
        fmt::format("{}: {} of {}", expectation.prefix, count, range_text(expectation.count));
    if (count >= expectation.count.least) return text;
    for (const Lost& lost : group.lost)
        if (lost.name.starts_with(expectation.prefix))
            text += fmt::format(", {} silent since {}", lost.name, rfc3339(lost.seen));
    return text;
}

Outcome Table::judge(std::string_view name) const {
    const Group* group = find(name);
    if (group == nullptr) return unknown("there is no such group");
    std::string problems;
    bool too_many = false;
    for (const Expectation& expectation : group->options.expect) {
        const std::size_t count = count_of(*group, expectation.prefix);
        if (expectation.count.contains(count)) continue;
        too_many = too_many || count > expectation.count.most;
        problems += (problems.empty() ? "" : "; ") + mismatch(*group, expectation, count);
    }
    Outcome outcome;
    if (group->options.expect.empty() && group->hearts.empty()) problems = "no worker is known";
    const bool heard_out = clock_.steady() - group->since > group->options.timeout;
    if (problems.empty())
        outcome = ok(fmt::format("{} {}", group->hearts.size(),
                                 group->hearts.size() == 1 ? "worker" : "workers"));
    else if (heard_out || too_many)
        outcome = failed(problems);
    else
        outcome = unknown("waiting for heartbeats: " + problems);
    return std::move(outcome).with("workers", static_cast<std::int64_t>(group->hearts.size()));
}

std::vector<std::shared_ptr<const WorkerGroup>> Table::groups() const {
    if (shown_version_ == version_) return shown_;
    shown_.clear();
    for (const Group& group : groups_) {
        auto shown = std::make_shared<WorkerGroup>();
        shown->name = group.options.name;
        shown->timeout = group.options.timeout;
        shown->workers.reserve(group.hearts.size());
        for (const auto& [name, heart] : group.hearts)
            shown->workers.push_back({name, heart.sent, heart.received});
        std::sort(shown->workers.begin(), shown->workers.end(),
                  [](const Worker& a, const Worker& b) { return a.name < b.name; });
        shown_.push_back(std::move(shown));
    }
    shown_version_ = version_;
    return shown_;
}

}  // namespace vitals::workers
