// `pulp3`: the server status of pulpcore, 200 while the server answers. The endpoint names the
// components for its database, its cache and its disk, and the groups of its workers and apps.
// Members and their order are those of pulpcore; what only its database knows of a worker (its
// href, its task) is missing. While the database is down the lists are null, as in the original,
// which stores them there. Source: pulpcore's serializers `StatusSerializer`, `WorkerSerializer`.
#include <fmt/format.h>

#include "dialects/dialect.hpp"
#include "dialects/mount.hpp"
#include "model/clock.hpp"
#include "text/json.hpp"

namespace vitals::dialects {

namespace {

struct Options {
    std::string database;
    std::string redis;
    std::string storage;
    std::string workers;
    std::string api_apps;
    std::string content_apps;
    TextMap versions;
    std::string content_origin;
    std::string content_path_prefix = "/pulp/content/";
    bool domain_enabled = false;
};

constexpr Field fields[] = {
    field<&Options::database>("database", "The component shown as `database_connection`.",
                              {.required = true, .refers = "component"}),
    field<&Options::redis>("redis",
                           "The component shown as `redis_connection`; without it, "
                           "`redis_connection` is not connected, as if pulpcore's cache were off.",
                           {.refers = "component"}),
    field<&Options::storage>(
        "storage",
        "The component of kind `disk` whose figures are `storage`; they are then public.",
        {.refers = "component"}),
    field<&Options::workers>("workers", "The worker group shown as `online_workers`.",
                             {.refers = "workers"}),
    field<&Options::api_apps>("api_apps", "The worker group shown as `online_api_apps`.",
                              {.refers = "workers"}),
    field<&Options::content_apps>(
        "content_apps", "The worker group shown as `online_content_apps`.", {.refers = "workers"}),
    field<&Options::versions>("versions",
                              "Components of Pulp and their versions; by default only `core`, with "
                              "the version of the service.",
                              {.example = "{core: 3.49.0, rpm: 3.25.1}"}),
    field<&Options::content_origin>("content_origin",
                                    "The origin of the content, in `content_settings`.",
                                    {.example = "https://pulp.example.org"}),
    field<&Options::content_path_prefix>("content_path_prefix",
                                         "The path of the content below its origin."),
    field<&Options::domain_enabled>("domain_enabled", "Whether Pulp's domains are switched on."),
};

bool connected(const Snapshot& snapshot, const std::string& name, Steady now) {
    const ComponentState* state = name.empty() ? nullptr : snapshot.find(name);
    if (state == nullptr) return false;
    const Status status = state->status(now);
    return status == Status::ok || status == Status::degraded;
}

// In Python's form: with microseconds, unless they are zero.
std::string iso_time(System time) {
    const auto second = std::chrono::floor<std::chrono::seconds>(time);
    const auto rest = std::chrono::floor<std::chrono::microseconds>(time - second);
    std::string text = rfc3339(second);
    if (rest.count() == 0) return text;
    text.pop_back();
    return text + fmt::format(".{:06}Z", rest.count());
}

struct Plugin {
    std::string_view name, version;
};

std::vector<Plugin> plugins_of(const Snapshot& snapshot, const Options& own) {
    std::vector<Plugin> plugins;
    for (const auto& [name, version] : own.versions) plugins.push_back({name, version});
    if (plugins.empty()) plugins.push_back({"core", snapshot.service.version});
    return plugins;
}

void write_versions(text::JsonWriter& writer, const std::vector<Plugin>& plugins) {
    writer.key("versions").array();
    for (const Plugin& plugin : plugins) {
        const bool core = plugin.name == "core";
        writer.object().member("component", plugin.name).member("version", plugin.version);
        writer.member("package", core ? "pulpcore" : fmt::format("pulp-{}", plugin.name));
        writer.member("module", core ? "pulpcore.app" : fmt::format("pulp_{}.app", plugin.name));
        writer.member("domain_compatible", true).end_object();
    }
    writer.end_array();
}

struct Lists {
    text::JsonWriter& writer;
    const Snapshot& snapshot;
    Steady now;
    const std::vector<Plugin>& plugins;
    bool known;  // the database, which stores them, can be asked

    void write(std::string_view member, const std::string& wanted) const {
        writer.key(member);
        if (!known) {
            writer.null();
            return;
        }
        writer.array();
        for (const auto& group : snapshot.workers) {
            if (group->name != wanted) continue;
            for (const Worker& worker : group->workers)
                if (snapshot.knows(worker, now)) write(worker);
        }
        writer.end_array();
    }
    void write(const Worker& worker) const {
        writer.object().member("name", worker.name);
        writer.member("last_heartbeat", iso_time(worker.last_heartbeat));
        writer.key("versions").object();
        for (const Plugin& plugin : plugins) writer.member(plugin.name, plugin.version);
        writer.end_object().end_object();
    }
};

std::optional<std::int64_t> figure(const ComponentState* state, std::string_view name, Steady now) {
    if (state == nullptr || state->last == nullptr || now > state->valid_until) return {};
    const Value* value = state->last->property(name);
    const auto* number = value == nullptr ? nullptr : std::get_if<std::int64_t>(value);
    if (number == nullptr || *number < 0) return {};
    return *number;
}

void write_storage(text::JsonWriter& writer, const Snapshot& snapshot, const std::string& name,
                   Steady now) {
    const ComponentState* state = name.empty() ? nullptr : snapshot.find(name);
    const auto total = figure(state, "total_bytes", now), free = figure(state, "free_bytes", now);
    writer.key("storage");
    if (!total || !free || *free > *total) {
        writer.null();
        return;
    }
    writer.object().member("total", *total).member("used", *total - *free);
    writer.member("free", *free).end_object();
}

Response render(const Snapshot& snapshot, const Request& request, const Options& own) {
    const bool database = connected(snapshot, own.database, request.now);
    Response response;
    response.content_type = "application/json";
    response.headers.emplace_back("Vary", "Accept");
    response.headers.emplace_back("Allow", "GET, HEAD, OPTIONS");
    // Workers become stale without a new version of the snapshot.
    response.repeat_for = std::chrono::seconds(1);
    text::JsonWriter writer(response.body);
    const std::vector<Plugin> plugins = plugins_of(snapshot, own);
    writer.object();
    write_versions(writer, plugins);
    const Lists lists{writer, snapshot, request.now, plugins, database};
    lists.write("online_workers", own.workers);
    lists.write("online_api_apps", own.api_apps);
    lists.write("online_content_apps", own.content_apps);
    writer.key("database_connection").object().member("connected", database).end_object();
    writer.key("redis_connection").object();
    writer.member("connected", connected(snapshot, own.redis, request.now)).end_object();
    write_storage(writer, snapshot, own.storage, request.now);
    writer.key("content_settings").object().key("content_origin");
    if (own.content_origin.empty())
        writer.null();
    else
        writer.value(own.content_origin);
    writer.member("content_path_prefix", own.content_path_prefix).end_object();
    writer.member("domain_enabled", own.domain_enabled).end_object();
    return response;
}

}  // namespace

extern constinit const Dialect pulp3 = make_dialect<Options, render>(
    "pulp3", "The status of pulpcore: its connections, and the workers and apps that are online.",
    fields, {"/pulp/api/v3/status/", "Pulp 3", "200 always"},
    {.mounted_by_default = false, .match = match_either});

}  // namespace vitals::dialects
