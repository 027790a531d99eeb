#include "app/fleet_part.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <random>
#include <set>
#include <utility>

#include "app/assemble.hpp"
#include "app/daemon.hpp"
#include "app/read_now.hpp"
#include "history/records.hpp"
#include "text/words.hpp"

namespace vitals::app {

namespace {

using namespace std::chrono_literals;

constexpr auto turn_every = 250ms;
constexpr auto show_every = 1s;
constexpr auto first_contact = 8s;
constexpr auto validity = 10s;  // of what is shown again every second
constexpr auto renew_before = 3s;
constexpr std::size_t received_at_once = 500;
constexpr auto read_patience = 2s;
constexpr std::string_view drain_record = "fleet-drain", node_record = "fleet-node";
constexpr std::size_t most_records = 10'000;
constexpr std::string_view listens = "-";
constexpr std::size_t most_named = 5;

std::string hex(std::string_view bytes) {
    std::string text;
    for (const char c : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
    return text;
}

std::string bytes_of(std::string_view text) {
    std::string bytes;
    const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    for (std::size_t i = 0; i + 1 < text.size(); i += 2)
        bytes += static_cast<char>(digit(text[i]) * 16 + digit(text[i + 1]));
    return bytes;
}

std::string host_name() {
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0) return {};
    return std::string(name.data()).substr(0, 64);
}

std::uint64_t by_chance() {
    std::random_device device;
    return (static_cast<std::uint64_t>(device()) << 32) | device();
}

fleet::Link::Settings link_settings(const config::Fleet& fleet) {
    fleet::Link::Settings settings;
    settings.servers = fleet.servers;
    if (fleet.tls) {
        settings.tls = true;
        settings.ca = fleet.tls->ca;
        settings.server_name = fleet.tls->name;
        settings.certificate = fleet.tls->certificate;
        settings.key = fleet.tls->key;
    }
    settings.nkey = fleet.nkey;
    settings.creds = fleet.creds;
    settings.name = "vitals " + fleet.node;
    return settings;
}

std::string some_of(const std::vector<std::string>& names) {
    const std::size_t named = std::min(names.size(), most_named);
    return fmt::format("{}{}",
                       fmt::join(names.begin(), names.begin() + static_cast<long>(named), ", "),
                       named < names.size() ? ", ..." : "");
}

bool same(const Outcome& a, const Outcome& b) {
    return a.status == b.status && a.detail == b.detail && a.error == b.error &&
           a.error_class == b.error_class && a.properties == b.properties;
}

}  // namespace

// A check that this node does for all.
struct FleetPart::Own {
    Own(FleetPart& part, const config::ComponentConfig& config)
        : definition(checked_definition_of(config)),
          component(std::make_shared<const Component>(definition.component)),
          judged(component, part.clock_.system()),
          runner(part.environment_, part.clock_, *component, definition.policy, definition.run,
                 engine::Runner::Owner{
                     [this, &part](Outcome outcome) { return take(part, std::move(outcome)); },
                     [](const engine::Schedule::Wake&) {}}) {
        runner.start(std::min<Steady::duration>(1s, definition.policy.interval));
    }
    engine::Runner::Owner::Taken take(FleetPart& part, Outcome outcome) {
        const Steady now = part.clock_.steady();
        engine::judge_duration(outcome, definition.policy);
        const auto verdict = judged.take(outcome, definition.policy, now, part.clock_.system());
        const ComponentState& state = *judged.state();
        part.member_->found(component->name, *state.last, state.judged, state.valid_until - now,
                            now);
        return {verdict.wanted, judged.state()};
    }

    // The same definition, with fresher secrets.
    void renew(const config::ComponentConfig& config) {
        definition.run = checked_definition_of(config).run;
        runner.replace(definition.run);
    }

