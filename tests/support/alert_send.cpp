// alert_send CONFIGURATION RECEIVER KIND [KEY]: tells a receiver of a configuration once of an
// invented incident, with the daemon's own parts. Prints the fate and why, in one line. For system
// tests.
#include <cstdio>
#include <string>

#include "alerts/alert_testing.hpp"
#include "alerts/receivers/sender.hpp"
#include "app/alerting.hpp"
#include "app/catalog.hpp"
#include "config/config.hpp"
#include "net/environment.hpp"
#include "net/loop.hpp"

namespace {

using namespace vitals;

const char* word_of(alerts::Fate fate) {
    switch (fate) {
        case alerts::Fate::delivered:
            return "delivered";
        case alerts::Fate::refused:
            return "refused";
        case alerts::Fate::doubtful:
            return "doubtful";
        case alerts::Fate::rejected:
            return "rejected";
    }
    return "?";
}

alerts::Alert alert_of_kind(const std::string& kind) {
    for (auto& [name, alert] : alerts::testing::each_kind())
        if (name == kind) return alert;
    return alerts::testing::problem();
}

}  // namespace

int main(int count, char** words) {
    if (count < 4) {
        std::fputs("usage: alert_send CONFIGURATION RECEIVER KIND [KEY]\n", stderr);
        return 64;
    }
    const auto config = config::load(words[1], app::catalog());
    if (!config) {
        for (const config::Problem& problem : config.error())
            std::fprintf(stderr, "%s\n", problem.text().c_str());
        return 78;
    }
    alerts::Alert alert = alert_of_kind(words[3]);
    // Alertmanager judges times by its own clock.
    const auto shift = std::chrono::system_clock::now() - alert.at;
    alert.at += shift;
    alert.since += shift;
    if (alert.until) *alert.until += shift;
    if (count > 4) alert.incident = alert.key = words[4];
    net::Loop loop;
    net::Environment environment(loop);
    alerts::receivers::Sender sender(
        environment, real_clock(), [](LogLevel, std::string_view line) {
            std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
        });
    sender.configure(app::receivers_of(*config), {"shop", "web-1", "0.1.0"});
    alerts::Attempt result;
    sender.send(words[2], alert, [&](alerts::Attempt attempt) {
        result = std::move(attempt);
        loop.stop();
    });
    loop.run();
    std::printf("%s %s\n", word_of(result.fate), result.why.c_str());
    return 0;
}
