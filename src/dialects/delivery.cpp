// `delivery`: Chef Delivery's `_status`. Two upstreams, postgres and lsyncd, judged by what this
// server is: standalone, primary or cold standby of a disaster recovery pair; and rabbitmq, as
// later releases have it, if the endpoint names it. 200 if all are well, else 500 and `fail`.
//
// What is read from the outcomes of the components that the endpoint names:
//   kind `replication`: `role` (text: primary | standby | standalone), `standby_address` (text: of
//     the first that streams), `standby_addresses` (text: all, with spaces between, if there are
//     several), `current_location` (text, primary), `receive_location` (text, standby),
//     `replication` (bool: a standby is streaming; on a standby: it is receiving). A server is
//     `standalone` only if nothing in it is set up for replication (no slot, no synchronous standby
//     named): a primary that has lost its standby stays `primary`, else `auto` would turn green at
//     the very moment.
//   kind `lsyncd`: `running` (bool), `queued_delays` (integer, summed over all syncs),
//     `status_readable` (bool: the status file could be read).
//
// Source: the document of the endpoint and the program behind it; where they differ, facts that
// both the sample and the program agree on win (`core: true` takes the document's prose).
#include <algorithm>

#include "dialects/dialect.hpp"
#include "dialects/mount.hpp"
#include "model/property.hpp"
#include "text/escape.hpp"
#include "text/json.hpp"

