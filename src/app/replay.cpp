#include "app/replay.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <tuple>

#include "alerts/desk.hpp"
#include "alerts/saved.hpp"
#include "app/alerting.hpp"
#include "app/assemble.hpp"
#include "engine/judged.hpp"
#include "history/records.hpp"
#include "history/sqlite.hpp"
#include "history/tiers.hpp"
#include "model/board.hpp"
#include "model/incidents.hpp"

namespace vitals::app {

using namespace std::chrono_literals;

namespace {

// The greatest distance between two messages that count as the same.
constexpr auto same_within = 5min;

Steady steady_of(System at) {
    return Steady(at.time_since_epoch());
}
System system_of(Steady at) {
    return System(at.time_since_epoch());
}

void sort(std::vector<ToldMessage>& told) {
    std::ranges::sort(told, {}, [](const ToldMessage& each) {
        return std::tuple(each.at, each.receiver, each.cause);
    });
}

template <class Work>
std::expected<void, std::string> with_history(const std::string& state_dir, Work work) {
    try {
        history::Database database(state_dir + "/vitals.db", history::Database::Mode::read);
        database.on_busy([](std::chrono::milliseconds waited) { return waited < 5s; });
        work(database);
        return {};
    } catch (const history::SqliteError& error) {
        return std::unexpected(state_dir + "/vitals.db: " + error.what());
    }
}

// One run after the other, of all components, and what the policy does meanwhile.
class Course {
  public:
    Course(const config::Config& config, Steady begin)
        : policy_(incidents_, alert_settings_of(config), components_of(config), begin) {
        for (const auto& component : config.components)
            components_.emplace(component.component->name,
                                One{engine::Judged(component.component.pointer(), system_of(begin)),
                                    component.policy});
    }

    void take(const std::string& component, const history::Run& run) {
        const Steady now = steady_of(run.at);
        pass_until(now);
        One& one = components_.at(component);
        Outcome outcome;
        outcome.status = run.status;
        outcome.error_class = run.error_class;
        outcome.duration = run.took;
        engine::judge_duration(outcome, one.policy);
        one.judged.take(std::move(outcome), one.policy, now, run.at);
        const ComponentState& state = *one.judged.state();
        const bool about = state.last->status == state.judged;
        incidents_.report(component, state.judged,
                          about ? state.last->error_class : ErrorClass::none, now);
        settle(now);
    }

    bool has(const std::string& component) const { return components_.contains(component); }

    void pass_until(Steady end) {
        for (Steady due = next(); due <= end; due = next()) settle(std::max(due, now_));
    }
    std::vector<ToldMessage> told() && { return std::move(told_); }

  private:
    struct One {
        engine::Judged judged;
        Policy policy;
    };

    static alerts::Components components_of(const config::Config& config) {
        alerts::Components all;
        for (const auto& each : config.components) all.push_back(each.component.pointer());
        return all;
    }
    Steady next() const { return policy_.next_deadline(now_, system_of(now_)); }

    void settle(Steady now) {
        now_ = now;
        const System wall = system_of(now);
        policy_.settle(now, wall);
        while (auto message = policy_.take(now, wall)) {
            told_.push_back(
                {wall, message->receiver, std::string(to_string(message->kind)), message->cause});
            policy_.ended(*message, alerts::Fate::delivered, now);
        }
    }

