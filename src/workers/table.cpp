#include "workers/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "model/pause.hpp"
#include "text/amount.hpp"

namespace vitals::workers {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_named = 3;

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

std::string_view label(const Expectation& expectation) {
    return expectation.prefix == any_other ? "others" : std::string_view(expectation.prefix);
}

constexpr auto name_of = [](const auto* entry) -> std::string_view { return entry->first; };

// Whether a rule is about that worker.
bool concerns(const Expectation& of, const GroupOptions& options, std::string_view name) {
    if (of.prefix != any_other) return name.starts_with(of.prefix);
    return std::none_of(options.expect.begin(), options.expect.end(), [&](const Expectation& rule) {
        return rule.prefix != any_other && name.starts_with(rule.prefix);
    });
}

}  // namespace

Table::Table(Clock& clock, Limits limits) : clock_(clock), limits_(limits) {}

void Table::restore(std::vector<RememberedWorker> remembered) {
    for (RememberedWorker& one : remembered) restored_[one.group].push_back(std::move(one));
}

// The wall clock says how long ago they were heard, and it may have been set since: it decides only
// when they are forgotten.
void Table::begin(Group& group, const std::vector<RememberedWorker>& remembered) {
    const Steady now = clock_.steady();
    const System wall = clock_.system();
    group.since = group.heard = group.turned = now;
    for (const RememberedWorker& one : remembered) {
        if (!is_name(one.name, limits_.name) || group.workers.size() >= limits_.workers) continue;
        const auto age = std::clamp<System::duration>(wall - one.heard, 0s, group.options.remember);
        KnownWorker& worker = group.workers[one.name];
        worker.sent = one.sent;
        worker.heard_at = now - age;
        worker.state = one.left ? State::left : State::restored;
    }
}

void Table::configure(const std::vector<GroupOptions>& wanted) {
    std::vector<Group> groups;
    for (const GroupOptions& options : wanted) {
        Group* before = find(options.name);
        Group group;
        bool listened_before = false;
        if (before != nullptr) {
            group = std::move(*before);
            listened_before = group.options.listened;
        }
        group.options = options;
        if (before == nullptr) begin(group, restored_[options.name]);
        if (options.listened && !listened_before) {
            group.blindness = Blindness("not connected yet", {}, {});
            group.blind_since = clock_.system();
        } else if (!options.listened && listened_before) {
            hear_from(group);
        }
        changed(group);
        groups.push_back(std::move(group));
    }
    std::sort(groups.begin(), groups.end(),
              [](const Group& a, const Group& b) { return a.options.name < b.options.name; });
    groups_ = std::move(groups);
    restored_.clear();
    ++version_;
    ++membership_;
}

