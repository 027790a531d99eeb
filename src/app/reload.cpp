// The configuration anew, and secrets that change: files are read away from the engine.
#include "app/running.hpp"

#include <fmt/format.h>

#include <condition_variable>

#include "app/assemble.hpp"
#include "app/catalog.hpp"

namespace vitals::app {

namespace {

using namespace std::chrono_literals;

constexpr auto secrets_interval = 5s;  // rotated files take effect within 10 s

}  // namespace

void Daemon::reload(Reloaded done) {
    if (reloading_) return done({"another reload is under way"});
    reloading_ = true;
    notify_.send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}",
                             std::chrono::duration_cast<std::chrono::microseconds>(
                                 std::chrono::steady_clock::now().time_since_epoch())
                                 .count()));
    reload_thread_ = std::jthread([this, done = std::move(done)]() mutable {
        auto loaded = std::make_shared<std::expected<config::Config, config::Problems>>(
            config::load(options_.file, catalog()));
        loop_.post([this, loaded, done = std::move(done)] {
            reloading_ = false;
            done(apply(*loaded));
            notify_.send("READY=1\nSTATUS=serving");
        });
    });
}

std::vector<std::string> Daemon::apply(std::expected<config::Config, config::Problems>& loaded) {
    if (!loaded) {
        const auto problems = lines_of(loaded.error());
        log_(LogLevel::error,
             fmt::format("the configuration was not reloaded, {} {} in it:", problems.size(),
                         problems.size() == 1 ? "problem" : "problems"));
        for (const std::string& problem : problems) log_(LogLevel::error, problem);
        return problems;
    }
    const auto before = config_;
    {
        const std::scoped_lock lock(config_mutex_);
        config_ = std::make_shared<config::Config>(std::move(*loaded));
    }
    const bool same_vault =
        before->vault && config_->vault && before->vault->place() == config_->vault->place();
    config_->secrets.continue_from(before->secrets, same_vault);
    engine_.set_service(config_->service);
    watch(*config_);
    server_->replace_routes(routes_of(*config_));
    for (const std::string& warning : config_->warnings) log_(LogLevel::warning, warning);
    tell_what_waits();
    log_(LogLevel::info, fmt::format("configuration reloaded: {} components, {} endpoints",
                                     config_->components.size(), config_->endpoints.size()));
    return {};
}

std::map<std::string, std::string> fixed_at_start(const config::Config& config) {
    std::string listeners;
    for (const config::Listener& listener : config.listeners) {
        listeners += listener.text + (listener.control ? " control" : "");
        if (listener.tls)
            listeners += " " + listener.tls->certificate + " " + listener.tls->key + " " +
                         listener.tls->client_ca;
        listeners += "\n";
    }
    return {{"listeners", std::move(listeners)},
            {"limits", fmt::format("{} {} {}", config.limits.headers.bytes,
                                   config.limits.body.bytes, config.limits.connections)},
            {"state_dir", config.state_dir},
            {"log", config.log.level + " " + config.log.format}};
}

// What only a restart changes is said as long as it waits for one.
void Daemon::tell_what_waits() {
    for (const auto& [what, now] : fixed_at_start(*config_))
        if (fixed_.at(what) != now)
            log_(LogLevel::warning,
                 fmt::format("{} changed in the configuration; restart for it to take effect",
                             what));
}

void Daemon::watch_secrets() {
    secrets_thread_ = std::jthread([this](std::stop_token stop) {
        std::mutex mutex;
        std::condition_variable_any wake;
        std::unique_lock lock(mutex);
        while (!wake.wait_for(lock, stop, secrets_interval, [] { return false; }) &&
               !stop.stop_requested()) {
            std::shared_ptr<config::Config> config;
            {
                const std::scoped_lock config_lock(config_mutex_);
                config = config_;
            }
            for (const std::string& line : config->secrets.refresh()) log_(LogLevel::info, line);
        }
    });
}

}  // namespace vitals::app
