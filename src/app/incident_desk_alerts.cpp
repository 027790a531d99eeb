// The alerts of the desk: the sender, the state of the receivers, and the watchdog.
#include <unistd.h>

#include <array>
#include <utility>

#include <fmt/format.h>

#include "alerts/receivers/watchdog.hpp"
#include "app/alerting.hpp"
#include "app/daemon.hpp"
#include "app/incident_desk.hpp"
#include "text/amount.hpp"

namespace vitals::app {

using namespace std::chrono_literals;
using endpoints::People;

namespace {

constexpr auto longest_wait_of_a_message = 5min;

}  // namespace

void IncidentDesk::configure(const config::Config& config) {
    keep_ = config.history.keep;
    service_ = config.service.name;
    telling_.url = config.alerts.url;
    telling_.host = host_name();
    telling_.version = version;
    telling_.settings = alert_settings_of(config);
    std::vector<alerts::receivers::Configured> receivers = receivers_of(config);
    receivers_.clear();
    for (const auto& each : receivers) receivers_.push_back(each.name);
    watchdog_every_.reset();
    if (const auto& watchdog = config.alerts.watchdog) {
        receivers.push_back(alerts::receivers::watchdog(watchdog->url));
        watchdog_every_ = watchdog->every;
        watchdog_at_ = {};
    }
    sender_.configure(std::move(receivers), {service_, telling_.host, telling_.version});
    desk_.set_actions(actions_of(config));
    using Naming = alerts::Desk::Naming;
    if (fleet_.in_use())
        desk_.set_naming(Naming{"fleet", fleet_.name(), 8});
    else
        desk_.set_naming(config.peer ? std::optional(Naming{"pair", service_}) : std::nullopt);
    telling_.node = fleet_.in_use() ? fleet_.node() : std::string();
    fleet_.configure(receivers_);
    peer_.configure(config.peer);
    desk_.configure(telling_.settings);
}

alerts::Alert IncidentDesk::alert(const alerts::Message& message,
                                  const IncidentRecord& incident) const {
    const auto snapshot = hub_.current();
    alerts::Telling telling = telling_;
    telling.store = desk_.store();
    telling.alone = fleet_.in_use() && fleet_.alone();
    telling.decided = clock_.system() - (clock_.steady() - message.decided);
    alerts::Alert alert = alerts::alert_of(message, incident, snapshot.get(), telling);
    if (!telling.url.empty() && !incident.closed)
        alert.act_link = fmt::format("{}/a/{}", telling.url,
                                     alerts::link_token({incident.id, message.receiver,
                                                         clock_.system() + alerts::link_lasts},
                                                        desk_.link_key()));
    return alert;
}

void IncidentDesk::send(const alerts::Message& message, const IncidentRecord& incident,
                        unsigned attempt, bool may_be_copy,
                        std::function<void(alerts::Attempt)> done) {
    alerts::Alert told = alert(message, incident);
    told.attempt = attempt;
    told.may_be_copy = may_be_copy;
    if (fleet_.in_use() && !incident.key.empty()) {
        fleet_.left(incident.key, message.receiver);
        return sender_.send(message.receiver, std::move(told),
                            [this, key = incident.key, receiver = message.receiver,
                             done = std::move(done)](const alerts::Attempt& ended) {
                                done(ended);
                                fleet_.ended(key, receiver, ended.fate);
                            });
    }
    if (!peer_.in_use() || incident.key.empty())
        return sender_.send(message.receiver, std::move(told), std::move(done));
    const PeerLink::Claim claim{incident.key, message.receiver,
                                std::string(to_string(message.state)), message.serial};
    peer_.ask(claim, message.decided,
              [this, claim, told = std::move(told), done = std::move(done)](bool may) mutable {
                  if (!may) {
                      alerts::Attempt withheld;
                      withheld.withheld = true;
                      return loop_.post([done = std::move(done), withheld] { done(withheld); });
                  }
                  sender_.send(claim.receiver, std::move(told),
                               [this, claim, done = std::move(done)](const alerts::Attempt& ended) {
                                   peer_.ended(claim, ended.fate == alerts::Fate::doubtful);
                                   done(ended);
                               });
              });
}

// What a person has on one vitals nobody is reminded of by another.
void IncidentDesk::share_acknowledgements(auto& seams) {
    seams.acknowledged = [this] { return desk_.acknowledged(); };
    seams.heard_acknowledged = [this](const std::string& key, Acknowledgement each) {
        desk_.heard_acknowledged(key, std::move(each));
    };
}

PeerLink::Seams IncidentDesk::peer_seams() {
    using Told = endpoints::PeerExchange::Told;
    PeerLink::Seams seams;
    seams.told = [this] {
        std::vector<Told> all;
        for (const alerts::PeerTold& each : desk_.told_by_us())
            all.push_back({each.key, each.component, each.open, each.receiver,
                           std::string(to_string(each.state)), each.level, each.serial});
        return all;
    };
    seams.heard = [this](const std::vector<Told>& told) {
        std::vector<alerts::PeerTold> all;
        for (const Told& each : told)
            all.push_back({each.key, each.component, each.open, each.receiver,
                           alerts::state_of(each.state), each.level,
                           static_cast<unsigned>(each.serial)});
        desk_.heard("peer", true, all);
    };
    seams.is_wrong = [this](const std::string& key) { return desk_.is_wrong(key); };
    share_acknowledgements(seams);
    seams.report = [this](std::optional<Outcome> outcome) {
        if (outcome)
            engine_.report_own("peer", *std::move(outcome));
        else
            engine_.remove("vitals/peer");
    };
    return seams;
}

FleetAlerts::Seams IncidentDesk::fleet_seams() {
    FleetAlerts::Seams seams;
    seams.told = [this] { return desk_.told_by_us(); };
    seams.heard = [this](const std::string& node, bool whole,
                         const std::vector<alerts::PeerTold>& told) {
        desk_.heard(node, whole, told);
    };
    share_acknowledgements(seams);
    seams.ask_again = [this] { desk_.turn(); };
    return seams;
}

// A person has it: whoever keeps an open incident is told that, too.
void IncidentDesk::acknowledge(const alerts::Message& message, const IncidentRecord& incident) {
    sender_.acknowledge(message.receiver, alert(message, incident));
}

void IncidentDesk::remember_what_was_told() {
    for (const alerts::Message& message : desk_.told())
        if (const auto incident = desk_.record(desk_.id_of(message.incident)))
            sender_.remember(message.receiver, alert(message, *incident));
}

// A receiver that takes nothing is a separate fault: the others are told of it.
void IncidentDesk::report_queues() {
    if (receivers_.empty()) {
        if (queues_reported_) engine_.remove("vitals/alerts");
        queues_reported_.reset();
        return;
    }
    std::string detail, error;
    for (const alerts::QueueFigures& queue : desk_.queues()) {
        const bool old =
            queue.oldest && clock_.steady() - *queue.oldest > longest_wait_of_a_message;
        if (!queue.rejecting && !old) continue;
        detail = queue.rejecting ? "a receiver refuses messages" : "a receiver cannot be reached";
        error += fmt::format("{}{}: {}", error.empty() ? "" : "; ", queue.receiver,
                             queue.rejecting ? "refuses messages; its configuration is wrong"
                                             : text::counted(queue.messages, "message") +
                                                   " waiting for more than 5 min");
    }
    if (queues_reported_ == error) return;
    queues_reported_ = error;
    Outcome health = detail.empty() ? ok() : degraded(detail);
    health.error = std::move(error);
    engine_.report_own("alerts", std::move(health));
}

// The watchdog is requested only while the engine, the store and the queues are well.
void IncidentDesk::feed_watchdog() {
    const Steady now = clock_.steady();
    if (!watchdog_every_ || now < watchdog_at_ || !watching_) return;
    const auto snapshot = hub_.current();
    for (const char* name : {"vitals/engine", "vitals/store", "vitals/alerts"}) {
        const ComponentState* state = snapshot->find(name);
        if (state != nullptr && state->status(now) != Status::ok) return;
    }
    watchdog_at_ = now + *watchdog_every_;
    alerts::Alert alive;
    alive.at = alive.since = clock_.system();
    alive.cause = {"vitals"};
    sender_.send(
        std::string(alerts::receivers::watchdog_name), std::move(alive),
        [this](const alerts::Attempt& attempt) {
            const bool well = attempt.fate == alerts::Fate::delivered;
            if (std::exchange(watchdog_well_, well) == well) return;
            log_(well ? LogLevel::info : LogLevel::warning,
                 well ? "watchdog: told again that all is well" : "watchdog: " + attempt.why);
        });
}

void IncidentDesk::test_receiver(const std::string& name, People::Done done) {
    std::vector<std::string> names;
    for (const std::string& each : receivers_)
        if (each == name || each.starts_with(name + "/")) names.push_back(each);
    endpoints::Changed changed;
    if (names.empty()) {
        changed.unknown = true;
        changed.problem = receivers_.empty()
                              ? "there is no receiver; 'alerts: {receivers: ...}' names them"
                              : fmt::format("there is no receiver of this name; there are: {}",
                                            fmt::join(receivers_, ", "));
        return done(std::move(changed));
    }
    alerts::Alert test = alerts::test_alert(fmt::format("{}-test", desk_.store()), clock_.system(),
                                            "this is a test; nothing is wrong");
    test.service = service_;
    test.host = telling_.host;
    test.version = telling_.version;
    struct Testing {
        std::size_t left = 0;
        endpoints::Changed changed;
        People::Done done;
    };
    const auto testing =
        std::make_shared<Testing>(Testing{names.size(), std::move(changed), std::move(done)});
    for (const std::string& each : names) {
        test.key = test.thread = fmt::format("{}-{}-{}", test.incident, each,
                                             test.at.time_since_epoch() / std::chrono::seconds(1));
        sender_.send(each, test, [testing, each](const alerts::Attempt& attempt) {
            if (attempt.fate != alerts::Fate::delivered)
                testing->changed.problem += fmt::format(
                    "{}{}: {}", testing->changed.problem.empty() ? "" : "; ", each, attempt.why);
            if (--testing->left == 0) testing->done(std::move(testing->changed));
        });
    }
}

}  // namespace vitals::app