void Table::changed(Group& group) {
    group.shown.reset();
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

// ---- messages of workers --------------------------------------------------------------------

// Missing workers are removed for live ones, all at once: searching for the oldest each time would
// be slow when many come at once.
bool Table::make_room(Group& group) {
    if (group.workers.size() < limits_.workers) return true;
    group.order.clear();
    std::erase_if(group.workers,
                  [](const auto& entry) { return entry.second.state != State::alive; });
    return group.workers.size() < limits_.workers;
}

Table::Answer Table::beat(std::string_view group_name, std::string_view name, System sent,
                          std::int64_t process) {
    Group* group = find(group_name);
    if (group == nullptr) return Answer::unknown_group;
    auto at = group->workers.find(name);
    if (at == group->workers.end()) {
        if (!is_name(name, limits_.name)) return Answer::bad_name;
        if (!make_room(*group)) return Answer::full;
        at = group->workers.emplace(std::string(name), KnownWorker()).first;
        // Inserts one at its place; if many are new, sorts all once.
        if (group->order.size() + 1 == group->workers.size())
            group->order.insert(std::ranges::lower_bound(group->order, name, {}, name_of), &*at);
        ++membership_;
    }
    KnownWorker& worker = at->second;
    if (worker.state != State::alive) {
        worker = KnownWorker();
        ++membership_;
    }
    const Steady now = clock_.steady();
    if (process != worker.process && worker.process != 0) {
        if (process == worker.other) worker.both = now;
        worker.other = worker.process;
        worker.other_heard_at = worker.heard_at;
    }
    worker.process = process;
    worker.sent = sent;
    worker.heard_at = now;
    changed(*group);
    return Answer::taken;
}

Table::Answer Table::leave(std::string_view group_name, std::string_view name,
                           std::int64_t process) {
    Group* group = find(group_name);
    if (group == nullptr) return Answer::unknown_group;
    const auto at = group->workers.find(name);
    if (at == group->workers.end()) return Answer::taken;
    KnownWorker& worker = at->second;
    const Steady now = clock_.steady();
    const bool known = process != 0 && worker.process != 0;
    const bool two = worker.both != Steady::min() && now - worker.both <= group->options.timeout;
    if (known && process != worker.process) {
        // Not the one that beats now: its predecessor, or the other one of two.
        if (process == worker.other) worker.both = Steady::min();
        return Answer::taken;
    }
    if (known && two && now - worker.other_heard_at <= group->options.timeout) {
        worker.process = worker.other;
        worker.heard_at = worker.other_heard_at;
        worker.both = Steady::min();
        worker.other = 0;
        changed(*group);
        return Answer::taken;
    }
    worker.state = State::left;
    worker.sent = clock_.system();
    worker.heard_at = now;
    changed(*group);
    ++membership_;
    return Answer::taken;
}

// ---- what can be heard ----------------------------------------------------------------------

void Table::hear_from(Group& group) {
    group.blindness.reset();
    group.since = group.heard = clock_.steady();
    changed(group);
}

void Table::listening(std::string_view name) {
    if (Group* group = find(name)) hear_from(*group);
}

void Table::heard(std::string_view name) {
    Group* group = find(name);
    if (group == nullptr || group->blindness) return;
    const Steady now = clock_.steady();
    if (now - group->heard > excusing_pause(group->options.timeout)) group->since = now;
    group->heard = now;
}

void Table::blind(std::string_view name, Blindness why) {
    Group* group = find(name);
    if (group == nullptr) return;
    if (!group->blindness) group->blind_since = clock_.system();
    group->blindness = std::move(why);
    changed(*group);
}

void Table::remark(std::string_view name, std::string text) {
    Group* group = find(name);
    if (group == nullptr || group->remark == text) return;
    group->remark = std::move(text);
    changed(*group);
}

// ---- the passing of time --------------------------------------------------------------------

// Whether a silent worker is still shown as silent.
bool Table::shows(const Group& group, const KnownWorker& worker, Steady at) const {
    return worker.state == State::silent &&
           at - worker.heard_at <= limits_.shown + group.options.timeout;
}

// True: forget it.
bool Table::pass_time(Group& group, KnownWorker& worker, Steady before, Steady now) {
    const bool was_shown = shows(group, worker, before);
    if (was_shown && !shows(group, worker, now)) changed(group);
    if (worker.state == State::silent || worker.state == State::left)
        return now - worker.heard_at > group.options.remember;
    const Steady from =
        worker.state == State::alive ? std::max(worker.heard_at, group.since) : group.since;
    if (group.heard - from <= group.options.timeout) return false;
    worker.state = State::silent;
    changed(group);
    ++membership_;
    return false;
}

void Table::expire() {
    const Steady now = clock_.steady();
    for (Group& group : groups_) {
        const Steady before = std::exchange(group.turned, now);
        if (group.blindness) continue;
        if (!group.options.listened) {
            if (now - before > excusing_pause(group.options.timeout)) group.since = now;
            group.heard = now;
        }
        std::size_t gone = 0;
        for (auto at = group.workers.begin(); at != group.workers.end();) {
            const bool forget = pass_time(group, at->second, before, now);
            gone += forget ? 1 : 0;
            at = forget ? group.workers.erase(at) : std::next(at);
        }
        if (gone == 0) continue;
        group.order.clear();
        changed(group);
        membership_ += gone;
    }
}

// ---- judging --------------------------------------------------------------------------------

std::vector<Table::Count> Table::count(const Group& group) {
    const auto& rules = group.options.expect;
    std::vector<Count> counts(rules.size() + 1);  // the last one: of all
    for (const auto& [name, worker] : group.workers) {
        if (worker.state != State::alive) continue;
        const auto add = [&, sure = worker.heard_at >= group.since](Count& to) {
            ++to.known;
            if (sure) ++to.sure;
        };
        for (std::size_t i = 0; i < rules.size(); ++i)
            if (concerns(rules[i], group.options, name)) add(counts[i]);
        add(counts.back());
    }
    return counts;
}

// The missing workers, the latest first; of all rules, or of one, then with those that
// deregistered.
std::string Table::missing(const Group& group, const Expectation* of) {
    std::vector<const Workers::value_type*> found;
    for (const auto& entry : group.workers) {
        const State state = entry.second.state;
        if (state == State::alive || (state != State::silent && of == nullptr)) continue;
        if (of != nullptr && !concerns(*of, group.options, entry.first)) continue;
        found.push_back(&entry);
    }
    const std::size_t named = std::min(found.size(), most_named);
    std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(named),
                      found.end(), [](const auto* a, const auto* b) {
                          return std::tie(b->second.sent, a->first) <
                                 std::tie(a->second.sent, b->first);
                      });
    std::string text;
    for (std::size_t i = 0; i < named; ++i) {
        const KnownWorker& worker = found[i]->second;
        const std::string_view what = worker.state == State::silent ? "silent since"
                                      : worker.state == State::left ? "left at"
                                                                    : "last heard at";
        text += fmt::format(", {} {} {}", found[i]->first, what, rfc3339(worker.sent));
    }
    if (found.size() > named) text += fmt::format(", and {} more", found.size() - named);
    return text;
}

