// A catalog with the shape of the real one, for this room's tests and fuzzing: the same names of
// kinds, dialects and options as far as tests/config/ uses them, but none of their code.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "model/secret_list.hpp"

namespace vitals::config::sample {

struct Tls {
    std::string ca, certificate, key, server_name;
    bool verify = true;
};
inline constexpr std::array tls_fields = {
    field<&Tls::ca>("ca", "Which authorities to trust."),
    field<&Tls::certificate>("certificate", "The client's certificate."),
    field<&Tls::key>("key", "Its key."),
    field<&Tls::server_name>("server_name", "The name to verify."),
    field<&Tls::verify>("verify", "Whether to verify."),
};

struct Http {
    std::string url, method = "GET";
    std::string user;
    Secret password;
    SecretMap headers;
    TextMap expect_header;
    Tls tls;
    Size max_body{1 << 20};
    std::optional<std::int64_t> certificate_days;
};
inline constexpr std::array http_fields = {
    field<&Http::url>("url", "What to fetch.", {.required = true}),
    field<&Http::method>("method", "How.", {.choices = "GET|HEAD|POST"}),
    field<&Http::user>("user", "Who asks."),
    field<&Http::password>("password", "The user's password."),
    field<&Http::headers>("headers", "Further headers."),
    field<&Http::expect_header>("expect_header", "Headers of the answer."),
    field<&Http::tls>("tls", "TLS.", {.members = tls_fields}),
    field<&Http::max_body>("max_body", "How much is read.", {.least = 1}),
    field<&Http::certificate_days>("certificate_days", "How long it lasts.",
                                   {.least = 0, .most = 3650}),
};

struct Tcp {
    std::string url;
};
inline Verified verify_tcp_url(const std::string& url) {
    if (url.find("://") == std::string::npos) return std::unexpected("has no scheme");
    return verified(url.ends_with('!') ? "no shouting" : "");
}
inline constexpr std::array tcp_fields = {
    field<&Tcp::url, verify_tcp_url>("url", "Where to connect.", {.required = true}),
};

struct Disk {
    std::string path = "/";
    Percentage degraded_above{85}, failed_above{95};
};
inline constexpr std::array disk_fields = {
    field<&Disk::path>("path", "Where to look."),
    field<&Disk::degraded_above>("degraded_above", "Degraded above."),
    field<&Disk::failed_above>("failed_above", "Failed above."),
};
inline Verified verify_disk(const Disk& disk) {
    if (disk.degraded_above.value > disk.failed_above.value)
        return std::unexpected("degraded_above is greater than failed_above: it could never show");
    return {};
}

struct Path {
    std::string path;
};
inline constexpr std::array path_fields = {
    field<&Path::path>("path", "Where it is.", {.required = true}),
};

struct Load {
    std::optional<double> degraded_above;
};
inline constexpr std::array load_fields = {
    field<&Load::degraded_above>("degraded_above", "Degraded above.", {.least = 0}),
};

struct Exec {
    std::vector<std::string> command;
    TextMap environment;
};
inline constexpr std::array exec_fields = {
    field<&Exec::command>("command", "What to run.", {.required = true}),
    field<&Exec::environment>("environment", "Its variables."),
};

struct Push {
    std::chrono::milliseconds ttl{60'000};
    bool fleet = false;
};
inline constexpr std::array push_fields = {
    field<&Push::ttl>("ttl", "How long it holds.", {.least = 1}),
    field<&Push::fleet>("fleet", "Whether the fleet shares it."),
};

struct None {};

struct Celery {
    std::string url;
    Secret password;
};
inline constexpr std::array celery_fields = {
    field<&Celery::url, verify_tcp_url>("url", "The broker.", {.required = true}),
    field<&Celery::password>("password", "Its password."),
};

struct ProbeStatus {
    std::string control_from = "operator";
};
inline constexpr std::array probe_fields = {
    field<&ProbeStatus::control_from>("control_from", "Who may.",
                                      {.choices = "operator|loopback|anyone"}),
};

// A dialect that needs a mapping, with every shape of option that such dialects have.
struct Namespace {
    Secret token;
    std::vector<std::string> components;
};
inline constexpr std::array namespace_fields = {
    field<&Namespace::token>("token", "Who asks.", {.required = true}),
    field<&Namespace::components>("components", "What it sees.", {.refers = "components"}),
};
struct Mapped {
    std::string database;
    std::string workers;
    std::vector<std::pair<std::string, Namespace>> namespaces;
};
inline constexpr std::array mapped_fields = {
    field<&Mapped::database>("database", "The database.",
                             {.required = true, .refers = "component"}),
    field<&Mapped::workers>("workers", "The workers.", {.refers = "workers"}),
    field<&Mapped::namespaces>("namespaces", "By token.", {.members = namespace_fields}),
};

struct Mail {
    std::vector<std::string> to;
    std::string server = "smtp://127.0.0.1:25";
    Secret password;
};
inline Verified verify_recipients(const std::vector<std::string>& to) {
    for (const std::string& one : to)
        if (std::ranges::any_of(one, [](char c) { return (c & 0x80) != 0; }))
            return std::unexpected("\"" + one +
                                   "\" holds characters beyond ASCII, which not every mail server "
                                   "takes");
    return {};
}
inline constexpr std::array mail_fields = {
    field<&Mail::to, verify_recipients>("to", "Who.", {.required = true}),
    field<&Mail::server>("server", "Through what."),
    field<&Mail::password>("password", "Its password."),
};
struct Hook {
    Secret url;
    SecretMap secret;
};
inline constexpr std::array hook_fields = {
    field<&Hook::url>("url", "Where.", {.required = true}),
    secret_list_field<&Hook::secret>("secret", "Signed with."),
};

inline Catalog catalog() {
    const std::span<const Field> none;
    const auto mounted = [&none](std::string_view name, std::string_view path) {
        return Described{.description = describe<None>(name, "A dialect.", none),
                         .usual_path = path,
                         .mounted_by_default = true};
    };
    Catalog made;
    made.kinds = {
        {.description = describe<Http>("http", "fetches", http_fields)},
        {.description = describe<Tcp>("tcp", "connects", tcp_fields)},
        {.description = describe<Tcp>("tls", "shakes hands", tcp_fields)},
        {.description = describe<None>("dns", "resolves", none)},
        {.description = describe<Disk, verify_disk>("disk", "looks at space", disk_fields)},
        {.description = describe<None>("memory", "looks at memory", none)},
        {.description = describe<Load>("load", "looks at load", load_fields)},
        {.description = describe<None>("process", "looks for one", none)},
        {.description = describe<Path>("file", "looks at one", path_fields)},
        {.description = describe<Exec>("exec", "runs", exec_fields)},
        {.description = describe<Path>("sqlite", "opens", path_fields)},
        {.description = describe<Push>("push", "takes", push_fields), .pushed = true},
    };
    made.dialects = {
        mounted("svc_status", "/svc_status"),
        {.description = describe<ProbeStatus>("probe_status", "A dialect.", probe_fields),
         .usual_path = "/probe_status",
         .mounted_by_default = true},
        mounted("healthz", "/healthz/"),
        mounted("kubernetes", "/"),
        mounted("health_json", "/health"),
        mounted("metrics", "/metrics"),
        mounted("page", "/"),
        {.description = describe<Mapped>("mapped", "A dialect.", mapped_fields),
         .usual_path = "/mapped"},
        {.description = describe<None>("agent", "A dialect.", none), .protocol = Protocol::agent},
    };
    made.sources = {
        {.description = describe<None>("push", "takes", none)},
        {.description = describe<Celery>("celery", "listens", celery_fields)},
    };
    made.receivers = {{.description = describe<Mail>("email", "mails", mail_fields)}};
    for (const char* name :
         {"exec", "webhook", "alertmanager", "slack", "teams", "discord", "telegram", "matrix",
          "googlechat", "ntfy", "gotify", "pushover", "pagerduty", "jsm"})
        made.receivers.push_back({.description = describe<Hook>(name, "tells", hook_fields)});
    made.zone_problem = [](const std::string& zone) {
        return zone == "UTC" || zone == "Europe/Berlin"
                   ? std::string()
                   : "'" + zone +
                         "' is not a known time zone; expected a name like Europe/Berlin (is the "
                         "package tzdata installed?)";
    };
    return made;
}

}  // namespace vitals::config::sample
