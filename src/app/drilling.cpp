#include "app/drilling.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <exception>
#include <map>
#include <memory>
#include <utility>

#include "alerts/alert_of.hpp"
#include "alerts/receivers/sender.hpp"
#include "app/alerting.hpp"
#include "app/assemble.hpp"
#include "app/catalog.hpp"
#include "app/daemon.hpp"
#include "drill/certificates.hpp"
#include "drill/proxy.hpp"
#include "engine/judged.hpp"
#include "engine/ongoing_run.hpp"
#include "model/check_error.hpp"
#include "model/clock.hpp"
#include "model/judge.hpp"
#include "model/mask.hpp"
#include "net/connection.hpp"
#include "net/environment.hpp"
#include "net/loop.hpp"

namespace vitals::app {

using drill::Behaviour;
using drill::Fault;
using namespace std::chrono_literals;

namespace {

struct Expected {
    Fault fault;
    std::vector<ErrorClass> classes;
};

// What a check may report for each fault. With TLS, a distorted answer is a fault of TLS. A fault
// during a log-in may be one of the log-in.
const std::vector<Expected>& expectations() {
    using enum ErrorClass;
    static const std::vector<Expected> all = {
        {Fault::refuse, {connect}},
        {Fault::hang, {timeout}},
        {Fault::hang_after, {timeout}},
        {Fault::reset, {connect, protocol, tls, auth}},
        {Fault::truncate, {connect, protocol, tls, auth, assertion}},
        {Fault::drip, {timeout}},
        {Fault::garble, {protocol, tls, auth, timeout}},
        {Fault::another_protocol, {protocol, tls, assertion}},
        {Fault::flood, {protocol, tls, assertion, timeout}},
    };
    return all;
}

// All connections of one component go through proxies of this machine.
class Detour final : public net::Environment {
  public:
    Detour(net::Loop& loop, drill::Authority& authority)
        : Environment(loop), loop_(loop), authority_(authority) {}

    net::Endpoint way_to(net::Endpoint endpoint, bool datagrams) override {
        if (!is_on_) return endpoint;
        const std::string key = (datagrams ? "udp " : "") + endpoint.text();
        auto& proxy = proxies_[key];
        if (!proxy) {
            drill::Route route{.listen = {.host = "127.0.0.1", .port = 0, .unix_path = {}},
                               .to = endpoint,
                               .behaviour = behaviour_,
                               .tls = drill::TlsStart::never,
                               .datagrams = datagrams};
            try {
                proxy = std::make_unique<drill::Proxy>(loop_, authority_, std::move(route));
            } catch (const std::exception& error) {
                proxies_.erase(key);
                throw CheckError(ErrorClass::local, "no proxy can be put before the backend",
                                 error.what());
            }
        }
        return proxy->listen();
    }

    void turn_on() { is_on_ = true; }
    bool is_used() const { return !proxies_.empty(); }
    bool has_datagrams() const {
        return std::ranges::any_of(proxies_,
                                   [](const auto& each) { return each.first.starts_with("udp "); });
    }
    // Bytes of the longest answer on one connection so far.
    std::uint64_t longest_answer() const {
        std::uint64_t longest = 0;
        for (const auto& [key, proxy] : proxies_)
            longest = std::max(longest, proxy->figures().longest);
        return longest;
    }
    // What is wrong, or empty.
    std::string commit(const Behaviour& behaviour) {
        behaviour_ = behaviour;
        for (const auto& [key, proxy] : proxies_)
            if (const auto set = proxy->set(behaviour); !set) return set.error();
        return {};
    }

  private:
    net::Loop& loop_;
    drill::Authority& authority_;
    bool is_on_ = false;
    Behaviour behaviour_;
    std::map<std::string, std::unique_ptr<drill::Proxy>> proxies_;
};

bool is_well(const Outcome& outcome) {
    return outcome.status == Status::ok || outcome.status == Status::degraded;
}

std::string said(const Outcome& outcome) {
    std::string text =
        outcome.detail.empty() ? std::string(to_string(outcome.status)) : outcome.detail;
    if (!outcome.error.empty()) text += ": " + outcome.error;
    return text;
}

// One component, from its first run to the last. Everything is on the loop's thread.
class Drilling {
  public:
    Drilling(net::Loop& loop, drill::Authority& authority, const config::ComponentConfig& component,
             std::function<void(DrilledComponent)> done)
        : loop_(loop),
          detour_(loop, authority),
          definition_(definition_of(component)),
          pause_(loop),
          done_(std::move(done)) {
        made_.name = component.component->name;
        made_.kind = component.kind;
    }

