#include "app/action_runner.hpp"

#include <exception>
#include <utility>

#include <fmt/format.h>

#include "backends/program/run.hpp"
#include "model/check_error.hpp"
#include "model/description.hpp"
#include "wire/nagios.hpp"

namespace vitals::app {

namespace {

constexpr std::size_t output_bytes = 2048;
constexpr const char* path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::string why(const std::exception_ptr& problem) {
    try {
        std::rethrow_exception(problem);
    } catch (const CheckError& error) {
        return error.detail;
    } catch (const std::exception&) {
        return "it could not be started";
    }
}

}  // namespace

struct ActionRunner::Flight {
    Flight(ActionRunner& runner, const std::string& component, alerts::OnFailed what)
        : rule(std::move(what)),
          context(runner.environment_, runner.clock_, component, "on_failed",
                  runner.clock_.steady() + rule.timeout),
          timer(runner.environment_.loop()) {}

    net::awaitable<void> carry_out(std::string component) {
        backends::program::Launch launch;
        launch.arguments = rule.run;
        launch.environment = {path, "LC_ALL=C.UTF-8", "VITALS_COMPONENT=" + component};
        const backends::program::Ended ended =
            co_await backends::program::run(context, std::move(launch), "run");
        end.said = backends::program::said(ended);
        const std::string output = ended.program->output() + "\n" + ended.program->errors();
        end.output = wire::printable(output, output_bytes);
    }
    static net::awaitable<void> run(std::shared_ptr<Flight> flight, std::string component) {
        co_await flight->carry_out(std::move(component));
    }

    alerts::OnFailed rule;
    alerts::ActionEnd end;
    bool late = false;
    net::Context context;
    net::Timer timer;
    net::Task task;
};

ActionRunner::ActionRunner(net::Environment& environment, Clock& clock)
    : environment_(environment), clock_(clock) {}

ActionRunner::~ActionRunner() {
    for (const std::shared_ptr<Flight>& flight : flights_) {
        flight->timer.cancel();
        const net::Task dropped = std::move(flight->task);  // cancelled, and calls nobody
    }
}

void ActionRunner::run(const std::string& component, const alerts::OnFailed& rule,
                       std::function<void(alerts::ActionEnd)> ended) {
    const auto flight = std::make_shared<Flight>(*this, component, rule);
    flights_.insert(flight);
    const std::weak_ptr<Flight> weak = flight;
    flight->timer.arm(flight->context.deadline(), [weak] {
        const auto held = weak.lock();
        if (!held) return;
        held->late = true;
        held->task.cancel();
    });
    auto done = [this, weak, ended = std::move(ended)](const std::exception_ptr& problem) {
        const auto held = weak.lock();
        if (!held) return;
        held->timer.cancel();
        flights_.erase(held);
        if (held->late)
            held->end.said = fmt::format(
                "killed: it had not ended after {}",
                format_duration(
                    std::chrono::duration_cast<std::chrono::milliseconds>(held->rule.timeout)));
        else if (problem)
            held->end.said = why(problem);
        ended(std::move(held->end));
    };
    flight->task = environment_.loop().spawn(Flight::run(flight, component), std::move(done));
}

}  // namespace vitals::app
