// The tables of the file's own sections.
#include "config/section_tables.hpp"

#include <algorithm>
#include <array>

#include "model/name.hpp"
#include "text/address_block.hpp"
#include "text/url.hpp"

namespace vitals::config {

namespace {

constexpr bool may_be_included = true;

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

}  // namespace

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
        Section{describe<DefaultsKeys>("defaults", "What components inherit.", defaults_table()),
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
                    common_component_fields()),
                Shape::named, may_be_included},
        Section{describe<WorkersConfig>("workers", "Groups of processes that send heartbeats.",
                                        workers_table()),
                Shape::named, may_be_included},
        Section{
            describe<ObjectiveConfig>(
                "objectives",
                "How much of the time components must be up. Each objective is itself a component, "
                "objectives/NAME, which is degraded or failed while its budget burns too fast.",
                objective_table()),
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
                                     alerts_table()),
                Shape::mapping, may_be_included},
        Section{
            describe<Peer>(
                "peer",
                "Another vitals with the same components and receivers: both check, one alerts.",
                peer_table()),
            Shape::mapping},
        Section{
            describe<Fleet>("fleet", "Many vitals that share what they know through NATS servers.",
                            fleet_table()),
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
                maintenance_table()),
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

std::span<const Field> common_endpoint_fields() {
    return endpoint_fields;
}

}  // namespace vitals::config