    void start() {
        run([this](const Outcome& first) {
            if (!is_well(first)) return give_up("it is not well now: " + said(first));
            detour_.turn_on();
            run([this](const Outcome& second) { choose(second); });
        });
    }

  private:
    using Then = std::function<void(const Outcome&)>;

    void run(Then then) {
        const auto& policy = definition_.policy;
        outcome_ = {};
        run_ = std::make_unique<engine::OngoingRun>(
            detour_, real_clock(), made_.name, made_.kind, definition_.run, policy.timeout,
            [this](Outcome outcome) {
                engine::judge_duration(outcome, definition_.policy);
                mask(outcome);
                outcome_ = std::move(outcome);
            },
            [this, then = std::move(then)] {
                // The next run destroys the former one, which calls this.
                loop_.post([this, then] { then(outcome_); });
            });
    }

    void give_up(std::string why) {
        made_.cannot = std::move(why);
        finish();
    }
    void finish() {
        loop_.post([this] {
            run_.reset();
            done_(std::move(made_));
        });
    }

    void choose(const Outcome& through) {
        if (!detour_.is_used()) return give_up("it opens no connection");
        if (!is_well(through)) return give_up("it is not well through a proxy: " + said(through));
        // In the middle of the longest answer: after a log-in, before the end.
        const std::uint64_t middle = std::max<std::uint64_t>(1, detour_.longest_answer() / 2);
        const bool asks = std::ranges::any_of(through.phases, [](const Phase& phase) {
            return phase.name != "resolve" && phase.name != "connect";
        });
        for (const Fault fault : drilled_faults(detour_.has_datagrams())) {
            // A check that only needs a connection has seen everything once it is connected. The
            // drill says once that it cannot see a server that hangs.
            if (!asks && fault != Fault::refuse && fault != Fault::hang) continue;
            Behaviour behaviour{.fault = fault};
            // Servers with this greeting would accept the usual one.
            if (fault == Fault::another_protocol && (made_.kind == "ssh" || made_.kind == "tcp"))
                behaviour.text = "this is another protocol\r\n";
            if (fault == Fault::hang_after || fault == Fault::reset || fault == Fault::truncate)
                behaviour.after = middle;
            left_.push_back(behaviour);
        }
        next();
    }

    void next() {
        if (left_.empty()) return finish();
        const Behaviour behaviour = left_.front();
        left_.pop_front();
        if (const std::string wrong = detour_.commit(behaviour); !wrong.empty())
            return give_up(wrong);
        run([this, behaviour](const Outcome& outcome) { judge_fault(behaviour, outcome); });
    }

    void judge_fault(const Behaviour& behaviour, const Outcome& outcome) {
        using Verdict = DrilledFault::Verdict;
        DrilledFault& made = made_.faults.emplace_back();
        made.behaviour = behaviour;
        made.expected =
            std::ranges::find(expectations(), behaviour.fault, &Expected::fault)->classes;
        made.outcome = outcome;
        made.counts_in = definition_.policy.told_after();
        if (is_well(outcome))
            made.verdict = Verdict::cannot_fail;
        else if (outcome.status == Status::unknown)
            made.verdict = Verdict::blind;
        else if (std::ranges::find(made.expected, outcome.error_class) == made.expected.end())
            made.verdict = Verdict::other_class;
        if (const std::string wrong = detour_.commit({}); !wrong.empty()) return give_up(wrong);
        run([this](const Outcome& after) { recover(after, true); });
    }

    // A backend may need a moment to recover from an interrupted connection.
    void recover(const Outcome& after, bool again) {
        if (is_well(after)) return next();
        if (again) {
            pause_.arm(real_clock().steady() + 1s,
                       [this] { run([this](const Outcome& later) { recover(later, false); }); });
            return;
        }
        DrilledFault& made = made_.faults.back();
        if (made.verdict == DrilledFault::Verdict::seen)
            made.verdict = DrilledFault::Verdict::not_recovered;
        made.after = said(after);
        finish();
    }

