// The tables of the file's own sections.
#include "config/sections.hpp"

#include <algorithm>
#include <array>

#include "model/name.hpp"
#include "text/address_block.hpp"
#include "text/url.hpp"

namespace vitals::config {

namespace {

constexpr bool may_be_included = true;
constexpr std::size_t longest_fleet_word = 64;

constexpr double ms = 1;
constexpr double second = 1'000 * ms;
constexpr double minute = 60 * second;
constexpr double kibibyte = 1'024;
constexpr double mebibyte = 1'024 * kibibyte;

Verified vault_url_problem(const std::string& value) {
    std::string_view text = value;
    const auto scheme = text.find("://");
    if (scheme == std::string_view::npos)
        return std::unexpected("has no scheme; expected https://host:8200");
    if (text.substr(0, scheme) != "https" && text.substr(0, scheme) != "http")
        return std::unexpected("must begin with https:// or http://");
    text.remove_prefix(scheme + 3);
    if (text.find('@') != std::string_view::npos)
        return std::unexpected("holds credentials; the token stands in 'token'");
    if (text.ends_with('/')) text.remove_suffix(1);
    if (text.empty() || text.find_first_of(" \t\r\n\"\\") != std::string_view::npos)
        return std::unexpected("has no host; expected https://host:8200");
    if (text.find_first_of("/?#") != std::string_view::npos)
        return std::unexpected("has a path or parameters; expected https://host:8200");
    return {};
}

Verified otlp_url_problem(const std::string& value) {
    const text::Url url(value);
    if (std::string problem = text::url_problem(url.text, {"http", "https"}); !problem.empty())
        return verified(std::move(problem));
    if (!url.user.empty() || !url.password.empty())
        return std::unexpected("holds credentials; they stand in 'headers'");
    if (!url.query.empty()) return std::unexpected("has parameters; expected http://host:4318");
    for (const std::string_view signal : {"/v1/metrics", "/v1/logs", "/v1/traces"})
        if (url.path.ends_with(signal))
            return verified(std::string("ends in ") + std::string(signal) +
                            ", which vitals adds by itself");
    return {};
}

Verified otlp_headers_problem(const SecretMap& headers) {
    constexpr std::string_view others = "!#$%&'*+-.^_`|~";
    const auto fits = [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               others.find(c) != others.npos;
    };
    for (const auto& [name, secret] : headers)
        if (name.empty() || !std::all_of(name.begin(), name.end(), fits))
            return verified(name + " is no name of a header");
    return {};
}

constexpr std::array include_fields = {
    field<&FileKeys::include>("include",
                              "Names of files or patterns, relative to the folder of this file. A "
                              "pattern may match no file.",
                              {.example = "conf.d/*.yaml"}),
};

constexpr std::array otlp_fields = {
    field<&Otlp::url, otlp_url_problem>("url",
                                        "The URL at which the collector takes OTLP over HTTP; "
                                        "vitals adds /v1/metrics and /v1/logs.",
                                        {.required = true, .example = "http://127.0.0.1:4318"}),
    field<&Otlp::headers, otlp_headers_problem>("headers",
                                                "Headers of each request; a value may be a secret.",
                                                {.example = "{Authorization: {env: OTLP_TOKEN}}"}),
    field<&Otlp::interval>("interval", "How often metrics are sent.",
                           {.least = second, .most = 60 * minute}),
    field<&Otlp::timeout>("timeout", "How long one request may take.",
                          {.least = 100 * ms, .most = minute}),
    field<&Otlp::ca>("ca", "PEM file of the certificate authorities; it replaces the system's.",
                     {.example = "/etc/vitals/ca.pem"}),
};

constexpr std::array file_fields = {
    field<&FileKeys::state_dir>("state_dir",
                                "The directory for the history, the decommission and heartbeats; "
                                "by default $STATE_DIRECTORY, else ./vitals-state.",
                                {.example = "/var/lib/vitals"}),
};

constexpr std::array service_fields = {
    field<&Service::name>("name", "The name of the service in the dialects; public.",
                          {.example = "shop"}),
    field<&Service::version>("version", "The version that the dialects report; public.",
                             {.example = "2.6.0"}),
};

constexpr std::array tls_fields = {
    field<&Listener::Tls::certificate>("certificate", "The certificate chain, a PEM file.",
                                       {.required = true, .example = "/etc/vitals/tls.crt"}),
    field<&Listener::Tls::key>("key", "The private key, a PEM file.",
                               {.required = true, .example = "/etc/vitals/tls.key"}),
    field<&Listener::Tls::client_ca>(
        "client_ca", "Clients must show a certificate that one of these authorities signed.",
        {.example = "/etc/vitals/clients.crt"}),
};

Verified trusted_problem(const std::vector<std::string>& trusted) {
    for (const std::string& one : trusted)
        if (const auto block = text::AddressBlock::parse(one); !block)
            return std::unexpected(block.error());
    return {};
}

constexpr std::array proxy_fields = {
    field<&Listener::ProxyProtocol::trusted, trusted_problem>(
        "trusted",
        "Addresses and blocks of addresses of the proxies. Any other address is refused. A unix "
        "socket needs none: every process that may open it is trusted.",
        {.example = "[10.0.0.0/8, 192.0.2.7]"}),
};

constexpr std::array listener_fields = {
    field<&ListenerKeys::address>("address", "Host and port, or unix:PATH.",
                                  {.required = true, .example = "127.0.0.1:8080"}),
    field<&ListenerKeys::tls>("tls", "Speak TLS, with these files.", {.members = tls_fields}),
    field<&ListenerKeys::http2>("http2",
                                "Also speak HTTP/2: to clients that begin with it (prior "
                                "knowledge), and over TLS to clients that agree on it (ALPN)."),
    field<&ListenerKeys::proxy_protocol>(
        "proxy_protocol",
        "Each connection begins with a line or header of the PROXY protocol (version 1 or 2), "
        "which names the client's address.",
        {.members = proxy_fields}),
    field<&ListenerKeys::control>("control",
                                  "Serve /v1/* without a token to anyone who can connect."),
};

constexpr std::array defaults_fields = {
    field<&DefaultsKeys::interval>("interval", "How often a component is checked.",
                                   {.least = 10 * ms}),
    field<&DefaultsKeys::timeout>("timeout", "How long one run may take in all.", {.least = ms}),
    field<&DefaultsKeys::failures>("failures",
                                   "How many failing runs in a row turn a component failed.",
                                   {.unit = "runs", .least = 1, .most = 1000}),
    field<&DefaultsKeys::successes>("successes",
                                    "How many passing runs in a row bring a failed component back.",
                                    {.unit = "runs", .least = 1, .most = 1000}),
    field<&DefaultsKeys::retry_interval>(
        "retry_interval",
        "How often it is checked while 'failures' or 'successes' delay a change; by default a "
        "fifth of the interval, at least 1s.",
        {.example = "2s", .least = 10 * ms}),
    field<&DefaultsKeys::down_interval>(
        "down_interval", "How often it is checked while it is failed; by default the interval.",
        {.example = "1m", .least = 10 * ms}),
    field<&DefaultsKeys::kinds>(
        "kinds", "Keys for all components of a kind, which may be any keys that they take.",
        {.example = "{http: {timeout: 2s}}"}),
    field<&DefaultsKeys::groups>(
        "groups",
        "Keys for all components of a group, the part of their names before the '/'. They may be "
        "any keys that these components take, also 'check'.",
        {.example = "{databases: {check: postgres, user: app}}"}),
};

constexpr std::array vault_fields = {
    field<&Config::Vault::url, vault_url_problem>(
        "url", "The URL of Vault or OpenBao.", {.required = true, .example = "https://vault:8200"}),
    field<&Config::Vault::token>("token",
                                 "The token that may read the secrets; a file that Vault's agent "
                                 "writes is read again like any other.",
                                 {.required = true, .example = "{file: /run/secrets/vault}"}),
    field<&Config::Vault::name_space>("namespace", "The namespace of the token and the secrets.",
                                      {.example = "shop"}),
    field<&Config::Vault::ca>("ca",
                              "PEM file of the certificate authorities; it replaces the system's.",
                              {.example = "/etc/vitals/ca.pem"}),
    field<&Config::Vault::interval>("interval", "How often the secrets are read again.",
                                    {.least = 100 * ms, .most = 10 * second}),
    field<&Config::Vault::timeout>("timeout", "How long reading one secret may take.",
                                   {.least = ms, .most = minute}),
};

constexpr std::array history_fields = {
    field<&Config::History::keep>("keep",
                                  "How long states and daily response times are kept; "
                                  "docs/operating.md says how long finer ones are.",
                                  {.least = minute}),
    field<&Config::History::size>(
        "size", "How large the store may grow; the finest and oldest data is removed first.",
        {.least = mebibyte}),
    field<&Config::History::raw>("raw", "How long single runs are kept.",
                                 {.least = 10 * minute, .most = 48 * 60 * minute}),
};

constexpr std::array drain_fields = {
    field<&Config::Drain::delay>(
        "delay", "After SIGTERM: how long vitals answers 'not ready' before it closes connections.",
        {.least = 0}),
    field<&Config::Drain::timeout>("timeout", "After SIGTERM: the latest end of the process.",
                                   {.least = 0}),
};

constexpr std::array limits_fields = {
    field<&Config::Limits::headers>(
        "headers",
        "How large a request line and its headers may be together; a larger request gets 431.",
        {.least = kibibyte, .most = mebibyte}),
    field<&Config::Limits::body>("body",
                                 "How large the body of a request may be; a larger one gets 413.",
                                 {.least = kibibyte, .most = 64 * mebibyte}),
    field<&Config::Limits::connections>(
        "connections",
        "How many connections vitals keeps; beyond it, vitals closes the one that waited longest. "
        "This also bounds their memory: 4 KiB for each, and some of the largest requests.",
        {.unit = "connections", .least = 10, .most = 1'000'000}),
    field<&Config::Limits::streams>(
        "streams",
        "How many streams may be open at once, for open pages and clients of /v1/events; a further "
        "one gets 503. At most half of the connections, so that requests for health always get "
        "one.",
        {.unit = "streams", .least = 1, .most = 500'000}),
};

constexpr std::array server_fields = {
    field<&Config::Threads::threads>(
        "threads",
        "How many threads answer requests. Each connection belongs to one of them. A busy server "
        "gains from as many as it has processor cores.",
        {.unit = "threads", .least = 1, .most = 64}),
};

constexpr std::array engine_fields = {
    field<&Config::Threads::threads>(
        "threads",
        "How many threads run checks. With one, the thread that judges results runs them, too; "
        "with more, each has its share of the components, and that thread only judges.",
        {.unit = "threads", .least = 1, .most = 64}),
};

constexpr std::array log_fields = {
    field<&Config::Logging::level>("level", "The least severe messages that are logged.",
                                   {.choices = "debug|info|warning|error"}),
    field<&Config::Logging::format>("format", "One line of text or one JSON object each.",
                                    {.choices = "text|json"}),
};

constexpr std::array token_fields = {
    field<&TokenKeys::secret>("secret",
                              "The secret that a client shows as 'Authorization: Bearer ...'.",
                              {.required = true}),
    field<&TokenKeys::overlap>(
        "overlap",
        "How long the former secret is still accepted when a file or a vault changes it.",
        {.least = 0, .most = 24 * 60 * minute}),
    field<&TokenKeys::allow>(
        "allow", "The rights under /v1; a token without a right opens only endpoints that name it.",
        {.choices = "read|push|control"}),
};

// It becomes a link on the page, so other schemes are refused.
Verified verify_runbook(const std::string& url) {
    if (url.size() > 2048) return std::unexpected("must be at most 2048 bytes");
    if (std::string problem = text::url_problem(url, {"http", "https"}); !problem.empty())
        return std::unexpected(std::move(problem));
    return {};
}

Verified verify_run(const std::vector<std::string>& words) {
    if (words.empty() || words.front().empty()) return std::unexpected("names no program");
    const std::string& program = words.front();
    if (program.contains('/') && program.front() != '/')
        return std::unexpected(
            "expected an absolute path, or a bare name that is looked for in PATH");
    if (words.size() == 1 && program.contains(' '))
        return std::unexpected("expected a list of words, since no shell takes a line apart: [" +
                               program.substr(0, program.find(' ')) + ", ...]");
    for (const std::string& word : words)
        if (word.contains('\0')) return std::unexpected("a word holds a NUL");
    return {};
}

constexpr std::array on_failed_fields = {
    field<&OnFailed::run, verify_run>(
        "run", "The program and its arguments, one by one; no shell sees them.",
        {.required = true, .example = "[systemctl, restart, shop]"}),
    field<&OnFailed::at_most>("at_most", "The brake: how often it may run.",
                              {.required = true, .example = "3 per 1h"}),
    field<&OnFailed::timeout>("timeout", "When the program is killed, with all that it started.",
                              {.least = second, .most = 60 * minute}),
    field<&OnFailed::again_after>(
        "again_after", "How long after a run it may run again while the component is still failed.",
        {.least = second}),
};

constexpr std::array vantage_fields = {
    field<&Vantage::labels>(
        "labels",
        "The labels that a node must have, all of them; by default any node may check it.",
        {.example = "[edge]"}),
    field<&Vantage::count>("count",
                           "How many nodes check it. Of three or more the majority decides.",
                           {.unit = "nodes", .example = "3", .least = 1, .most = 9}),
};

constexpr std::array component_fields = {
    field<&ComponentKeys::check>("check", "The kind of check.",
                                 {.required = true, .example = "http"}),
    field<&ComponentKeys::interval>("interval", "How often it is checked; from 'defaults'.",
                                    {.example = "10s", .least = 10 * ms}),
    field<&ComponentKeys::timeout>("timeout", "How long one run may take in all; from 'defaults'.",
                                   {.example = "5s", .least = ms}),
    field<&ComponentKeys::failures>(
        "failures", "How many failing runs in a row turn it failed; from 'defaults'.",
        {.unit = "runs", .example = "3", .least = 1, .most = 1000}),
    field<&ComponentKeys::successes>(
        "successes", "How many passing runs in a row bring it back; from 'defaults'.",
        {.unit = "runs", .example = "2", .least = 1, .most = 1000}),
    field<&ComponentKeys::retry_interval>(
        "retry_interval",
        "How often it is checked, on a new connection, while 'failures' or 'successes' delay a "
        "change; from 'defaults', else a fifth of the interval, at least 1s.",
        {.example = "2s", .least = 10 * ms}),
    field<&ComponentKeys::down_interval>(
        "down_interval",
        "How often it is checked while it is failed; from 'defaults', else the interval.",
        {.example = "1m", .least = 10 * ms}),
    field<&ComponentKeys::critical>("critical", "Whether its failure makes the whole fail."),
    field<&ComponentKeys::valid_for>(
        "valid_for",
        "How long a result counts before it is stale; by default 2 x interval + timeout, of a "
        "failed component 2 x down_interval + timeout.",
        {.example = "1m", .least = ms}),
    field<&ComponentKeys::depends_on>("depends_on",
                                      "Components whose failure explains a failure of this one.",
                                      {.refers = "components", .example = "[disk]"}),
    field<&ComponentKeys::tags>("tags", "Words that select components: `tag:storage`.",
                                {.example = "[storage]"}),
    field<&ComponentKeys::slow_above>("slow_above", "A run that takes longer is degraded.",
                                      {.example = "500ms", .least = ms}),
    field<&ComponentKeys::probes>(
        "probes",
        "Kubernetes probes beside readiness that it is part of: `live` or `startup`. All "
        "components that are not pushed are part of `startup`.",
        {.choices = "live|startup", .example = "[live]"}),
    field<&ComponentKeys::runbook, verify_runbook>(
        "runbook", "The URL of instructions for when this is not ok; the page links to it.",
        {.example = "https://wiki.example/redis"}),
    field<&ComponentKeys::on_failed>("on_failed",
                                     "A program that runs once when the component has failed. It "
                                     "does not run while another component is the cause, or while "
                                     "the component is silenced, in maintenance or acknowledged.",
                                     {.members = on_failed_fields}),
    field<&ComponentKeys::vantage>("vantage",
                                   "Some nodes of the fleet check it instead of each node, and all "
                                   "nodes show what these found.",
                                   {.members = vantage_fields}),
};

constexpr std::array public_fields = {
    field<&Config::Public::name>("name",
                                 "The name of the service for customers; by default its name.",
                                 {.example = "Acme Online Shop"}),
    field<&Config::Public::components>(
        "components",
        "The services that are shown, by the names that customers know. The value selects their "
        "components, by patterns separated by `, `. The page shows no component's own name, host, "
        "error or response time.",
        {.example = "{Checkout: \"checkout/*\", Payments: \"payments/*, !payments/vault\"}"}),
};

constexpr std::array page_fields = {
    field<&Config::Page::time_zone>("time_zone",
                                    "The time zone of the page if the browser runs no scripts; "
                                    "with scripts it is that of the reader.",
                                    {.example = "Europe/Berlin"}),
};

constexpr std::array workers_fields = {
    field<&WorkersConfig::source>("source", "Where heartbeats come from.",
                                  {.choices = "push|celery"}),
    field<&WorkersConfig::timeout>(
        "timeout", "A worker that is silent for longer no longer counts as alive.", {.least = ms}),
    field<&WorkersConfig::remember>(
        "remember",
        "How long a worker that fell silent or left is reported as missing by its name.",
        {.least = ms}),
    field<&WorkersConfig::expect>("expect",
                                  "How many workers there must be, by the beginning of their "
                                  "names; `*` stands for workers that no other rule names.",
                                  {.example = "{scheduler: \"1\", worker: \">=1\"}"}),
    field<&WorkersConfig::probes>("probes",
                                  "Kubernetes probes beside readiness that the group is part of.",
                                  {.choices = "live|startup", .example = "[startup]"}),
    field<&WorkersConfig::fleet>("fleet",
                                 "Whether the group spans the fleet: a heartbeat that one node "
                                 "receives counts on all nodes."),
};

Verified target_problem(const Percentage& target) {
    if (target.value > 0 && target.value < 100) return {};
    return std::unexpected("must be more than 0% and less than 100%: 100% leaves no budget");
}

constexpr std::array objective_fields = {
    field<&ObjectiveConfig::components>(
        "components",
        "The components, by selectors. Together they are down while any critical one is down.",
        {.required = true, .refers = "components", .example = "\"shop/*\""}),
    field<&ObjectiveConfig::target, target_problem>(
        "target", "How much of the time they must be up.", {.required = true, .example = "99.9%"}),
    field<&ObjectiveConfig::window>("window", "The time over which this is measured, up to now.",
                                    {.least = 60 * minute, .most = 400 * 24 * 60 * minute}),
    field<&ObjectiveConfig::degraded_counts>("degraded_counts",
                                             "What the time counts as in which they are degraded.",
                                             {.choices = "up|down"}),
    field<&ObjectiveConfig::unknown_counts>(
        "unknown_counts", "What the time counts as in which their status is not known.",
        {.choices = "ignored|down"}),
};

constexpr std::array endpoint_fields = {
    field<&EndpointKeys::dialect>("dialect", "The format of the answers.",
                                  {.required = true, .example = "healthz"}),
    field<&EndpointKeys::path>(
        "path", "The path at which it is served; by default the usual path of the dialect.",
        {.example = "/healthz/"}),
    field<&EndpointKeys::address>("address",
                                  "Host and port, or unix:PATH, of the endpoint's own listener; "
                                  "only for a dialect that is not HTTP.",
                                  {.example = "127.0.0.1:9998"}),
    field<&EndpointKeys::tls>("tls", "Speak TLS there, with these files.", {.members = tls_fields}),
    field<&EndpointKeys::enabled>("enabled", "Whether it is served; if not, it answers 404."),
    field<&EndpointKeys::components>(
        "components", "The components to show, by selectors.",
        {.refers = "components", .example = "[\"databases/*\", \"!databases/test\"]"}),
    field<&EndpointKeys::listeners>("listeners",
                                    "The listeners on which it is served; by default all.",
                                    {.refers = "listener", .example = "[\"127.0.0.1:8080\"]"}),
    field<&EndpointKeys::tokens>("tokens", "The tokens; a client must show one of them.",
                                 {.refers = "token", .example = "[operator]"}),
    field<&EndpointKeys::disclose>("disclose",
                                   "How much the answer to a request without a token shows.",
                                   {.choices = "status|detail|full"}),
    field<&EndpointKeys::failed_code>("failed_code", "The HTTP code of a failing answer.",
                                      {.least = 200, .most = 599}),
    field<&EndpointKeys::degraded_code>("degraded_code", "The HTTP code of a degraded answer.",
                                        {.least = 200, .most = 599}),
};

Verified public_url_problem(const text::Url& url) {
    if (auto problem = text::url_problem(url.text, {"https", "http"}); !problem.empty())
        return std::unexpected(problem);
    if (!url.user.empty() || !url.password.empty() || !url.query.empty())
        return std::unexpected("expected https://host, as people reach this vitals");
    if (url.host == "localhost" || url.host == "::1" || url.host.starts_with("127."))
        return std::unexpected("leads every reader to their own machine");
    return {};
}

Verified watchdog_url_problem(const Secret& url) {
    if (!url.available()) return {};
    return verified(text::url_problem(url.reveal(), {"https", "http"}));
}

Verified peer_url_problem(const text::Url& url) {
    if (auto problem = text::url_problem(url.text, {"https", "http"}); !problem.empty())
        return std::unexpected(problem);
    if (!url.user.empty() || !url.password.empty() || !url.query.empty() || url.path.size() > 1)
        return std::unexpected("expected https://host:port, where the other vitals listens");
    return {};
}

constexpr std::array peer_fields = {
    field<&Peer::url, peer_url_problem>("url", "The URL at which the other vitals listens.",
                                        {.required = true, .example = "https://other:8443"}),
    field<&Peer::token>("token", "A token of the other vitals with the right `control`.",
                        {.required = true, .example = "{file: /run/secrets/peer}"}),
    field<&Peer::rank>("rank", "The rank of this vitals: 1 alerts, 2 stands by.",
                       {.required = true, .example = "1", .least = 1, .most = 2}),
    field<&Peer::ca>("ca", "PEM file of the certificate authorities; it replaces the system's.",
                     {.example = "/etc/vitals/ca.pem"}),
    field<&Peer::wait>("wait",
                       "How long rank 2 leaves a message to rank 1, and how long a peer may be "
                       "silent before it counts as away.",
                       {.least = second, .most = 60 * second}),
};

Verified node_name_problem(const std::string& name) {
    const bool good = name_problem("nodes/" + name).empty() && name.size() <= longest_fleet_word;
    return verified(good ? "" : "must have 1 to 64 bytes that can be printed, and no '/'");
}

Verified servers_problem(const std::vector<std::string>& servers) {
    for (const std::string& server : servers) {
        const text::Url url(server);
        if (const auto problem = text::url_problem(server, {"nats"}); !problem.empty())
            return std::unexpected(problem);
        if (!url.user.empty() || !url.password.empty() || !url.query.empty() || url.path.size() > 1)
            return std::unexpected(
                "expected nats://host:4222; the identity of the node stands in 'nkey' or 'creds'");
    }
    return {};
}

Verified fleet_labels_problem(const std::vector<std::string>& labels) {
    if (labels.size() > 16) return std::unexpected("has more than 16 labels");
    for (const std::string& label : labels)
        if (label.empty() || label.size() > longest_fleet_word)
            return std::unexpected("holds a label that is empty or longer than 64 bytes");
    return {};
}

constexpr std::array fleet_tls_fields = {
    field<&Fleet::Tls::ca>("ca", "PEM file of the authorities that sign the servers' certificates.",
                           {.required = true, .example = "/etc/vitals/fleet-ca.pem"}),
    field<&Fleet::Tls::name>(
        "name",
        "The name that the certificate of every server must hold, independent of its address.",
        {.required = true, .example = "nats.example.org"}),
    field<&Fleet::Tls::certificate>(
        "certificate", "This node's certificate, a PEM file, if the servers ask for one.",
        {.example = "/etc/vitals/node.crt"}),
    field<&Fleet::Tls::key>("key", "Its private key, a PEM file.",
                            {.example = "/etc/vitals/node.key"}),
};

constexpr std::array fleet_fields = {
    field<&Fleet::name, node_name_problem>("name", "The name of the fleet, the same on all nodes.",
                                           {.required = true, .example = "shop"}),
    field<&Fleet::servers, servers_problem>(
        "servers", "The NATS servers; any one of them is enough.",
        {.required = true, .example = "[\"nats://10.0.0.1:4222\", \"nats://10.0.0.2:4222\"]"}),
    field<&Fleet::tls>("tls", "Speak TLS with them.", {.members = fleet_tls_fields}),
    field<&Fleet::nkey>("nkey",
                        "The file with the seed (SU...) of the key with which this node logs in.",
                        {.example = "/etc/vitals/node.nk"}),
    field<&Fleet::creds>("creds", "Instead of `nkey`: a credentials file, with a JWT and its seed.",
                         {.example = "/etc/vitals/node.creds"}),
    field<&Fleet::node, node_name_problem>(
        "node", "The name of this node, unique in the fleet; by default the name of its host.",
        {.example = "web-1"}),
    field<&Fleet::labels, fleet_labels_problem>(
        "labels", "Labels by which 'vantage' selects nodes.", {.example = "[edge, eu]"}),
    field<&Fleet::interval>("interval",
                            "How often this node sends a heartbeat. A node counts as silent after "
                            "three of its own intervals.",
                            {.least = 500 * ms, .most = 60 * second}),
    field<&Fleet::listen>(
        "listen",
        "Whether it hears the others. One that does not still tells that it lives, "
        "its workers and what is pushed to it, and is drained with its service. "
        "A fleet has at most 1,000 nodes that listen, and 10,000 in all."),
};

constexpr Field a_list(Field field) {
    field.type_name = "list of mappings";
    return field;
}

constexpr std::array hours_fields = {
    field<&HoursKeys::zone>("zone", "The time zone of the hours.", {.example = "Europe/Berlin"}),
    field<&HoursKeys::days>("days", "The days on which they begin; by default all.",
                            {.example = "mon-fri"}),
    field<&HoursKeys::from>("from", "When they begin, a time of day.",
                            {.required = true, .example = "\"07:00\""}),
    field<&HoursKeys::to>("to", "When they end; a time that is not later belongs to the next day.",
                          {.required = true, .example = "\"20:00\""}),
};

constexpr std::array fallback_fields = {
    field<&FallbackKeys::to>("to", "The receiver that is told instead.",
                             {.required = true, .refers = "receiver", .example = "chat"}),
    field<&FallbackKeys::after>("after",
                                "How long a message may be on its way until it goes there; one "
                                "that is refused for good goes there at once.",
                                {.least = second}),
};

constexpr std::array receiver_keys = {
    field<&ReceiverKeys::hours>("hours", "The hours in which it is told.",
                                {.members = hours_fields}),
    field<&ReceiverKeys::fallback>("fallback",
                                   "The receiver that is told when this one cannot be reached.",
                                   {.members = fallback_fields}),
    field<&ReceiverKeys::disclose>("disclose",
                                   "How much it is told: names and states, also the words of "
                                   "vitals, or also those of the other side.",
                                   {.choices = "status|detail|full"}),
    field<&ReceiverKeys::at_most>("at_most",
                                  "How many messages may be sent. A message above that waits, and "
                                  "then says what is true at that time.",
                                  {.example = "30 per 1h"}),
};

constexpr std::array step_keys = {
    field<&StepKeys::after>("after", "How long after the first possible message of the incident.",
                            {.example = "5m", .least = 0}),
    field<&StepKeys::to>("to", "The receivers that are told then.",
                         {.required = true, .refers = "receiver", .example = "[mail]"}),
};

constexpr std::array rule_keys = {
    field<&RuleKeys::match>(
        "match", "The components of this rule, by selectors.",
        {.required = true, .refers = "components", .example = "[\"db/*\", \"tag:payments\"]"}),
    field<&RuleKeys::critical>("critical", "Only critical components, or only the others."),
    field<&RuleKeys::from>("from", "The least severe status that is told.",
                           {.choices = "degraded|unknown|failed"}),
    field<&RuleKeys::to>("to", "The receivers that are told at once.",
                         {.refers = "receiver", .example = "[chat, mail]"}),
    a_list(field<&RuleKeys::steps>("steps",
                                   "A ladder, instead of `to`: which receivers are told at once, "
                                   "and which when the incident lasts.",
                                   {.example = "[{to: chat}, {after: 15m, to: pager}]"})),
    field<&RuleKeys::remind>("remind", "How long after its last message a receiver is reminded.",
                             {.example = "4h", .least = minute}),
};

constexpr std::array silence_keys = {
    field<&SilenceKeys::match>("match", "The components that are muted, by selectors.",
                               {.required = true, .refers = "components"}),
    field<&SilenceKeys::from>("from", "When it begins; by default at once.",
                              {.example = "2026-12-01T08:00:00+01:00"}),
    field<&SilenceKeys::until>("until", "When it ends.",
                               {.required = true, .example = "2026-12-03T08:00:00+01:00"}),
    field<&SilenceKeys::reason>("reason", "Why.", {.required = true}),
};

constexpr std::array flapping_fields = {
    field<&Alerts::Flapping::changes>(
        "changes", "How many changes between bad and not bad, in the time `within`, are flapping.",
        {.unit = "changes", .least = 3, .most = 100}),
    field<&Alerts::Flapping::within>("within", "The time in which these changes are counted.",
                                     {.least = second}),
    field<&Alerts::Flapping::quiet>("quiet", "Flapping ends after this time without a change.",
                                    {.least = second}),
};

constexpr std::array storm_fields = {
    field<&Alerts::Storm::count>("count", "How many incidents that begin together are told as one.",
                                 {.unit = "incidents", .least = 2, .most = 1000}),
    field<&Alerts::Storm::within>("within", "How long further incidents join that one.",
                                  {.least = second}),
};

constexpr std::array watchdog_fields = {
    field<&Watchdog::url, watchdog_url_problem>(
        "url",
        "The URL that vitals requests. A service that watches it tells you when the requests stop.",
        {.required = true, .example = "https://hc-ping.com/UUID"}),
    field<&Watchdog::every>("every", "How often.", {.least = second}),
};

constexpr std::array alerts_fields = {
    field<&AlertsKeys::url, public_url_problem>(
        "url",
        "The URL at which people reach this vitals; without it, messages hold no links to it.",
        {.example = "https://status.example.org"}),
    field<&AlertsKeys::receivers>(
        "receivers", "The receivers that can be told: a name, a kind of receiver and its options.",
        {.example = "{mail: {email: {to: ops@example.org}}}"}),
    a_list(field<&AlertsKeys::rules>(
        "rules",
        "Which receivers are told of which components; the first rule that matches a component "
        "counts. Without rules, all receivers are told of every critical component.",
        {.example = "[{match: \"*\", to: mail}]"})),
    field<&AlertsKeys::wait>("wait",
                             "How long after the first bad verdict vitals waits with messages, so "
                             "that the cause is known.",
                             {.least = 0, .most = 60 * minute}),
    field<&AlertsKeys::hold>("hold", "How long a recovery must last before it is told.",
                             {.least = 0, .most = 60 * minute}),
    field<&AlertsKeys::flapping>("flapping",
                                 "When a component that changes again and again is told once.",
                                 {.members = flapping_fields}),
    field<&AlertsKeys::storm>("storm", "When many incidents are told as one.",
                              {.members = storm_fields}),
    a_list(
        field<&AlertsKeys::silences>("silences", "Which components are muted until when, and why.",
                                     {.example = "[{match: cache/b, until: "
                                                 "2026-12-03T08:00:00+01:00, reason: replaced}]"})),
    field<&AlertsKeys::watchdog>("watchdog",
                                 "A URL that vitals requests only while vitals itself is well.",
                                 {.members = watchdog_fields}),
};

constexpr std::array maintenance_fields = {
    field<&MaintenanceKeys::match>("match", "The components of this maintenance, by selectors.",
                                   {.required = true, .refers = "components"}),
    field<&MaintenanceKeys::from>("from", "When it begins: an instant, or a time of day.",
                                  {.required = true, .example = "\"02:00\""}),
    field<&MaintenanceKeys::to>("to", "When it ends each time, a time of day.",
                                {.example = "\"04:00\""}),
    field<&MaintenanceKeys::until>("until", "When it ends, an instant.",
                                   {.example = "2026-12-25T02:00:00+01:00"}),
    field<&MaintenanceKeys::days>("days", "The days of a weekly one; by default all.",
                                  {.example = "sun"}),
    field<&MaintenanceKeys::zone>("zone", "The time zone of the times of day.",
                                  {.example = "Europe/Berlin"}),
    field<&MaintenanceKeys::reason>("reason", "What is done.", {.required = true}),
};

}  // namespace

std::span<const Field> receiver_fields() {
    return receiver_keys;
}
std::vector<Description> parts_of_alerts() {
    return {describe<ReceiverKeys>("receivers",
                                   "A receiver has its kind, and these keys:", receiver_keys),
            describe<RuleKeys>("rules", "A rule:", rule_keys),
            describe<StepKeys>("steps", "A step of a ladder:", step_keys),
            describe<SilenceKeys>("silences", "A silence:", silence_keys)};
}

std::span<const Field> rule_fields() {
    return rule_keys;
}
std::span<const Field> step_fields() {
    return step_keys;
}
std::span<const Field> silence_fields() {
    return silence_keys;
}

std::span<const Section> all_sections() {
    static const std::array sections = {
        Section{describe<Service>("service", "What vitals reports about the service itself.",
                                  service_fields),
                Shape::mapping},
        Section{describe<FileKeys>(
                    "include",
                    "Further files that are read after this one, in the order of their names. They "
                    "may hold components, endpoints, workers, objectives, tokens, maintenance, and "
                    "the receivers, rules and silences of alerts. They cannot include other files.",
                    include_fields),
                Shape::value},
        Section{describe<FileKeys>("state_dir", "Where vitals keeps what survives a restart.",
                                   file_fields),
                Shape::value},
        Section{
            describe<ListenerKeys>(
                "listeners", "The addresses on which vitals listens; by default 127.0.0.1:8080.",
                listener_fields),
            Shape::list},
        Section{describe<DefaultsKeys>("defaults", "What components inherit.", defaults_fields),
                Shape::mapping},
        Section{describe<Config::Vault>("vault", "The vault for secrets of the form {vault: ...}.",
                                        vault_fields),
                Shape::mapping},
        Section{
            describe<Config::History>("history", "What is kept of past results.", history_fields),
            Shape::mapping},
        Section{describe<Config::Drain>("drain", "How the process ends.", drain_fields),
                Shape::mapping},
        Section{describe<Config::Limits>("limits", "Limits of requests and connections.",
                                         limits_fields),
                Shape::mapping},
        Section{
            describe<Config::Threads>("server", "The threads that answer requests.", server_fields),
            Shape::mapping},
        Section{describe<Config::Threads>("engine", "The threads that run checks.", engine_fields),
                Shape::mapping},
        Section{describe<Config::Public>("public",
                                         "What the page /public shows to the users of the service.",
                                         public_fields),
                Shape::mapping},
        Section{describe<Config::Page>("page", "Settings of all pages for people.", page_fields),
                Shape::mapping},
        Section{describe<Config::Logging>("log", "The log on standard error.", log_fields),
                Shape::mapping},
        Section{describe<TokenKeys>("tokens", "The tokens for /v1 and for endpoints that need one.",
                                    token_fields),
                Shape::named, may_be_included},
        Section{describe<ComponentKeys>(
                    "components",
                    "The components that are checked. Each has these keys and those of its kind.",
                    component_fields),
                Shape::named, may_be_included},
        Section{describe<WorkersConfig>("workers", "Groups of processes that send heartbeats.",
                                        workers_fields),
                Shape::named, may_be_included},
        Section{
            describe<ObjectiveConfig>(
                "objectives",
                "How much of the time components must be up. Each objective is itself a component, "
                "objectives/NAME, which is degraded or failed while its budget burns too fast.",
                objective_fields),
            Shape::named, may_be_included},
        Section{
            describe<EndpointKeys>(
                "endpoints",
                "What is served at which path. Each endpoint has these keys and those of its "
                "dialect. Every dialect that needs no mapping is served at its usual path; an "
                "entry adds an endpoint, or replaces that of its dialect and path. `endpoints: "
                "{only: [...]}` is the exact list. `vitals validate` prints what is served where.",
                endpoint_fields),
            Shape::entries, may_be_included},
        Section{describe<AlertsKeys>("alerts",
                                     "Which receivers are told of an incident, and when. An "
                                     "included file may add receivers, rules and silences.",
                                     alerts_fields),
                Shape::mapping, may_be_included},
        Section{
            describe<Peer>(
                "peer",
                "Another vitals with the same components and receivers: both check, one alerts.",
                peer_fields),
            Shape::mapping},
        Section{
            describe<Fleet>("fleet", "Many vitals that share what they know through NATS servers.",
                            fleet_fields),
            Shape::mapping},
        Section{describe<Otlp>("otlp",
                               "Sends metrics, and changes of status as log records, to an "
                               "OpenTelemetry collector (OTLP over HTTP, protobuf).",
                               otlp_fields),
                Shape::mapping},
        Section{
            describe<MaintenanceKeys>(
                "maintenance",
                "When maintenance is planned: nobody is told, and the time counts in no objective.",
                maintenance_fields),
            Shape::list, may_be_included},
    };
    return sections;
}

const Section& section(std::string_view name) {
    const auto sections = all_sections();
    return *std::find_if(sections.begin(), sections.end(), [name](const Section& candidate) {
        return candidate.description.name == name;
    });
}

std::vector<Description> sections() {
    std::vector<Description> descriptions;
    for (const Section& each : all_sections()) descriptions.push_back(each.description);
    return descriptions;
}

std::span<const Field> common_component_fields() {
    return component_fields;
}
std::span<const Field> common_endpoint_fields() {
    return endpoint_fields;
}

}  // namespace vitals::config
