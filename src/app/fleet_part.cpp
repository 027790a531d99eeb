#include "app/fleet_part.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <random>
#include <utility>

#include "app/daemon.hpp"
#include "app/fleet_vantage.hpp"
#include "app/read_now.hpp"
#include "history/records.hpp"

namespace vitals::app {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t received_at_once = 500;
constexpr auto read_patience = 2s;
constexpr std::string_view drain_record = "fleet-drain", node_record = "fleet-node";
constexpr std::size_t most_records = 10'000;

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

}  // namespace

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
    settings.listens = fleet.listen;
    settings.incarnation = by_chance();
    fleet::Member::Heard heard;
    heard.beat = [this](const std::string& group, std::string_view worker) {
        workers_.beat_elsewhere(group, worker);
    };
    heard.left = [this](const std::string& group, std::string_view worker) {
        workers_.left_elsewhere(group, worker);
    };
    heard.drain = [this](const std::string& service, const fleet::Drain& drain) {
        this->heard(service, drain);
    };
    heard.push = [this](const std::string& component, const fleet::Pushed& pushed,
                        std::chrono::milliseconds valid_for) {
        this->heard(component, pushed, valid_for);
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
    for (const history::Record& record : fleet.listen ? read(node_record) : Records()) {
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
        checks.push_back({component.component->name, fleet::hash_of(component.public_digest),
                          component.vantage->labels,
                          static_cast<std::size_t>(component.vantage->count)});
        checks_.emplace(component.component->name, component);
    }
    for (const config::WorkersConfig& group : config.workers) {
        if (!group.fleet) continue;
        groups.push_back({group.name, group.timeout});
        groups_[group.name] = groups_before[group.name];
    }
    auto pushes_before = std::exchange(pushes_, {});
    std::vector<fleet::SharedPush> pushes;
    for (const config::ComponentConfig& component : config.components) {
        if (!component.fleet || !component.ttl) continue;
        const std::string& name = component.component->name;
        pushes.push_back({name, fleet::hash_of(component.public_digest)});
        const auto before = pushes_before.find(name);
        pushes_[name] = {*component.ttl, before == pushes_before.end()
                                             ? clock_.steady()
                                             : before->second.valid_until};
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
                       clock_.steady(), pushes);
    choose_nodes();
    link_->subscribe(member_->subscriptions());
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

void FleetPart::take(const Push& push) {
    const auto at = pushes_.find(push.component);
    if (!member_ || at == pushes_.end()) return;
    const Steady now = clock_.steady();
    const auto valid_for = push.ttl.value_or(at->second.ttl);
    at->second.valid_until = now + valid_for;
    member_->pushed(push.component, push.outcome, valid_for, wall(), now);
    link_->send(member_->take_outgoing());
}

void FleetPart::heard(const std::string& component, const fleet::Pushed& pushed,
                      std::chrono::milliseconds valid_for) {
    const auto at = pushes_.find(component);
    if (at == pushes_.end()) return;
    Outcome outcome;
    outcome.status = pushed.status;
    outcome.detail = pushed.detail;
    outcome.error = pushed.error;
    outcome.error_class = pushed.error_class;
    at->second.valid_until = clock_.steady() + valid_for;
    const std::chrono::milliseconds ttl(pushed.valid_ms);
    engine_.push(component, std::move(outcome),
                 ttl == at->second.ttl ? std::nullopt : std::optional(ttl), ttl - valid_for);
}

// A push to another node may come late, as long as a server may hang; and while nobody is heard
// nothing is known of pushes to others.
engine::Engine::Silence FleetPart::silence(const std::string& component) const {
    const auto at = pushes_.find(component);
    if (!member_ || at == pushes_.end()) return {};
    if (!member_->settings().listens)
        return {.instead = unknown("nothing was pushed to this node, and it does not hear what is "
                                   "pushed to others"),
                .again_at = std::nullopt};
    const Steady now = clock_.steady();
    const Steady until = at->second.valid_until + member_->patience(now);
    if (now < until) return {.instead = std::nullopt, .again_at = until};
    if (!member_->in_contact(now)) return {.instead = no_contact(), .again_at = std::nullopt};
    return {};
}

void FleetPart::heard(const std::string& service, const fleet::Drain& drain) {
    history::Record record{std::string(drain_record),
                           fmt::format("{}/{}", member_->settings().fleet, service),
                           clock_.system(),
                           {},
                           hex(fleet::encode(drain))};
    store_->commit(
        [record](history::Database& database) { history::Records(database).save({record}); },
        [](bool) {});
    const bool back = drain.text == "OK";
    const std::string by = fmt::format("{} on node {}", drain.by, drain.origin);
    if (service != service_)
        return seams_.happened(
            Happening::What::noticed,
            back ? fmt::format("service {} is back on all nodes", service)
                 : fmt::format("service {} is drained on all nodes: {}", service, drain.text),
            by);
    seams_.happened(back ? Happening::What::recommissioned : Happening::What::decommissioned,
                    back ? "on all nodes" : "on all nodes: " + drain.text, by);
    log_(back ? LogLevel::info : LogLevel::warning,
         back ? fmt::format("service {} is back on all nodes, by {}", service, by)
              : fmt::format("service {} is drained on all nodes by {}: {}", service, by,
                            drain.text));
    seams_.drained();
}

std::uint64_t FleetPart::wall() const {
    const auto since = clock_.system().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(since).count());
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
    if (!member_->drain(service, text, by, wall(), clock_.steady()))
        return done("too many services were drained in this fleet", false);
    link_->send(member_->take_outgoing());
    make_view(clock_.steady());
    // After the saved ones.
    store_->commit([](history::Database&) {},
                   [done = std::move(done)](bool durable) { done({}, durable); });
}

void FleetPart::say(const fleet::Message& message) {
    if (!link_) return;  // it took its leave
    member_->say(message);
    link_->send(member_->take_outgoing());
}

// Many messages are handled in several turns, so that nothing else waits for them.
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
        tell_who_came(now);
        make_view(now);
    }
    show_checks(now);
    due_ = std::max(due_ + turn_every, now);
    timer_.arm(due_, [this] { turn(); });
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

}  // namespace vitals::app