    net::Loop& loop_;
    Detour detour_;
    engine::Definition definition_;
    net::Timer pause_;
    std::function<void(DrilledComponent)> done_;
    DrilledComponent made_;
    std::deque<Behaviour> left_;
    Outcome outcome_;
    std::unique_ptr<engine::OngoingRun> run_;
};

}  // namespace

std::string_view to_string(DrilledFault::Verdict verdict) noexcept {
    constexpr std::array<std::string_view, 5> names = {"seen", "cannot fail", "another class",
                                                       "blind", "not recovered"};
    return names[static_cast<std::size_t>(verdict)];
}

std::string why_no_drill(const config::ComponentConfig& component) {
    const checks::Kind* kind = find_kind(component.kind);
    if (kind == nullptr || kind->bind == nullptr) return "it is pushed, and no check is run";
    return {};
}

std::vector<Fault> drilled_faults(bool datagrams) {
    std::vector<Fault> faults;
    for (const Expected& each : expectations())
        if (!datagrams || drill::is_for_datagrams(each.fault)) faults.push_back(each.fault);
    return faults;
}

std::vector<DrilledComponent> drill_components(
    const std::vector<config::ComponentConfig>& components, std::size_t at_once,
    const std::function<void(const DrilledComponent&)>& done) {
    net::Loop loop;
    drill::Authority authority;
    std::vector<DrilledComponent> made(components.size());
    std::vector<std::unique_ptr<Drilling>> under_way(components.size());
    std::size_t begun = 0, left = components.size();
    std::function<void()> begin = [&] {
        const std::size_t at = begun++;
        const auto ended = [&, at](DrilledComponent one) {
            made[at] = std::move(one);
            done(made[at]);
            loop.post([&, at] {
                under_way[at].reset();
                if (begun < components.size()) begin();
                if (--left == 0) loop.stop();
            });
        };
        if (std::string why = why_no_drill(components[at]); !why.empty()) {
            DrilledComponent one{components[at].component->name, components[at].kind, {}, {}};
            one.cannot = std::move(why);
            return ended(std::move(one));
        }
        under_way[at] = std::make_unique<Drilling>(loop, authority, components[at], ended);
        under_way[at]->start();
    };
    for (std::size_t first = 0; first < std::min(at_once, components.size()); ++first) begin();
    if (left > 0) loop.run();
    return made;
}

std::string tell_of_drill(const config::Config& config, const std::string& receiver,
                          const std::string& component, const std::string& detail) {
    std::vector<std::string> names, known;
    for (const config::Alerts::Receiver& each : config.alerts.receivers) known.push_back(each.name);
    auto configured = receivers_of(config);
    for (const auto& each : configured)
        if (each.name == receiver || each.name.starts_with(receiver + "/"))
            names.push_back(each.name);
    if (names.empty())
        return known.empty() ? "there is no receiver; 'alerts: {receivers: ...}' names them"
                             : fmt::format("there is no receiver of this name; there are: {}",
                                           fmt::join(known, ", "));
    net::Loop loop;
    net::Environment environment(loop);
    alerts::receivers::Sender sender(environment, real_clock(), [](LogLevel, std::string_view) {});
    sender.configure(std::move(configured), {config.service.name, host_name(), version});
    const System now = real_clock().system();
    alerts::Alert alert = alerts::test_alert(fmt::format("drill-{}", now.time_since_epoch() / 1s),
                                             now, "drill: " + detail);
    alert.cause = {component};
    std::string problem;
    std::size_t left = names.size();
    for (const std::string& each : names) {
        alert.key = alert.thread = fmt::format("{}-{}", alert.incident, each);
        sender.send(each, alert, [&, each](const alerts::Attempt& attempt) {
            if (attempt.fate != alerts::Fate::delivered)
                problem += fmt::format("{}{}: {}", problem.empty() ? "" : "; ", each, attempt.why);
            if (--left == 0) loop.stop();
        });
    }
    loop.run();
    return problem;
}

}  // namespace vitals::app