    Incidents incidents_;
    alerts::Policy policy_;
    std::map<std::string, One> components_;
    Steady now_{};
    std::vector<ToldMessage> told_;
};

}  // namespace

std::expected<KeptRuns, std::string> kept_runs(const std::string& state_dir, System since,
                                               System until) {
    KeptRuns kept;
    const auto read = with_history(state_dir, [&](history::Database& database) {
        std::vector<std::string> names;
        history::Statement statement(database, "SELECT name FROM component ORDER BY name");
        while (statement.step()) names.push_back(statement.text(0));
        history::Tiers tiers(database);
        for (const std::string& name : names) {
            auto runs = tiers.runs(name, since, until);
            if (runs.empty()) continue;
            if (kept.count == 0 || runs.front().at < kept.from) kept.from = runs.front().at;
            kept.to = std::max(kept.to, runs.back().at);
            kept.count += runs.size();
            kept.runs.emplace_back(name, std::move(runs));
        }
    });
    if (!read) return std::unexpected(read.error());
    return kept;
}

std::expected<std::vector<ToldMessage>, std::string> told_messages(const std::string& state_dir,
                                                                   System from, System to) {
    constexpr std::size_t most = 100'000;
    std::vector<ToldMessage> told;
    const auto read = with_history(state_dir, [&](history::Database& database) {
        history::Records records(database);
        for (const auto& row :
             records.latest(to_string(alerts::DeskRow::Kind::record), {}, {}, most)) {
            const auto record =
                alerts::restored<IncidentRecord>(*row.text, alerts::Moment{System{}, Steady{}});
            if (!record) continue;
            for (const Delivery& each : record->told)
                if (each.state == Delivery::State::delivered && each.at >= from && each.at <= to)
                    told.push_back({each.at, each.receiver, each.kind, record->roots});
        }
    });
    if (!read) return std::unexpected(read.error());
    sort(told);
    return told;
}

std::vector<ToldMessage> replay(const config::Config& config, const KeptRuns& kept) {
    struct Next {
        System at;
        std::size_t component, run;
    };
    std::vector<Next> order;
    order.reserve(kept.count);
    Course course(config, steady_of(kept.from));
    for (std::size_t component = 0; component < kept.runs.size(); ++component) {
        const auto& [name, runs] = kept.runs[component];
        if (!course.has(name)) continue;
        for (std::size_t run = 0; run < runs.size(); ++run)
            order.push_back({runs[run].at, component, run});
    }
    std::ranges::sort(
        order, {}, [](const Next& next) { return std::tuple(next.at, next.component, next.run); });
    for (const Next& next : order)
        course.take(kept.runs[next.component].first, kept.runs[next.component].second[next.run]);
    course.pass_until(steady_of(kept.to));
    return std::move(course).told();
}

Unmatched unmatched(const config::Config& config, const KeptRuns& kept) {
    Unmatched found;
    std::set<std::string_view> with_runs, known;
    for (const auto& [name, runs] : kept.runs) with_runs.insert(name);
    for (const auto& component : config.components) {
        known.insert(component.component->name);
        if (!with_runs.contains(component.component->name))
            found.without_runs.push_back(component.component->name);
    }
    for (const std::string_view name : with_runs)
        if (!known.contains(name)) found.unknown.emplace_back(name);
    return found;
}

std::vector<Compared> compared(const std::vector<ToldMessage>& then,
                               const std::vector<ToldMessage>& replayed) {
    std::vector<Compared> all;
    std::vector<bool> matched(replayed.size());
    for (const ToldMessage& message : then) {
        Compared& made = all.emplace_back(Compared{Compared::In::then, message});
        for (std::size_t at = 0; at < replayed.size(); ++at) {
            const ToldMessage& other = replayed[at];
            const auto apart = std::chrono::abs(other.at - message.at);
            if (matched[at] || apart > same_within ||
                std::tie(other.receiver, other.kind, other.cause) !=
                    std::tie(message.receiver, message.kind, message.cause))
                continue;
            matched[at] = true;
            made.in = Compared::In::both;
            break;
        }
    }
    for (std::size_t at = 0; at < replayed.size(); ++at)
        if (!matched[at]) all.push_back({Compared::In::replayed, replayed[at]});
    std::ranges::sort(all, {}, [](const Compared& each) {
        return std::tuple(each.message.at, each.message.receiver, each.message.cause, each.in);
    });
    return all;
}

}  // namespace vitals::app
