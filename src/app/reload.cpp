// Reload: files are read away from the engine.
#include "app/running.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

#include "app/assemble.hpp"
#include "app/catalog.hpp"
#include "config/file.hpp"
#include "model/check_error.hpp"
#include "text/amount.hpp"

namespace vitals::app {

namespace {

using namespace std::chrono_literals;

constexpr auto most_for_a_reload = 10s;

config::Problem unread(const std::string& file, const std::exception_ptr& problem) {
    const std::string what = "the configuration and the files that it names cannot be read: ";
    try {
        std::rethrow_exception(problem);
    } catch (const CheckError& error) {
        return {file, {}, what + error.detail};
    } catch (const std::exception& error) {
        return {file, {}, what + error.what()};
    }
}

// Both have their components by name.
void compare(const config::Config& before, const config::Config& after,
             endpoints::ReloadResult& result) {
    auto old = before.components.begin();
    const auto leave = [&] { result.removed.push_back((old++)->component->name); };
    for (const config::ComponentConfig& each : after.components) {
        while (old != before.components.end() && old->component->name < each.component->name)
            leave();
        if (old == before.components.end() || old->component->name != each.component->name) {
            result.added.push_back(each.component->name);
            continue;
        }
        if (old->fingerprint != each.fingerprint) result.changed.push_back(each.component->name);
        ++old;
    }
    while (old != before.components.end()) leave();
}

// Objectives are also components: `objectives/NAME`.
void compare_objectives(const config::Config& before, const config::Config& after,
                        endpoints::ReloadResult& result) {
    const auto missing = [](const config::Config& from, const config::Config& in) {
        std::vector<std::string> names;
        for (const auto& each : from.objectives)
            if (std::ranges::none_of(in.objectives,
                                     [&](const auto& other) { return other.name == each.name; }))
                names.push_back("objectives/" + each.name);
        return names;
    };
    std::ranges::copy(missing(after, before), std::back_inserter(result.added));
    std::ranges::copy(missing(before, after), std::back_inserter(result.removed));
}

// `1 new: a/b; 2 changed: c, d`
std::string difference_of(const endpoints::ReloadResult& result) {
    constexpr std::size_t most_named = 5;
    std::string text;
    const auto tell = [&](const std::vector<std::string>& names, std::string_view what) {
        if (names.empty()) return;
        const std::size_t named = std::min(names.size(), most_named);
        text +=
            fmt::format("{}{} {}: {}{}", text.empty() ? "" : "; ", names.size(), what,
                        fmt::join(names.begin(), names.begin() + static_cast<long>(named), ", "),
                        named < names.size() ? ", ..." : "");
    };
    tell(result.added, "new");
    tell(result.changed, "changed");
    tell(result.removed, "removed");
    return text.empty() ? "no component changed" : text;
}

}  // namespace

// Somebody may have changed the file after the present reload read it: then it is read once more,
// and the callers wait for that.
void Daemon::reload(std::string who, Reloaded done) {
    if (!asked_by_.contains(who)) asked_by_ += (asked_by_.empty() ? "" : ", ") + who;
    asked_.push_back(std::move(done));
    if (!reloading_) begin_reload();
}

void Daemon::begin_reload() {
    reloading_ = true;
    notify_.send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}",
                             std::chrono::duration_cast<std::chrono::microseconds>(
                                 std::chrono::steady_clock::now().time_since_epoch())
                                 .count()));
    answered_ = std::exchange(asked_, {});
    reload_by_ = std::exchange(asked_by_, {});
    if (options_.file == config::standard_input)
        return end_reload(std::unexpected(config::Problems{
            {config_->file,
             {},
             "the configuration came from standard input, which cannot be read again; restart "
             "vitals with the new one"}}));
    const auto loaded = std::make_shared<Loaded>(std::unexpect);
    loading_.start(
        most_for_a_reload,
        [loaded, file = options_.file] { *loaded = config::load(file, catalog()); },
        [this, loaded](const std::exception_ptr& problem) {
            if (problem)
                end_reload(std::unexpected(config::Problems{unread(options_.file, problem)}));
            else
                end_reload(std::move(*loaded));
        });
}