namespace vitals::dialects {

namespace {

struct Options {
    std::string mode = "auto";
    std::string postgres;
    std::string lsyncd;
    std::string rabbitmq;
    std::string key = "configuration mode";
    bool list_standbys = false;
    bool core = false;
    bool strict = false;
};

constexpr Field fields[] = {
    field<&Options::mode>("mode", "What this server is; `auto` asks PostgreSQL for its role.",
                          {.choices = "standalone|primary|cold_standby|auto"}),
    field<&Options::postgres>("postgres", "The component of kind replication shown as `postgres`.",
                              {.required = true, .refers = "component"}),
    field<&Options::lsyncd>(
        "lsyncd", "The component of kind lsyncd shown as `lsyncd`; a standalone needs none.",
        {.refers = "component"}),
    field<&Options::rabbitmq>("rabbitmq",
                              "The component shown as `rabbitmq`, an upstream of later releases; "
                              "delivery-cli needs it.",
                              {.refers = "component"}),
    field<&Options::key>("key",
                         "How the mode's key is spelled: with a space as documented, or with an "
                         "underscore as in later releases.",
                         {.choices = "configuration mode|configuration_mode"}),
    field<&Options::list_standbys>("list_standbys",
                                   "A primary also reports the addresses of all its standbys: "
                                   "`standby_ip_addresses`, an array."),
    field<&Options::core>(
        "core",
        "Follows the prose of the document: the first `status` is that of the core server and "
        "stays `pong`; only the code shows that an upstream is down."),
    field<&Options::strict>("strict",
                            "An lsyncd that must not run here but does also gives `fail` and 500."),
};

Verified verify(const Options& own) {
    if (own.lsyncd.empty() && (own.mode == "primary" || own.mode == "auto"))
        return std::unexpected("mode " + own.mode +
                               " needs 'lsyncd', the component that watches it");
    return {};
}

struct Upstream {
    std::string_view status;
    Pairs attributes;
    std::vector<std::string> standbys{};
};

// The latest result, while it counts.
const Outcome* fresh(const ComponentState* state, Steady now) {
    return state == nullptr || state->stale(now) ? nullptr : state->last.get();
}

template <class T>
const T* read(const Outcome* outcome, std::string_view name) {
    const Value* value = outcome == nullptr ? nullptr : outcome->property(name);
    return value == nullptr ? nullptr : std::get_if<T>(value);
}

bool is_true(const Outcome* outcome, std::string_view name) {
    const bool* value = read<bool>(outcome, name);
    return value != nullptr && *value;
}

std::string text(const Outcome* outcome, std::string_view name) {
    const std::string* value = read<std::string>(outcome, name);
    return value == nullptr ? std::string() : *value;
}

struct Facts {
    const ComponentState* postgres;
    const ComponentState* lsyncd;
    const Outcome* database;  // null: no valid result
    const Outcome* syncing;
    std::string role;
};

std::string_view mode_of(const Facts& facts, const std::string& configured) {
    for (const std::string_view mode : {"standalone", "primary", "cold_standby"})
        if (configured == mode) return mode;
    if (facts.role == "standby") return "cold_standby";
    // lsyncd runs only on a primary: if it runs, somebody relies on a standby.
    if (facts.role == "primary" || is_true(facts.syncing, property::running)) return "primary";
    return "standalone";
}

// The addresses of all standbys, in the order of text.
std::vector<std::string> standbys(const Outcome* outcome) {
    std::string all = text(outcome, "standby_addresses");
    if (all.empty()) all = text(outcome, property::standby_address);
    std::vector<std::string> addresses;
    std::string_view rest = all;
    while (!rest.empty()) {
        const std::string_view one = rest.substr(0, rest.find(' '));
        rest.remove_prefix(std::min(rest.size(), one.size() + 1));
        if (!one.empty()) addresses.emplace_back(one);
    }
    return addresses;
}

Upstream postgres(const Facts& facts, std::string_view mode, const Request& request) {
    Upstream made{"pong", {}};
    const auto add = [&](std::string name, std::string value) {
        // The document publishes these; an endpoint may still disable that.
        if (!value.empty() && request.disclose != Disclosure::status)
            made.attributes.emplace_back(std::move(name), std::move(value));
    };
    const Status status =
        facts.postgres == nullptr ? Status::unknown : facts.postgres->status(request.now);
    const bool down = status == Status::failed || status == Status::unknown;
    if (down) made.status = "fail";
    // A failing run that thresholds still hold back has read nothing; it is not judged twice.
    const bool silent =
        down || (facts.database != nullptr && (facts.database->status == Status::failed ||
                                               facts.database->status == Status::unknown));
    if (mode == "primary") {
        const std::string address = text(facts.database, property::standby_address);
        const bool replicates =
            is_true(facts.database, property::replication) && facts.role != "standby";
        if (!silent && !replicates)
            return {"degraded",
                    {{"replication", "fail"},
                     {"description", "Replication is not running. Check your configuration."}}};
        add("standby_ip_address", address);
        if (request.disclose != Disclosure::status) made.standbys = standbys(facts.database);
        add("pg_current_xlog_location", text(facts.database, property::current_location));
    } else if (mode == "cold_standby") {
        const std::string location = text(facts.database, property::receive_location);
        // The location stays when nothing is received any more; the check reports that.
        const bool* replication = read<bool>(facts.database, property::replication);
        const bool cut_off = replication != nullptr && !*replication && status == Status::degraded;
        const bool receives =
            !location.empty() && !cut_off && facts.role != "primary" && facts.role != "standalone";
        if (!silent && !receives) return {"degraded", {{"replication", "fail"}}};
        add("pg_last_xlog_receive_location", location);
    }
    return made;
}

std::string latency(const Outcome* outcome) {
    const bool* readable = read<bool>(outcome, property::status_readable);
    const std::int64_t* delays = read<std::int64_t>(outcome, property::queued_delays);
    if (delays == nullptr || (readable != nullptr && !*readable))
        return "Could not read status log.";
    return std::to_string(*delays);
}

Upstream lsyncd(const Facts& facts, std::string_view mode, const Options& options,
                const Request& request) {
    if (options.lsyncd.empty()) return {"not_running", {}};
    const Status status =
        facts.lsyncd == nullptr ? Status::unknown : facts.lsyncd->status(request.now);
    const bool* runs = read<bool>(facts.syncing, property::running);
    // It is unknown whether it runs: that is not "not running".
    if (status == Status::unknown || (status == Status::failed && runs == nullptr))
        return {"fail", {}};
    // A failing run that thresholds still hold back has read nothing; it is not judged twice.
    const bool held_back =
        runs == nullptr && facts.syncing != nullptr && facts.syncing->status == Status::failed;
    const bool running = held_back ? mode == "primary" : runs != nullptr && *runs;
    if (mode == "primary") {
        if (!running || status == Status::failed) return {"fail", {}};
        return {"pong", {{"latency", latency(facts.syncing)}}};
    }
    if (!running) return {"not_running", {}};
    if (mode == "standalone") return {"pong", {{"description", "No backup server configured."}}};
    return {"pong",
            {{"description",
              "Server configured as cold standby. Lsyncd should only be run on the primary."}}};
}

Upstream rabbitmq(const Snapshot& snapshot, const Options& options, Steady now) {
    const ComponentState* state = snapshot.find(options.rabbitmq);
    const Status status = state == nullptr ? Status::unknown : state->status(now);
    const bool works = status == Status::ok || status == Status::degraded;
    return {works ? "pong" : "fail", {}};
}

void write(text::JsonWriter& writer, std::string_view name, const Upstream& upstream) {
    writer.key(name).object().member("status", upstream.status);
    for (const auto& [key, value] : upstream.attributes) writer.member(key, text::one_line(value));
    if (!upstream.standbys.empty()) {
        writer.key("standby_ip_addresses").array();
        for (const std::string& address : upstream.standbys) writer.value(text::one_line(address));
        writer.end_array();
    }
    writer.end_object();
}

Response render(const Snapshot& snapshot, const Request& request, const Options& own) {
    Facts facts{};
    facts.postgres = snapshot.find(own.postgres);
    facts.lsyncd = own.lsyncd.empty() ? nullptr : snapshot.find(own.lsyncd);
    facts.database = fresh(facts.postgres, request.now);
    facts.syncing = fresh(facts.lsyncd, request.now);
    facts.role = text(facts.database, property::role);
    const std::string_view mode = mode_of(facts, own.mode);
    Upstream database = postgres(facts, mode, request);
    if (!own.list_standbys) database.standbys.clear();
    std::vector<std::pair<std::string_view, Upstream>> upstreams;
    upstreams.emplace_back("postgres", std::move(database));
    upstreams.emplace_back("lsyncd", lsyncd(facts, mode, own, request));
    if (!own.rabbitmq.empty())
        upstreams.emplace_back("rabbitmq", rabbitmq(snapshot, own, request.now));

    const Upstream& syncing = upstreams[1].second;
    const bool misplaced = own.strict && mode != "primary" && syncing.status == "pong";
    const bool fine = !misplaced && std::ranges::all_of(upstreams, [](const auto& upstream) {
        return upstream.second.status == "pong" || upstream.second.status == "not_running";
    });
    Response response;
    response.status = code_for(fine ? Status::ok : Status::failed, request, 500);
    response.content_type = "application/json";
    text::JsonWriter writer(response.body);
    writer.object().member("status", fine || own.core ? "pong" : "fail");
    writer.member(own.key, mode);
    writer.key("upstreams").array().object();
    for (const auto& [name, upstream] : upstreams) write(writer, name, upstream);
    writer.end_object().end_array().end_object();
    return response;
}

}  // namespace

extern constinit const Dialect delivery = make_dialect<Options, render, verify>(
    "delivery", "Chef Delivery's status: postgres and lsyncd, judged by the server's mode.", fields,
    {"/_status", "Chef Delivery", "200 / 500"},
    {.mounted_by_default = false, .match = match_either});

}  // namespace vitals::dialects
