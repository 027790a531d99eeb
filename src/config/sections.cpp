// The tables of the file's own sections.
#include "config/sections.hpp"

#include <algorithm>
#include <array>

#include "text/url.hpp"

namespace vitals::config {

namespace {

constexpr bool may_be_included = true;

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

constexpr std::array include_fields = {
    field<&FileKeys::include>(
        "include",
        "Names of files or patterns, as seen from the folder of this file. A pattern may match "
        "none.",
        {.example = "conf.d/*.yaml"}),
};

constexpr std::array file_fields = {
    field<&FileKeys::state_dir>(
        "state_dir",
        "Where history, drain state and heartbeats are kept; by default $STATE_DIRECTORY, else "
        "./vitals-state.",
        {.example = "/var/lib/vitals"}),
};

constexpr std::array service_fields = {
    field<&Service::name>("name", "What the dialects call the service; public.",
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

constexpr std::array listener_fields = {
    field<&ListenerKeys::address>("address", "Host and port, or unix:PATH.",
                                  {.required = true, .example = "127.0.0.1:8080"}),
    field<&ListenerKeys::tls>("tls", "Speak TLS, with these files.", {.members = tls_fields}),
    field<&ListenerKeys::control>("control", "Serve /v1/* without a token to whoever can connect."),
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
    field<&DefaultsKeys::retry_interval>("retry_interval",
                                         "How often it is checked while 'failures' or 'successes' "
                                         "hold a change back; a fifth of the interval, at least "
                                         "1s.",
                                         {.example = "2s", .least = 10 * ms}),
    field<&DefaultsKeys::down_interval>("down_interval",
                                        "How often it is checked while it is failed; by default "
                                        "every interval.",
                                        {.example = "1m", .least = 10 * ms}),
    field<&DefaultsKeys::kinds>("kinds", "Keys for all components of a kind: any that they take.",
                                {.example = "{http: {timeout: 2s}}"}),
    field<&DefaultsKeys::groups>("groups",
                                 "Keys for all components of a group, the part of their names "
                                 "before the '/': any that they take, 'check' too.",
                                 {.example = "{databases: {check: postgres, user: app}}"}),
};

constexpr std::array vault_fields = {
    field<&Config::Vault::url, vault_url_problem>(
        "url", "Where Vault or OpenBao is.", {.required = true, .example = "https://vault:8200"}),
    field<&Config::Vault::token>("token",
                                 "The token that may read the secrets; a file that Vault's agent "
                                 "writes is read again like any other.",
                                 {.required = true, .example = "{file: /run/secrets/vault}"}),
    field<&Config::Vault::name_space>("namespace", "The namespace of the token and the secrets.",
                                      {.example = "shop"}),
    field<&Config::Vault::ca>("ca", "PEM file of the authorities to trust instead of the system's.",
                              {.example = "/etc/vitals/ca.pem"}),
    field<&Config::Vault::interval>("interval", "How often the secrets are read again.",
                                    {.least = 100 * ms, .most = 10 * second}),
    field<&Config::Vault::timeout>("timeout", "How long reading one secret may take.",
                                   {.least = ms, .most = minute}),
};

constexpr std::array history_fields = {
    field<&Config::History::keep>(
        "keep",
        "How long states and daily response times are kept; finer ones as docs/operating.md "
        "says.",
        {.least = minute}),
    field<&Config::History::size>("size",
                                  "How large the store may grow; the finest and oldest goes first.",
                                  {.least = mebibyte}),
    field<&Config::History::raw>("raw", "How long single runs are kept.",
                                 {.least = 10 * minute, .most = 48 * 60 * minute}),
};

constexpr std::array drain_fields = {
    field<&Config::Drain::delay>(
        "delay", "After SIGTERM: how long to answer 'not ready' before connections are closed.",
        {.least = 0}),
    field<&Config::Drain::timeout>("timeout", "After SIGTERM: the process ends by then.",
                                   {.least = 0}),
};

constexpr std::array limits_fields = {
    field<&Config::Limits::headers>(
        "headers", "How large a request line and its headers may be together; beyond it 431.",
        {.least = kibibyte, .most = mebibyte}),
    field<&Config::Limits::body>("body", "How large a request's body may be; beyond it 413.",
                                 {.least = kibibyte, .most = 64 * mebibyte}),
    field<&Config::Limits::connections>(
        "connections",
        "How many connections are held; beyond it the one that waited longest is closed. Their "
        "memory is bounded with it: 4 KiB of each, and some of the largest requests.",
        {.unit = "connections", .least = 10, .most = 1'000'000}),
    field<&Config::Limits::streams>(
        "streams",
        "How many answers go on at once: open pages, and clients of /v1/events; beyond it 503. At "
        "most half of the connections, so that they push out nobody who asks for health.",
        {.unit = "streams", .least = 1, .most = 500'000}),
};

constexpr std::array log_fields = {
    field<&Config::Logging::level>("level", "The least severe messages that are logged.",
                                   {.choices = "debug|info|warning|error"}),
    field<&Config::Logging::format>("format", "One line of text or one JSON object each.",
                                    {.choices = "text|json"}),
};

constexpr std::array token_fields = {
    field<&TokenKeys::secret>("secret", "What is shown as 'Authorization: Bearer ...'.",
                              {.required = true}),
    field<&TokenKeys::overlap>(
        "overlap",
        "How long the former secret is still accepted when a file or a vault changes it.",
        {.least = 0, .most = 24 * 60 * minute}),
    field<&TokenKeys::allow>(
        "allow", "Rights under /v1; a token without any only opens endpoints that name it.",
        {.choices = "read|push|control"}),
};

// It becomes a link on the page, so no other scheme.
Verified verify_runbook(const std::string& url) {
    if (url.size() > 2048) return std::unexpected("must be at most 2048 bytes");
    if (std::string problem = text::url_problem(url, {"http", "https"}); !problem.empty())
        return std::unexpected(std::move(problem));
    return {};
}

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
        "How often it is checked, on a new connection, while 'failures' or 'successes' hold a "
        "change back; from 'defaults', else a fifth of the interval, at least 1s.",
        {.example = "2s", .least = 10 * ms}),
    field<&ComponentKeys::down_interval>(
        "down_interval",
        "How often it is checked while it is failed; from 'defaults', else every interval.",
        {.example = "1m", .least = 10 * ms}),
    field<&ComponentKeys::critical>("critical", "Whether its failure makes the whole fail."),
    field<&ComponentKeys::valid_for>(
        "valid_for",
        "How long a result counts before it is stale; by default 2 x interval + timeout, of a "
        "failed component 2 x down_interval + timeout.",
        {.example = "1m", .least = ms}),
    field<&ComponentKeys::depends_on>("depends_on", "Components whose failure explains this one's.",
                                      {.refers = "components", .example = "[disk]"}),
    field<&ComponentKeys::tags>("tags", "Words to choose components by: `tag:storage`.",
                                {.example = "[storage]"}),
    field<&ComponentKeys::slow_above>("slow_above", "A run that takes longer is degraded.",
                                      {.example = "500ms", .least = ms}),
    field<&ComponentKeys::probes>(
        "probes",
        "Kubernetes probes beside readiness that it is part of: `live`; `startup`, which all "
        "components are that are not pushed.",
        {.choices = "live|startup", .example = "[live]"}),
    field<&ComponentKeys::runbook, verify_runbook>(
        "runbook", "Where it says what to do when this is not ok: a link on the page.",
        {.example = "https://wiki.example/redis"}),
};

constexpr std::array public_fields = {
    field<&Config::Public::name>("name", "What customers call the service; its name if not set.",
                                 {.example = "Acme Online Shop"}),
    field<&Config::Public::components>(
        "components",
        "What is shown, by the name that customers know; the value says which components are "
        "meant, "
        "patterns separated by `, `. No component's own name, host, error or response time is "
        "shown.",
        {.example = "{Checkout: \"checkout/*\", Payments: \"payments/*, !payments/vault\"}"}),
};

constexpr std::array workers_fields = {
    field<&WorkersConfig::source>("source", "Where heartbeats come from.",
                                  {.choices = "push|celery"}),
    field<&WorkersConfig::timeout>(
        "timeout", "A worker that is silent for longer is no longer known.", {.least = ms}),
    field<&WorkersConfig::remember>(
        "remember", "How long a worker that fell silent or left is missed by name.", {.least = ms}),
    field<&WorkersConfig::expect>(
        "expect",
        "How many workers there must be, by the beginning of their names; `*` stands for those "
        "that no other rule names.",
        {.example = "{scheduler: \"1\", worker: \">=1\"}"}),
    field<&WorkersConfig::probes>("probes",
                                  "Kubernetes probes beside readiness that the group is part of.",
                                  {.choices = "live|startup", .example = "[startup]"}),
};

Verified target_problem(const Percentage& target) {
    if (target.value > 0 && target.value < 100) return {};
    return std::unexpected("must be more than 0% and less than 100%: 100% leaves no budget");
}

constexpr std::array objective_fields = {
    field<&ObjectiveConfig::components>(
        "components",
        "The components, by selectors. They are down together: while any that is critical is down.",
        {.required = true, .refers = "components", .example = "\"shop/*\""}),
    field<&ObjectiveConfig::target, target_problem>("target",
                                                    "How much of the time they are to be up.",
                                                    {.required = true, .example = "99.9%"}),
    field<&ObjectiveConfig::window>("window", "Over which time that is measured, up to now.",
                                    {.least = 60 * minute, .most = 400 * 24 * 60 * minute}),
    field<&ObjectiveConfig::degraded_counts>("degraded_counts",
                                             "What time counts as in which they "
                                             "are degraded.",
                                             {.choices = "up|down"}),
    field<&ObjectiveConfig::unknown_counts>(
        "unknown_counts", "What time counts as in which it is not known what they were.",
        {.choices = "ignored|down"}),
};

constexpr std::array endpoint_fields = {
    field<&EndpointKeys::dialect>("dialect", "The format of the answers.",
                                  {.required = true, .example = "healthz"}),
    field<&EndpointKeys::path>("path", "Where it is served; by default the dialect's usual path.",
                               {.example = "/healthz/"}),
    field<&EndpointKeys::enabled>("enabled", "Whether it is served at all; else 404."),
    field<&EndpointKeys::components>(
        "components", "The components to show, by selectors.",
        {.refers = "components", .example = "[\"databases/*\", \"!databases/test\"]"}),
    field<&EndpointKeys::listeners>("listeners", "The listeners it is served on; by default all.",
                                    {.refers = "listener", .example = "[\"127.0.0.1:8080\"]"}),
    field<&EndpointKeys::tokens>("tokens", "Tokens of which one must be shown.",
                                 {.refers = "token", .example = "[operator]"}),
    field<&EndpointKeys::disclose>("disclose", "How much a request without a token is told.",
                                   {.choices = "status|detail|full"}),
    field<&EndpointKeys::failed_code>("failed_code", "The HTTP code of a failing answer.",
                                      {.least = 200, .most = 599}),
    field<&EndpointKeys::degraded_code>("degraded_code", "The HTTP code of a degraded answer.",
                                        {.least = 200, .most = 599}),
};

}  // namespace

std::span<const Section> all_sections() {
    static const std::array sections = {
        Section{describe<Service>("service", "What is reported about the service itself.",
                                  service_fields),
                Shape::mapping},
        Section{describe<FileKeys>(
                    "include",
                    "Further files that are read after this one, in the order of their names. They "
                    "may hold components, endpoints, workers, objectives and tokens, but include "
                    "none themselves.",
                    include_fields),
                Shape::value},
        Section{describe<FileKeys>("state_dir", "Where vitals keeps what survives a restart.",
                                   file_fields),
                Shape::value},
        Section{describe<ListenerKeys>("listeners",
                                       "Where vitals listens; by default on 127.0.0.1:8080.",
                                       listener_fields),
                Shape::list},
        Section{describe<DefaultsKeys>("defaults", "What components inherit.", defaults_fields),
                Shape::mapping},
        Section{describe<Config::Vault>("vault", "Where secrets of the form {vault: ...} are.",
                                        vault_fields),
                Shape::mapping},
        Section{
            describe<Config::History>("history", "What is kept of past results.", history_fields),
            Shape::mapping},
        Section{describe<Config::Drain>("drain", "How the process ends.", drain_fields),
                Shape::mapping},
        Section{describe<Config::Limits>("limits", "What the listeners take from others.",
                                         limits_fields),
                Shape::mapping},
        Section{describe<Config::Public>(
                    "public", "What the page /public shows to those who use the service.",
                    public_fields),
                Shape::mapping},
        Section{describe<Config::Logging>("log", "What is logged on stderr.", log_fields),
                Shape::mapping},
        Section{describe<TokenKeys>("tokens", "Who may use /v1 and endpoints that ask for a token.",
                                    token_fields),
                Shape::named, may_be_included},
        Section{describe<ComponentKeys>("components",
                                        "What is checked: these keys and those of the kind.",
                                        component_fields),
                Shape::named, may_be_included},
        Section{describe<WorkersConfig>("workers", "Groups of processes that send heartbeats.",
                                        workers_fields),
                Shape::named, may_be_included},
        Section{describe<ObjectiveConfig>(
                    "objectives",
                    "How well components are to do. Each is itself a component, objectives/NAME: "
                    "degraded or failed while the budget that it leaves burns too fast.",
                    objective_fields),
                Shape::named, may_be_included},
        Section{describe<EndpointKeys>(
                    "endpoints",
                    "What is served where: these keys and those of the dialect. Every dialect that "
                    "needs no mapping is served on its usual path; an entry adds to these, or "
                    "replaces the one of its dialect and path. `endpoints: {only: [...]}` is the "
                    "exact list. `vitals validate` prints what is served where.",
                    endpoint_fields),
                Shape::entries, may_be_included},
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
