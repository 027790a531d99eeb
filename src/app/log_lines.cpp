// The daemon's log lines about itself and its components, with fields for programs.
#include <fmt/format.h>

#include <map>

#include "app/assemble.hpp"
#include "app/running.hpp"
#include "engine/judged.hpp"
#include "text/amount.hpp"

namespace vitals::app {

void Daemon::log_transition(const Transition& transition) {
    const bool well = transition.to == Status::ok;
    const LogLevel level = !well              ? LogLevel::warning
                           : transition.first ? LogLevel::debug
                                              : LogLevel::info;
    const std::string line = engine::transition_line(transition);
    const LogField component{"component", transition.component};
    const LogField from{"from", to_string(transition.from)};
    const LogField to{"to", to_string(transition.to)};
    const LogField error_class{"class", to_string(transition.error_class)};
    const LogField duration{"duration", std::chrono::duration<double>(transition.lasted).count()};
    const bool lasted = transition.lasted > System::duration::zero();
    if (transition.error_class == ErrorClass::none && lasted)
        field_log_(level, line, {component, from, to, duration});
    else if (transition.error_class == ErrorClass::none)
        field_log_(level, line, {component, from, to});
    else if (lasted)
        field_log_(level, line, {component, from, to, error_class, duration});
    else
        field_log_(level, line, {component, from, to, error_class});
}

// This process, in one line.
void Daemon::log_summary() {
    std::map<std::string, std::size_t> kinds;
    for (const config::ComponentConfig& each : config_->components) ++kinds[each.kind];
    std::string components = text::counted(config_->components.size(), "component");
    std::string by_kind;
    for (const auto& [kind, count] : kinds)
        by_kind += fmt::format("{}{} {}", by_kind.empty() ? "" : ", ", count, kind);
    if (!by_kind.empty()) components += " (" + by_kind + ")";
    if (!config_->workers.empty())
        components += ", " + text::counted(config_->workers.size(), "worker group");
    std::string listeners;
    const std::vector<Listener> all = listeners_of(*config_);
    for (std::size_t i = 0; i < all.size(); ++i) {
        const Listener& listener = all[i];
        listeners += listeners.empty() ? "" : ", ";
        if (listener.protocol != Protocol::http)
            listeners += listener.text;
        else if (listener.unix_path.empty())
            listeners += fmt::format("{}://{}:{}", listener.tls ? "https" : "http", listener.host,
                                     server_->port(i));
        else
            listeners += "unix:" + listener.unix_path;
        if (listener.control) listeners += " (control)";
    }
    const std::size_t endpoints = served_endpoints(*config_);
    field_log_(LogLevel::info,
               fmt::format("vitals {} with {}: {}; state in {}; {} on {}", version, config_->file,
                           components, config_->state_dir, text::counted(endpoints, "endpoint"),
                           listeners),
               {{"version", std::string_view(version)},
                {"file", config_->file},
                {"components", static_cast<std::uint64_t>(config_->components.size())},
                {"state_dir", config_->state_dir},
                {"endpoints", static_cast<std::uint64_t>(endpoints)},
                {"listeners", listeners}});
}

}  // namespace vitals::app