    engine::Definition definition;
    std::shared_ptr<const Component> component;
    engine::Judged judged;
    engine::Runner runner;
};

FleetPart::FleetPart(net::Environment& environment, Clock& clock, engine::Engine& engine,
                     workers::Groups& workers, Log log, Seams seams)
    : environment_(environment),
      clock_(clock),
      engine_(engine),
      workers_(workers),
      log_(std::move(log)),
      seams_(std::move(seams)),
      timer_(environment.loop()) {}

FleetPart::~FleetPart() = default;

void FleetPart::begin(const config::Config& config, history::Store& store) {
    if (!config.fleet) return;
    const config::Fleet& fleet = *config.fleet;
    store_ = &store;
    fleet::Member::Settings settings;
    settings.fleet = fleet.name;
    settings.node = fleet.node;
    settings.host = host_name();
    settings.version = version;
    settings.labels = fleet.labels;
    settings.interval = fleet.interval;
    settings.incarnation = by_chance();
    fleet::Member::Heard heard;
    heard.beat = [this](const std::string& group, std::string_view worker) {
        workers_.beat_elsewhere(group, worker);
    };
    heard.left = [this](const std::string& group, std::string_view worker) {
        workers_.left_elsewhere(group, worker);
    };
    heard.drain = [this](const std::string& service, const fleet::Drain& drain) {
        const std::string key = fmt::format("{}/{}", member_->settings().fleet, service);
        history::Record record{
            std::string(drain_record), key, clock_.system(), {}, hex(fleet::encode(drain))};
        store_->commit(
            [record](history::Database& database) { history::Records(database).save({record}); },
            [](bool) {});
        if (service != service_) return;
        log_(drain.text == "OK" ? LogLevel::info : LogLevel::warning,
             drain.text == "OK"
                 ? fmt::format("service {} is back on all nodes, by {} on node {}", service,
                               drain.by, drain.origin)
                 : fmt::format("service {} is drained on all nodes by {} on node {}: {}", service,
                               drain.by, drain.origin, drain.text));
        seams_.drained();
    };
    heard.claim = seams_.claim;
    heard.told = seams_.told;
    heard.asked = seams_.asked;
    service_ = config.service.name;
    member_ = std::make_unique<fleet::Member>(std::move(settings), std::move(heard));
    using Records = std::vector<history::Record>;
    const auto read = [&](std::string_view kind) {
        return read_now<Records>(
            store,
            [kind](history::Database& database) {
                return history::Records(database).latest(kind, {}, {}, most_records);
            },
            read_patience);
    };
    const std::string prefix = fleet.name + "/";
    for (const history::Record& record : read(drain_record)) {
        if (!record.key.starts_with(prefix) || !record.text) continue;
        const auto message = fleet::decode("drain", bytes_of(*record.text));
        if (message)
            member_->restore(record.key.substr(prefix.size()), std::get<fleet::Drain>(*message));
    }
    for (const history::Record& record : read(node_record)) {
        if (!record.key.starts_with(prefix) || !record.text) continue;
        const std::string name = record.key.substr(prefix.size());
        member_->restore_node(name, {}, *record.text, clock_.steady());
        saved_nodes_[name] = *record.text;
    }
    link_ = std::make_unique<fleet::Link>(
        link_settings(fleet), [this] { environment_.loop().post([this] { receive(); }); });
    due_ = began_ = clock_.steady();
    timer_.arm(due_, [this] { turn(); });
}

void FleetPart::configure(const config::Config& config) {
    checks_.clear();
    told_.clear();
    auto groups_before = std::exchange(groups_, {});
    service_ = config.service.name;
    std::vector<fleet::SharedCheck> checks;
    std::vector<fleet::SharedGroup> groups;
    for (const config::ComponentConfig& component : config.components) {
        if (!component.vantage) continue;
        checks.push_back({component.component.name, fleet::hash_of(component.public_digest),
                          component.vantage->labels,
                          static_cast<std::size_t>(component.vantage->count)});
        checks_.emplace(component.component.name, component);
    }
    for (const config::WorkersConfig& group : config.workers) {
        if (!group.fleet) continue;
        groups.push_back({group.name, group.timeout});
        groups_[group.name] = groups_before[group.name];
    }
    std::erase_if(running_, [this](auto& each) {
        const auto at = checks_.find(each.first);
        if (at == checks_.end() || at->second.fingerprint != each.second->definition.fingerprint)
            return true;
        each.second->renew(at->second);
        return false;
    });
    if (!member_) return;
    member_->configure(std::move(checks), std::move(groups), member_->settings().labels,
                       clock_.steady());
    link_->subscribe(member_->subscriptions());
}

std::vector<Component> FleetPart::components() const {
    std::vector<Component> components;
    if (!member_) return components;
    const auto add = [&components](std::string name, std::string kind) {
        Component component;
        component.name = std::move(name);
        component.kind = std::move(kind);
        component.critical = false;
        component.interval = show_every;
        component.timeout = validity - 2 * show_every;
        components.push_back(std::move(component));
    };
    add("fleet", "fleet");
    for (const auto& [name, node] : member_->nodes().all()) add("nodes/" + name, "node");
    return components;
}

void FleetPart::show() {
    if (!member_) {
        // `vantage` came with a reload, and the fleet comes with a restart.
        for (const auto& [name, check] : checks_)
            engine_.report(name, unknown("the fleet begins with a restart of vitals"));
        return;
    }
    const Steady now = clock_.steady();
    shown_at_ = now;
    show_nodes(now);
    show_checks(now);
    show_workers(now);
    make_view(now);
}

void FleetPart::end() {
    if (!member_) return;
    timer_.cancel();
    running_.clear();
    member_->leave(clock_.steady());
    link_->send(member_->take_outgoing());
    link_.reset();
}

void FleetPart::take(const Heartbeats& beats) {
    if (!member_ || !groups_.contains(beats.group)) return;
    const Steady now = clock_.steady();
    for (const Heartbeat& beat : beats.beats)
        if (beat.leaving)
            member_->left(beats.group, beat.worker, now);
        else
            member_->beat(beats.group, beat.worker, now);
}

std::string FleetPart::drain_text() const {
    const fleet::Drain* drain = member_ ? member_->drains().find(service_) : nullptr;
    if (drain == nullptr || drain->text == "OK") return {};
    return fmt::format("drained on all nodes by {}: {}", drain->by, drain->text);
}

void FleetPart::drain(std::string service, const std::string& text, const std::string& by,
                      std::function<void(std::string problem, bool durable)> done) {
    if (!member_) return done("this vitals belongs to no fleet", false);
    if (service.empty()) service = service_;
    const auto wall =
        std::chrono::duration_cast<std::chrono::milliseconds>(clock_.system().time_since_epoch());
    if (!member_->drain(service, text, by, static_cast<std::uint64_t>(wall.count()),
                        clock_.steady()))
        return done("too many services were drained in this fleet", false);
    link_->send(member_->take_outgoing());
    make_view(clock_.steady());
    // Behind what was saved of it.
    store_->commit([](history::Database&) {},
                   [done = std::move(done)](bool durable) { done({}, durable); });
}

void FleetPart::say(const fleet::Message& message) {
    if (!link_) return;  // it took its leave
    member_->say(message);
    link_->send(member_->take_outgoing());
}

// Many messages are taken in several turns, so that nothing else waits for them.
void FleetPart::receive() {
    if (!link_ || receiving_) return;
    const auto messages = link_->take(received_at_once);
    const Steady now = clock_.steady();
    for (const fleet::Link::Received& message : messages)
        member_->receive(message.subject, message.bytes, std::min(message.at, now));
    if (messages.size() == received_at_once) {
        receiving_ = true;
        environment_.loop().post([this] {
            receiving_ = false;
            receive();
        });
    }
}

void FleetPart::turn() {
    const Steady now = clock_.steady();
    lag_ = std::chrono::duration_cast<std::chrono::milliseconds>(now - due_);
    receive();
    const fleet::Link::Status status = link_->status();
    if (status.lost != std::exchange(losses_, status.lost)) member_->missed(now);
    if (status.connected != std::exchange(connected_, status.connected))
        log_(status.connected ? LogLevel::info : LogLevel::warning,
             status.connected ? "fleet: connected to " + status.server
                              : "fleet: the connection to the servers is lost");
    if (status.problem != std::exchange(problem_, status.problem) && !status.problem.empty())
        log_(LogLevel::warning, "fleet: " + status.problem);
    member_->tick(now, lag_, seams_.out_of_service());
    run_checks();
    link_->send(member_->take_outgoing());
    const bool changed = member_->nodes().version() != shown_version_;
    if (changed || now - shown_at_ >= show_every) {
        shown_at_ = now;
        show_nodes(now);
        show_workers(now);
        if (changed) save_nodes();
        make_view(now);
    }
    show_checks(now);
    due_ = std::max(due_ + turn_every, now);
    timer_.arm(due_, [this] { turn(); });
}

// A node that hears nobody goes on with what it did.
void FleetPart::run_checks() {
    const std::vector<std::string> names = member_->own_checks();
    const std::set<std::string, std::less<>> wanted(names.begin(), names.end());
    std::erase_if(running_, [&](const auto& each) { return !wanted.contains(each.first); });
    for (const std::string& name : wanted) {
        if (running_.contains(name)) continue;
        const auto at = checks_.find(name);
        if (at != checks_.end() && !waits_for_secret(at->second))
            running_.emplace(name, std::make_unique<Own>(*this, at->second));
    }
}

void FleetPart::tell(const std::string& component, Outcome outcome, Steady valid_until) {
    const Steady now = clock_.steady();
    // It takes a moment to be heard for the first time: nothing is known, and nothing is wrong.
    if (!member_->contact() && now - began_ < first_contact) return;
    Shown& told = told_[component];
    const bool known = told.valid_until != Steady() && same(told.outcome, outcome);
    // What holds for long enough is left alone.
    if (known && told.valid_until == valid_until) return;
    if (known && told.valid_until <= valid_until && told.valid_until - now > renew_before) return;
    told = {outcome, valid_until};
    if (known && engine_.amend(component, outcome, valid_until)) return;
    engine_.report(component, std::move(outcome), valid_until);
}

std::string FleetPart::wall_of(Steady moment) const {
    const Steady now = clock_.steady();
    const System expected = wall_ + std::chrono::duration_cast<System::duration>(now - steady_);
    if (std::chrono::abs(clock_.system() - expected) > 1s) {
        wall_ = clock_.system();
        steady_ = now;
    }
    return rfc3339(wall_ - std::chrono::duration_cast<System::duration>(steady_ - moment));
}

Outcome FleetPart::no_contact() const {
    const auto contact = member_->contact();
    return unknown(contact ? "no contact with the fleet since " + wall_of(*contact)
                           : "no contact with the fleet yet",
                   link_ ? link_->status().problem : std::string());
}

Outcome FleetPart::judge_fleet(Steady now) const {
    if (!member_->in_contact(now)) return no_contact();
    const fleet::Nodes& nodes = member_->nodes();
    if (const auto other = member_->namesake())
        return failed(
            fmt::format("another node calls itself {}: there is one on host {} and one "
                        "on host {}; neither is believed",
                        member_->settings().node, member_->settings().host, *other));
    std::vector<std::string> silent, differ;
    for (const auto& [name, node] : nodes.all()) {
        if (node.silent) silent.push_back(name);
        if (node.alive() && node.last.configuration != member_->configuration())
            differ.push_back(name);
    }
    const std::size_t all = nodes.all().size();
    if (nodes.unheard_together() > 0)
        return failed(fmt::format("{} of {} nodes are unheard", silent.size(), all));
    if (nodes.refused() > 0)
        return degraded(
            fmt::format("the fleet has more than {} nodes; those that came last are "
                        "not heard",
                        fleet::Nodes::most));
    std::string detail = fmt::format("{} of {} nodes are heard", all - silent.size(), all);
    if (!silent.empty()) detail += "; silent: " + some_of(silent);
    if (!differ.empty()) detail += "; another configuration: " + some_of(differ);
    if (const std::string problem = link_->status().problem; !problem.empty()) {
        Outcome outcome = degraded("the servers of the fleet refuse something");
        outcome.error = problem;
        return outcome;
    }
    return ok(std::move(detail));
}

Outcome FleetPart::judge_node(const fleet::Node& node) const {
    using Verdict = fleet::Node::Verdict;
    if (node.collides)
        return failed(
            fmt::format("two nodes have this name, on host {} and on host {}; neither is "
                        "believed",
                        node.last.host, node.other_host));
    if (node.silent && node.verdict == Verdict::with_others)
        return unknown(fmt::format("unheard since {}, as many others", wall_of(node.heard_at)));
    if (node.silent && node.verdict == Verdict::alone)
        return failed(node.restored ? std::string("unheard since this vitals began")
                                    : "unheard since " + wall_of(node.heard_at),
                      ErrorClass::timeout);
    if (node.restored) return unknown("not heard yet");
    std::string detail = "vitals " + node.last.version;
    if (node.last.out_of_service) detail += ", out of service";
    if (node.last.leaving) detail = "it ended";
    return ok(std::move(detail));
}

void FleetPart::show_nodes(Steady now) {
    const bool contact = member_->in_contact(now);
    const fleet::Nodes& nodes = member_->nodes();
    if (nodes.version() != std::exchange(shown_version_, nodes.version())) {
        std::set<std::string, std::less<>> wanted;
        for (Component& component : components()) {
            wanted.insert(component.name);
            if (engine_.find(component.name) == nullptr)
                engine_.add(reported(std::move(component)));
        }
        std::vector<std::string> gone;
        for (const auto& [name, told] : told_)
            if (name.starts_with("nodes/") && !wanted.contains(name)) gone.push_back(name);
        for (const std::string& name : gone) {
            engine_.remove(name);
            told_.erase(name);
        }
    }
    const Steady valid_until = now + validity;
    tell("fleet", judge_fleet(now), valid_until);
    for (const auto& [name, node] : nodes.all())
        tell("nodes/" + name, contact ? judge_node(node) : no_contact(), valid_until);
}

void FleetPart::show_checks(Steady now) {
    const bool contact = member_->in_contact(now);
    const bool namesake = member_->namesake().has_value();
    for (const auto& [name, check] : checks_) {
        if (!contact) {
            tell(name, no_contact(), now + validity);
            continue;
        }
        if (namesake) {
            tell(name, unknown("another node has this node's name"), now + validity);
            continue;
        }
        fleet::Member::Judged judged = member_->verdict(name, now);
        // Without contact it holds no longer than that is noticed.
        const Steady until =
            std::min(judged.valid_until, *member_->contact() + member_->patience(now) + turn_every);
        tell(name, std::move(judged.outcome), until);
    }
}

void FleetPart::show_workers(Steady now) {
    const bool contact = member_->in_contact(now) && !member_->nodes().all().empty();
    const std::size_t unheard = member_->nodes().unheard_together();
    for (auto& [group, why] : groups_) {
        Outcome outcome;
        if (!contact)
            outcome = no_contact();
        else if (unheard > 0)
            outcome =
                unknown(fmt::format("{} of {} nodes are unheard, and what becomes of their "
                                    "workers is not known",
                                    unheard, member_->nodes().all().size()));
        const std::string next = outcome.detail.empty() ? std::string(listens) : outcome.detail;
        const bool changed = next != std::exchange(why, next);
        if (next == listens)
            changed ? workers_.hear_elsewhere(group) : workers_.still_heard_elsewhere(group);
        else if (changed)
            workers_.blind_elsewhere(group, {outcome.detail, outcome.error, {}});
    }
}

void FleetPart::save_nodes() {
    std::vector<history::Record> records;
    const std::string prefix = member_->settings().fleet + "/";
    const auto& nodes = member_->nodes().all();
    for (const auto& [name, node] : nodes) {
        if (node.last.leaving || name == member_->settings().node) continue;
        const auto saved = saved_nodes_.find(name);
        if (saved != saved_nodes_.end() && saved->second == node.last.version) continue;
        saved_nodes_[name] = node.last.version;
        records.push_back(
            {std::string(node_record), prefix + name, clock_.system(), {}, node.last.version});
    }
    std::erase_if(saved_nodes_, [&](const auto& each) {
        const auto at = nodes.find(each.first);
        if (at != nodes.end() && !at->second.last.leaving) return false;
        records.push_back(
            {std::string(node_record), prefix + each.first, clock_.system(), {}, std::nullopt});
        return true;
    });
    if (records.empty()) return;
    store_->commit([records = std::move(records)](
                       history::Database& database) { history::Records(database).save(records); },
                   [](bool) {});
}

void FleetPart::make_view(Steady now) {
    auto view = std::make_shared<FleetView>();
    const fleet::Member& member = *member_;
    const fleet::Link::Status status = link_->status();
    const System wall = clock_.system();
    const auto ago = [&](Steady moment) {
        return std::chrono::duration_cast<std::chrono::milliseconds>(now - moment);
    };
    view->name = member.settings().fleet;
    view->node = member.settings().node;
    view->connected = status.connected;
    view->in_contact = member.in_contact(now);
    view->problem = status.problem;
    if (!view->in_contact && member.contact())
        view->silent_since =
            wall - std::chrono::duration_cast<System::duration>(ago(*member.contact()));
    for (const auto& [name, node] : member.nodes().all()) {
        FleetView::Node shown;
        shown.name = name;
        shown.state = node.collides ? FleetView::NodeState::collides
                      : node.silent ? FleetView::NodeState::unheard
                                    : FleetView::NodeState::heard;
        shown.version = node.last.version;
        if (!node.restored) shown.configuration = fmt::format("{:016x}", node.last.configuration);
        shown.same_configuration =
            node.restored || node.last.configuration == member.configuration();
        shown.host = node.last.host;
        shown.labels = node.last.labels;
        shown.lag = std::chrono::milliseconds(node.last.lag_ms);
        shown.heard = ago(node.heard_at);
        shown.heard_at = wall - std::chrono::duration_cast<System::duration>(shown.heard);
        shown.out_of_service = node.last.out_of_service;
        shown.itself = name == view->node;
        view->nodes.push_back(std::move(shown));
    }
    for (const auto& [name, config] : checks_) {
        FleetView::Check check;
        check.component = name;
        check.vantages = member.vantages(name);
        const fleet::Member::Judged judged = member.verdict(name, now);
        for (const fleet::Vote& vote : judged.votes)
            check.votes.push_back({vote.node, std::string(to_string(vote.status))});
        check.status = to_string(view->in_contact ? judged.outcome.status : Status::unknown);
        check.detail = view->in_contact ? judged.outcome.detail : no_contact().detail;
        view->checks.push_back(std::move(check));
    }
    for (const auto& [service, drain] : member.drains().all()) {
        if (drain.text == "OK") continue;
        view->drains.push_back(
            {service, drain.text, drain.by, drain.origin,
             System(std::chrono::duration_cast<System::duration>(
                 std::chrono::milliseconds(static_cast<std::int64_t>(drain.at.wall))))});
    }
    for (const auto& [group, others] : member.other_workers())
        view->workers_elsewhere += others.size();
    view->received = member.figures().received;
    view->refused = member.figures().unreadable;
    view->sent = status.sent;
    view->dropped = status.dropped + status.lost;
    view->reconnects = status.reconnects;
    const std::lock_guard lock(mutex_);
    view_ = std::move(view);
}

std::shared_ptr<const FleetView> FleetPart::view() const {
    const std::lock_guard lock(mutex_);
    return view_;
}

}  // namespace vitals::app
