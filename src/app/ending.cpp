// Signals, and the end. No thread starts here: the end must also work if none can start.
#include <fmt/format.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>

#include "app/running.hpp"

namespace vitals::app {

using namespace std::chrono_literals;

namespace {

constexpr auto drain_poll = 20ms;
constexpr auto orderly_end =
    3s;  // in addition to the drain: for the store, the log and joining threads
constexpr auto end_at_once = 1s;  // the same, after a second signal

// The process ends then, even if something hangs.
void end_within(std::chrono::microseconds time) {
    signal(SIGALRM, [](int) { ::_exit(0); });
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    itimerval alarm{};
    alarm.it_value.tv_sec = seconds.count();
    alarm.it_value.tv_usec = (time - seconds).count();
    ::setitimer(ITIMER_REAL, &alarm, nullptr);
}

}  // namespace

void Daemon::on_signal(int number) {
    if (number == SIGHUP) return reload("SIGHUP", [](const endpoints::ReloadResult&) {});
    if (draining_) {
        log_(LogLevel::warning, "second signal: stopping at once");
        end_within(end_at_once);
        return loop_.stop();
    }
    draining_ = true;
    log_(LogLevel::info,
         fmt::format("stopping by {}: not ready from now on, serving for {} ms more",
                     number == SIGINT ? "SIGINT" : "SIGTERM", config_->drain.delay.count()));
    notify_.send("STOPPING=1\nSTATUS=draining");
    end_within(config_->drain.timeout + orderly_end);
    decommission_.draining = true;
    tell_decommission();
    exporter_.send_now();
    const Steady end = clock_.steady() + config_->drain.timeout;
    drain_timer_.arm(clock_.steady() + std::min(config_->drain.delay, config_->drain.timeout),
                     [this, end] {
                         server_->begin_drain();
                         look_at_drain(end);
                     });
}

void Daemon::look_at_drain(Steady end) {
    if (server_->drained() || clock_.steady() >= end) return loop_.stop();
    drain_timer_.arm(clock_.steady() + drain_poll, [this, end] { look_at_drain(end); });
}

// This loop feeds systemd's watchdog, so it is fed only while the engine works.
void Daemon::keep_alive() {
    if (!notify_.watchdog()) return;
    notify_.send("WATCHDOG=1");
    watchdog_timer_.arm(clock_.steady() + *notify_.watchdog(), [this] { keep_alive(); });
}

}  // namespace vitals::app