void Daemon::end_reload(Loaded loaded) {
    endpoints::ReloadResult result = apply(loaded);
    engine_.when_published([answered = std::exchange(answered_, {}), result = std::move(result)] {
        for (const Reloaded& done : answered) done(result);
    });
    notify_.send("READY=1\nSTATUS=serving");
    reloading_ = false;
    if (!asked_.empty()) begin_reload();
}

endpoints::ReloadResult Daemon::apply(Loaded& loaded) {
    endpoints::ReloadResult result;
    if (!loaded) {
        result.problems = lines_of(loaded.error());
        field_log_(LogLevel::error,
                   fmt::format("the configuration was not reloaded for {}, {} in it:", reload_by_,
                               text::counted(result.problems.size(), "problem")),
                   {{"by", reload_by_}});
        for (const std::string& problem : result.problems) log_(LogLevel::error, problem);
        return result;
    }
    const auto before = config_;
    config_ = std::make_shared<config::Config>(std::move(*loaded));
    const bool same_vault =
        before->vault && config_->vault && before->vault->place() == config_->vault->place();
    config_->secrets.continue_from(before->secrets, same_vault);
    engine_.set_service(config_->service);
    watch(*config_);
    secret_files_.configure(config_->secrets);
    server_->replace_routes(routes_of(*config_));
    for (const std::string& warning : config_->warnings) log_(LogLevel::warning, warning);
    compare(*before, *config_, result);
    result.waiting = tell_what_waits();
    field_log_(
        LogLevel::info,
        fmt::format("configuration reloaded by {}: {} components, of these {} new and {} "
                    "changed; {} removed; {} endpoints",
                    reload_by_, config_->components.size(), result.added.size(),
                    result.changed.size(), result.removed.size(), served_endpoints(*config_)),
        {{"by", reload_by_},
         {"components", static_cast<std::uint64_t>(config_->components.size())},
         {"added", static_cast<std::uint64_t>(result.added.size())},
         {"changed", static_cast<std::uint64_t>(result.changed.size())},
         {"removed", static_cast<std::uint64_t>(result.removed.size())}});
    compare_objectives(*before, *config_, result);
    desk_.happened(Happening::What::reloaded, difference_of(result), reload_by_);
    settle();
    return result;
}

std::map<std::string, std::string> fixed_at_start(const config::Config& config) {
    std::string listeners;
    for (const Listener& listener : listeners_of(config)) {
        listeners +=
            listener.text + (listener.control ? " control" : "") + (listener.http2 ? " http2" : "");
        if (listener.proxy_protocol)
            listeners +=
                fmt::format(" proxies {}", fmt::join(listener.proxy_protocol->trusted, " "));
        if (listener.tls)
            listeners += " " + listener.tls->certificate + " " + listener.tls->key + " " +
                         listener.tls->client_ca;
        listeners += "\n";
    }
    std::string fleet;
    if (config.fleet) {
        const config::Fleet& from = *config.fleet;
        fleet = fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}", from.name, from.node,
                            from.interval.count(), from.listen, from.nkey, from.creds,
                            fmt::join(from.servers, " "), fmt::join(from.labels, "\n"));
        if (from.tls)
            fleet += fmt::format("\n{}\n{}\n{}\n{}", from.tls->ca, from.tls->name,
                                 from.tls->certificate, from.tls->key);
    }
    return {
        {"fleet", std::move(fleet)},
        {"listeners", std::move(listeners)},
        {"limits", fmt::format("{} {} {} {}", config.limits.headers.bytes, config.limits.body.bytes,
                               config.limits.connections, config.limits.streams)},
        {"server", fmt::format("{}", config.server.threads)},
        {"engine", fmt::format("{}", config.engine.threads)},
        {"state_dir", config.state_dir},
        {"log", config.log.level + " " + config.log.format}};
}

// Changes that need a restart are reported as long as the restart is due.
std::vector<std::string> Daemon::tell_what_waits() {
    std::vector<std::string> waiting;
    for (const auto& [what, now] : fixed_at_start(*config_)) {
        if (fixed_.at(what) == now) continue;
        waiting.push_back(what);
        log_(LogLevel::warning,
             fmt::format("{} changed in the configuration; restart for it to take effect", what));
    }
    return waiting;
}

}  // namespace vitals::app