Outcome Table::judge_counts(const Group& group) const {
    const auto& rules = group.options.expect;
    const std::vector<Count> counts = count(group);
    std::string problems;
    bool certain = false;
    for (std::size_t i = 0; i < rules.size(); ++i) {
        const CountRange& range = rules[i].count;
        const Count& count = counts[i];
        // "Enough" counts only workers that were heard; "too many" also counts those that may still
        // be there.
        if (count.sure >= range.least && range.contains(count.known)) continue;
        certain = certain || count.sure > range.most;
        problems +=
            fmt::format("{}{}: {} of {}", problems.empty() ? "" : "; ", label(rules[i]),
                        count.sure < range.least ? count.sure : count.known, range_text(range));
        if (count.sure < range.least) problems += missing(group, &rules[i]);
    }
    if (rules.empty() && counts.back().sure == 0)
        problems = "no worker is known" + missing(group, nullptr);
    if (!problems.empty() && !group.remark.empty()) problems += "; " + group.remark;
    const bool heard_out = group.heard - group.since > group.options.timeout;
    const std::size_t known = counts.back().known;
    if (problems.empty()) {
        std::string lost = missing(group, nullptr);
        if (!lost.empty()) lost[0] = ';';
        return ok(text::counted(known, "worker") + lost);
    }
    if (heard_out || certain) return failed(problems);
    return unknown("waiting for heartbeats: " + problems);
}

Outcome Table::judge(std::string_view name) const {
    const Group* group = find(name);
    if (group == nullptr) return unknown("there is no such group");
    Outcome outcome;
    if (group->blindness) {
        outcome = unknown(fmt::format("blind since {}: {}", rfc3339(group->blind_since),
                                      group->blindness->detail),
                          group->blindness->error);
        outcome.failed_phase = group->blindness->phase;
    } else {
        outcome = judge_counts(*group);
    }
    std::array<std::int64_t, 4> numbers{};
    std::int64_t twins = 0;
    const Steady now = clock_.steady();
    for (const auto& [called, worker] : group->workers) {
        ++numbers.at(static_cast<std::size_t>(worker.state));
        if (worker.both != Steady::min() && now - worker.both <= group->options.timeout) ++twins;
    }
    outcome.with("workers", numbers[0]).with("silent", numbers[1]);
    if (twins > 0) outcome.with("names_used_twice", twins);
    return outcome;
}

// ---- showing --------------------------------------------------------------------------------

void Table::put_in_order(const Group& group) {
    if (group.order.size() == group.workers.size()) return;
    group.order.clear();
    group.order.reserve(group.workers.size());
    for (const auto& entry : group.workers) group.order.push_back(&entry);
    std::ranges::sort(group.order, {}, name_of);
}

std::shared_ptr<const WorkerGroup> Table::show(const Group& group) const {
    const Steady now = clock_.steady();
    put_in_order(group);
    auto shown = std::make_shared<WorkerGroup>();
    shown->name = group.options.name;
    shown->timeout = group.options.timeout;
    shown->workers.reserve(group.workers.size());
    for (const auto* entry : group.order) {
        const auto& [name, worker] = *entry;
        if (worker.state == State::alive)
            shown->workers.push_back({name, worker.sent, worker.heard_at, false});
        else if (shows(group, worker, now))
            shown->workers.push_back({name, worker.sent, worker.heard_at, true});
    }
    return shown;
}

std::vector<std::shared_ptr<const WorkerGroup>> Table::groups() const {
    std::vector<std::shared_ptr<const WorkerGroup>> all;
    all.reserve(groups_.size());
    for (const Group& group : groups_) {
        if (group.shown == nullptr) group.shown = show(group);
        all.push_back(group.shown);
    }
    return all;
}

std::vector<RememberedWorker> Table::remembered() const {
    std::vector<RememberedWorker> all;
    all.reserve(size());
    const Steady now = clock_.steady();
    const System wall = clock_.system();
    for (const Group& group : groups_)
        for (const auto& [name, worker] : group.workers)
            all.push_back(
                {group.options.name, name, worker.sent,
                 wall - std::chrono::duration_cast<System::duration>(now - worker.heard_at),
                 worker.state == State::left});
    return all;
}

std::size_t Table::size() const noexcept {
    std::size_t size = 0;
    for (const Group& group : groups_) size += group.workers.size();
    return size;
}

}  // namespace vitals::workers
