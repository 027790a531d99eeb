#include "app/objectives.hpp"

#include <algorithm>
#include <cmath>

#include "app/in_time.hpp"

namespace vitals::app {

using namespace std::chrono_literals;

namespace {

constexpr auto turn_every = 10s;
constexpr auto read_every = 60s;
constexpr auto read_patience = 30s;
constexpr auto from_memory = 24h;
constexpr std::string_view group = "objectives/";

}  // namespace

Objectives::Objectives(net::Loop& loop, engine::Engine& engine, Clock& clock, const Hub& hub,
                       Planned planned)
    : loop_(loop),
      engine_(engine),
      clock_(clock),
      hub_(hub),
      planned_(std::move(planned)),
      timer_(loop) {}

void Objectives::configure(const config::Config& config) {
    std::map<std::string, One> before = std::exchange(all_, {});
    for (const config::ObjectiveConfig& each : config.objectives) {
        One one;
        one.objective = {.name = each.name,
                         .target = std::round(each.target.value * 1e6) / 1e8,  // 0.999
                         .window = each.window,
                         .degraded_is_down = each.degraded_counts == "down",
                         .unknown_is_down = each.unknown_counts == "down"};
        one.selector = Selector(each.components);
        const auto was = before.find(each.name);
        const bool same = was != before.end() && was->second.objective == one.objective &&
                          was->second.selector.words() == one.selector.words();
        if (same) one = std::move(was->second);
        one.report.objective = one.objective;
        before.erase(each.name);
        all_.insert_or_assign(each.name, std::move(one));
    }
    gone_.clear();
    for (const auto& [name, one] : before) gone_.push_back(std::string(group) + name);
}

std::vector<Component> Objectives::components() const {
    std::vector<Component> components;
    for (const auto& [name, one] : all_) {
        Component& each = components.emplace_back();
        each.name = std::string(group) + name;
        each.kind = "objective";
        // It says nothing about the present: answers for probes and load balancers leave it out.
        each.own = true;
        each.critical = false;
        each.interval = turn_every;
    }
    return components;
}

Objectives::Chosen Objectives::chosen(const One& one) const {
    std::vector<std::string> critical, others;
    const auto snapshot = hub_.current();
    for (const auto& state : snapshot->components) {
        const Component& component = *state->component;
        if (component.own || !one.selector.takes(component)) continue;
        (component.critical ? critical : others).push_back(component.name);
    }
    return {critical.empty() ? std::move(others) : std::move(critical)};
}

// The states of the components at each instant from that moment on.
Past Objectives::together(const Chosen& chosen, std::vector<Past> pasts, System from,
                          System now) const {
    std::vector<Watched> watched;
    watched.reserve(pasts.size());
    for (std::size_t i = 0; i < pasts.size(); ++i) {
        planned_(chosen.names[i], pasts[i]);
        watched.push_back(pasts[i].watched());
    }
    Past past;
    past.from = from;
    past.now = now;
    past.spans = worst_of(watched, from, now);
    return past;
}

void Objectives::turn() {
    timer_.arm(clock_.steady() + turn_every, [this] { turn(); });
    std::vector<ObjectiveReport> reports;
    for (auto& [name, one] : all_) {
        judge(one);
        // While nobody has looked, there is no verdict and no message.
        Outcome outcome = one.report.outcome();
        one.known = one.known || outcome.status != Status::unknown;
        if (one.known) engine_.report(std::string(group) + name, std::move(outcome));
        reports.push_back(one.report);
    }
    const std::lock_guard lock(mutex_);
    reports_ = std::move(reports);
}

void Objectives::judge(One& one) {
    if (store_ == nullptr) return;
    const Chosen takes = chosen(one);
    one.report.components = takes.names.size();
    if (one.report.names == nullptr || *one.report.names != takes.names)
        one.report.names = std::make_shared<const std::vector<std::string>>(takes.names);
    if (!store_->knows_recent()) return;
    const auto pasts = store_->recent_pasts(takes.names, from_memory);
    const System now = store_->at(clock_.steady());
    const Past past = together(takes, pasts, now - from_memory, now);
    const auto over = [&](std::chrono::milliseconds length) {
        return as_counted(account(past.watched(), now - length, now), one.objective);
    };
    for (std::size_t i = 0; i < burn_windows; ++i) {
        const auto length = length_of(static_cast<BurnWindow>(i));
        if (length <= from_memory) one.report.burnt[i] = over(length);
    }
    if (one.objective.window <= from_memory) one.report.account = over(one.objective.window);
    read_long(one.objective.name, one, takes);
}

void Objectives::read_long(const std::string& name, One& one, const Chosen& takes) {
    const Steady now = clock_.steady();
    if (one.reading || (one.read_at != Steady() && now - one.read_at < read_every)) return;
    one.reading = true;
    one.read_at = now;
    using Found = std::optional<std::vector<Past>>;
    const auto back = std::max(one.objective.window, length_of(BurnWindow::days3));
    auto take = [this, name, back, takes, objective = one.objective,
                 alive = std::weak_ptr(alive_)](Found found) {
        if (alive.expired()) return;
        const auto at = all_.find(name);
        if (at == all_.end() || !(at->second.objective == objective)) return;
        One& known = at->second;
        known.reading = false;
        if (!found) {
            known
                .read_at = {};  // too many questions, or the disk is away: again with the next turn
            return;
        }
        const System end = found->empty() ? store_->at(clock_.steady()) : found->front().now;
        const Past past = together(takes, *found, end - back, end);
        const auto over = [&](std::chrono::milliseconds length) {
            return as_counted(account(past.watched(), end - length, end), objective);
        };
        known.report.burnt[static_cast<std::size_t>(BurnWindow::days3)] =
            over(length_of(BurnWindow::days3));
        if (objective.window > from_memory) known.report.account = over(objective.window);
    };
    store_->pasts(takes.names, back,
                  in_time<Found>(loop_, clock_, read_patience, std::nullopt, std::move(take)));
}

std::vector<ObjectiveReport> Objectives::reports() const {
    const std::lock_guard lock(mutex_);
    return reports_;
}

}  // namespace vitals::app
