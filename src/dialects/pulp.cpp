// `pulp`: Pulp 2's server status, 200 while the server answers. The endpoint names the components
// for its database and its messaging, and the group of its workers. Field names, their order and
// dates are those of Pulp's document. While the database is down no worker is known, as in the
// original, which stores them there.
#include "dialects/dialect.hpp"
#include "dialects/mount.hpp"
#include "model/clock.hpp"
#include "text/json.hpp"

namespace vitals::dialects {

namespace {

struct Options {
    std::string database;
    std::string messaging;
    std::string workers;
    std::string platform_version;
    std::string worker_style = "both";
    bool stale_workers = false;
};

constexpr Field fields[] = {
    field<&Options::database>("database", "The component shown as `database_connection`.",
                              {.required = true, .refers = "component"}),
    field<&Options::messaging>("messaging", "The component shown as `messaging_connection`.",
                               {.required = true, .refers = "component"}),
    field<&Options::workers>("workers", "The worker group shown as `known_workers`.",
                             {.refers = "workers"}),
    field<&Options::platform_version>("platform_version",
                                      "The version in `versions`; by default that of the service."),
    field<&Options::worker_style>(
        "worker_style",
        "How a worker is written: `name` as documented (2.6), `id` with `_id` and `_ns` as in "
        "later releases and for Katello, or `both`.",
        {.choices = "both|name|id"}),
    field<&Options::stale_workers>(
        "stale_workers",
        "Also lists workers that have been silent for longer than the timeout of their group, for "
        "five minutes, as 2.6 did until it cleaned up."),
};

bool connected(const Snapshot& snapshot, const std::string& name, Steady now) {
    const ComponentState* state = snapshot.find(name);
    if (state == nullptr) return false;
    const Status status = state->status(now);
    return status == Status::ok || status == Status::degraded;
}

void write_worker(text::JsonWriter& writer, const Worker& worker, const std::string& style) {
    writer.object();
    if (style != "name") writer.member("_id", worker.name).member("_ns", "workers");
    writer.member("last_heartbeat", rfc3339(worker.last_heartbeat));
    if (style != "id") writer.member("name", worker.name);
    writer.end_object();
}

// The original can also be reached below /pulp/api.
std::optional<std::string_view> match(std::string_view mount, std::string_view path) {
    constexpr std::string_view prefix = "/pulp/api";
    if (path.starts_with(prefix) && !mount.starts_with(prefix)) path.remove_prefix(prefix.size());
    return match_either(mount, path);
}

Response render(const Snapshot& snapshot, const Request& request, const Options& own) {
    const bool database = connected(snapshot, own.database, request.now);
    const bool messaging = connected(snapshot, own.messaging, request.now);
    Response response;
    response.content_type = "application/json; charset=utf-8";
    // Workers become stale without a new version of the snapshot.
    response.repeat_for = std::chrono::seconds(1);
    text::JsonWriter writer(response.body, text::python_json);
    writer.object().member("api_version", "2");
    writer.key("database_connection").object().member("connected", database).end_object();
    writer.key("known_workers").array();
    for (const auto& group : snapshot.workers) {
        if (group->name != own.workers || !database) continue;
        for (const Worker& worker : group->workers)
            if (own.stale_workers || snapshot.knows(worker, request.now))
                write_worker(writer, worker, own.worker_style);
    }
    writer.end_array();
    writer.key("messaging_connection").object().member("connected", messaging).end_object();
    writer.key("versions").object();
    writer.member("platform_version",
                  own.platform_version.empty() ? snapshot.service.version : own.platform_version);
    writer.end_object().end_object();
    return response;
}

}  // namespace

extern constinit const Dialect pulp = make_dialect<Options, render>(
    "pulp", "Pulp's server status: two connections and the workers that were heard of.", fields,
    {"/v2/status/", "Pulp 2", "200 always"}, {.mounted_by_default = false, .match = match});

}  // namespace vitals::dialects
