// Signals, and the end.
#include "app/running.hpp"

#include <fmt/format.h>
#include <signal.h>

namespace vitals::app {

using namespace std::chrono_literals;

void Daemon::on_signal(int number) {
    if (number == SIGHUP) return reload([](const std::vector<std::string>&) {});
    if (draining_) {
        log_(LogLevel::warning, "second signal: stopping at once");
        return loop_.stop();
    }
    draining_ = true;
    log_(LogLevel::info, fmt::format("stopping: not ready from now on, serving for {} ms more",
                                     config_->drain.delay.count()));
    notify_.send("STOPPING=1\nSTATUS=draining");
    decommission_.draining = true;
    engine_.decommission(decommission_);
    const auto end = clock_.steady() + config_->drain.timeout;
    drain_timer_.arm(
        clock_.steady() + std::min(config_->drain.delay, config_->drain.timeout), [this, end] {
            drain_thread_ = std::jthread([this, end] {
                const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
                    end - std::chrono::steady_clock::now());
                server_->drain(std::max(left, 0ms));
                loop_.stop();
            });
        });
}

// systemd's watchdog hangs on this loop: it is fed only while the engine turns.
void Daemon::keep_alive() {
    if (!notify_.watchdog()) return;
    notify_.send("WATCHDOG=1");
    watchdog_timer_.arm(clock_.steady() + *notify_.watchdog(), [this] { keep_alive(); });
}

}  // namespace vitals::app
