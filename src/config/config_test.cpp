// What a valid file becomes.
#include "config/config_testing.hpp"

namespace vitals::config {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

TEST(Config, takes_every_section) {
    const Config config = good(R"(
service: {name: shop, version: 2.6.0}
state_dir: /var/lib/vitals
listeners:
  - address: 127.0.0.1:8080
  - address: "[::1]:0"
  - address: unix:/run/vitals/control.sock
    control: true
defaults: {interval: 20s, timeout: 3s, failures: 2, successes: 4}
history: {keep: 7d, size: 512MiB, raw: 24h}
drain: {delay: 1s, timeout: 10s}
limits: {headers: 16KiB, body: 1MiB, connections: 500}
log: {level: debug, format: json}
tokens:
  operator: {secret: xyzzy-plugh, allow: [read, control]}
components:
  web:
    check: http
    url: https://shop.example.org/
    interval: 5s
    valid_for: 1m
    slow_above: 500ms
    critical: no
    depends_on: disk
    tags: [a, b]
    probes: [live]
  disk: {check: disk, degraded_above: 80%}
workers:
  pulp: {expect: {scheduler: "1", worker: ">=1", pool: 0..3}}
endpoints:
  - dialect: healthz
    path: /health
    components: ["*", "!web"]
    listeners: ["127.0.0.1:8080"]
    tokens: [operator]
    disclose: full
    failed_code: 500
  - {dialect: metrics, enabled: false}
server: {threads: 2}
engine: {threads: 3}
)");
    EXPECT_EQ(config.file, "vitals.yaml");
    EXPECT_EQ(config.service.name, "shop");
    EXPECT_EQ(config.service.version, "2.6.0");
    EXPECT_EQ(config.state_dir, "/var/lib/vitals");

    ASSERT_EQ(config.listeners.size(), 3u);
    EXPECT_EQ(config.listeners[0].host, "127.0.0.1");
    EXPECT_EQ(config.listeners[0].port, 8080);
    EXPECT_EQ(config.listeners[1].host, "::1");
    EXPECT_EQ(config.listeners[1].port, 0);
    EXPECT_EQ(config.listeners[2].unix_path, "/run/vitals/control.sock");
    EXPECT_TRUE(config.listeners[2].control);

    EXPECT_EQ(config.history.keep, std::chrono::hours(168));
    EXPECT_EQ(config.history.size, Size{512u << 20});
    EXPECT_EQ(config.history.raw, std::chrono::hours(24));
    EXPECT_EQ(config.drain.delay, milliseconds(1000));
    EXPECT_EQ(config.drain.timeout, milliseconds(10'000));
    EXPECT_EQ(config.limits.headers, Size{16u << 10});
    EXPECT_EQ(config.limits.body, Size{1u << 20});
    EXPECT_EQ(config.limits.connections, 500);
    EXPECT_EQ(config.server.threads, 2);
    EXPECT_EQ(config.engine.threads, 3);
    EXPECT_EQ(config.log.level, "debug");
    EXPECT_EQ(config.log.format, "json");

    ASSERT_EQ(config.tokens.size(), 1u);
    EXPECT_TRUE(config.tokens[0].secret.equals("xyzzy-plugh"));
    EXPECT_TRUE(config.tokens[0].allow.read);
    EXPECT_FALSE(config.tokens[0].allow.push);
    EXPECT_TRUE(config.tokens[0].allow.control);

    ASSERT_EQ(config.components.size(), 2u);  // by name
    const ComponentConfig& disk = config.components[0];
    EXPECT_EQ(disk.component->name, "disk");
    EXPECT_EQ(disk.policy.interval, milliseconds(20'000));
    EXPECT_EQ(disk.policy.timeout, milliseconds(3'000));
    EXPECT_EQ(disk.policy.failures, 2u);
    EXPECT_EQ(disk.policy.successes, 4u);
    EXPECT_EQ(disk.component->interval, milliseconds(20'000));
    EXPECT_TRUE(disk.component->critical);
    EXPECT_EQ(options_of<sample::Disk>(config, 0).degraded_above, Percentage{80});
    EXPECT_EQ(options_of<sample::Disk>(config, 0).failed_above, Percentage{95});
    const ComponentConfig& web = config.components[1];
    EXPECT_EQ(web.kind, "http");
    EXPECT_EQ(web.component->kind, "http");
    EXPECT_EQ(web.policy.interval, milliseconds(5'000));
    EXPECT_EQ(web.policy.valid_for, milliseconds(60'000));
    EXPECT_EQ(web.policy.slow_above, milliseconds(500));
    EXPECT_FALSE(web.component->critical);
    EXPECT_THAT(web.component->depends_on, ElementsAre("disk"));
    EXPECT_THAT(web.component->tags, ElementsAre("a", "b"));
    EXPECT_THAT(web.component->probes, ElementsAre("live"));
    EXPECT_EQ(web.position, (Position{17, 3}));

    ASSERT_EQ(config.workers.size(), 1u);
    EXPECT_EQ(config.workers[0].source, "push");
    EXPECT_EQ(config.workers[0].timeout, milliseconds(24'000));
    EXPECT_THAT(config.workers[0].expect[1], testing::Pair("worker", ">=1"));

    ASSERT_GE(config.endpoints.size(), 2u);  // and the usual ones
    const EndpointConfig& healthz = config.endpoints[0];
    EXPECT_EQ(healthz.path, "/health");
    EXPECT_TRUE(healthz.enabled);
    EXPECT_TRUE(healthz.listed);
    EXPECT_TRUE(healthz.components.takes({.name = "disk"}));
    EXPECT_FALSE(healthz.components.takes({.name = "web"}));
    EXPECT_THAT(healthz.listeners, ElementsAre("127.0.0.1:8080"));
    EXPECT_THAT(healthz.tokens, ElementsAre("operator"));
    EXPECT_EQ(healthz.disclose, Disclosure::full);
    EXPECT_EQ(healthz.failed_code, 500);
    EXPECT_EQ(healthz.degraded_code, std::nullopt);
    EXPECT_EQ(config.endpoints[1].path, "/metrics");
    EXPECT_FALSE(config.endpoints[1].enabled);
    EXPECT_THAT(config.warnings, IsEmpty());
}

TEST(Config, fills_in_what_is_not_written) {
    const Config config = good("components:\n  disk: {check: disk}\n");
    EXPECT_EQ(config.service.name, "vitals");
    EXPECT_EQ(config.state_dir, "./vitals-state");
    ASSERT_EQ(config.listeners.size(), 1u);
    EXPECT_EQ(config.listeners[0].text, "127.0.0.1:8080");
    EXPECT_EQ(config.listeners[0].port, 8080);
    EXPECT_EQ(config.components[0].policy, Policy());
    EXPECT_EQ(config.drain.delay, milliseconds(5'000));
    EXPECT_EQ(config.limits.headers, Size{8u << 10});
    EXPECT_EQ(config.limits.body, Size{64u << 10});
    EXPECT_EQ(config.limits.connections, 10'000);
    EXPECT_EQ(config.server.threads, 1);
    EXPECT_EQ(config.engine.threads, 1);
    EXPECT_EQ(config.history.keep, std::chrono::hours(9'600));
    EXPECT_EQ(config.history.raw, std::chrono::hours(2));
    EXPECT_EQ(config.log.level, "info");
}

TEST(Config, reads_objectives) {
    const Config config = good(R"(
components: {shop/web: {check: disk}, shop/db: {check: disk}}
objectives:
  checkout: {components: "shop/*", target: 99.9%}
  strict:
    components: [shop/web, "!shop/db"]
    target: 95%
    window: 7d
    degraded_counts: down
    unknown_counts: down
)");
    ASSERT_EQ(config.objectives.size(), 2u);
    const ObjectiveConfig& usual = config.objectives[0];
    EXPECT_EQ(usual.name, "checkout");
    EXPECT_EQ(usual.components, std::vector<std::string>{"shop/*"});
    EXPECT_EQ(usual.target, Percentage{99.9});
    EXPECT_EQ(usual.window, std::chrono::hours(24 * 30));
    EXPECT_EQ(usual.degraded_counts, "up");
    EXPECT_EQ(usual.unknown_counts, "ignored");
    const ObjectiveConfig& strict = config.objectives[1];
    EXPECT_EQ(strict.components.size(), 2u);
    EXPECT_EQ(strict.window, std::chrono::hours(24 * 7));
    EXPECT_EQ(strict.degraded_counts, "down");
    EXPECT_EQ(strict.unknown_counts, "down");
    EXPECT_NE(usual.public_digest, strict.public_digest);
}

TEST(Config, takes_the_first_state_directory_of_systemd) {
    const std::string_view text = "components: {disk: {check: disk}}\n";
    EXPECT_EQ(good(text, {{"STATE_DIRECTORY", "/var/lib/vitals"}}).state_dir, "/var/lib/vitals");
    EXPECT_EQ(good(text, {{"STATE_DIRECTORY", "/var/lib/a:/var/lib/b"}}).state_dir, "/var/lib/a");
    EXPECT_EQ(good("state_dir: here\n", {{"STATE_DIRECTORY", "/var/lib/a"}}).state_dir, "here");
}

TEST(Config, converts_only_by_the_type_of_the_option) {
    const Config config = good(R"(
service: {name: no, version: 1.10}
components:
  0777:
    check: http
    url: 5
    critical: OFF
    expect_header: {Retry-After: 120, X-Ready: yes}
)");
    EXPECT_EQ(config.service.name, "no");
    EXPECT_EQ(config.service.version, "1.10");
    EXPECT_EQ(config.components[0].component->name, "0777");
    EXPECT_FALSE(config.components[0].component->critical);
    const auto& http = options_of<sample::Http>(config, 0);
    EXPECT_EQ(http.url, "5");
    EXPECT_THAT(http.expect_header,
                ElementsAre(testing::Pair("Retry-After", "120"), testing::Pair("X-Ready", "yes")));
}

TEST(Config, replaces_variables_in_values_after_parsing) {
    const Variables variables = {{"HOST", "shop.example.org"},
                                 {"EMPTY", ""},
                                 {"SECONDS", "7s"},

                                 {"YAML", "a, b: c #"}};
    const Config config = good(R"(
service: {name: "${YAML}", version: "${EMPTY:-none}-$${x"}
components:
  web:
    check: http
    url: http://${HOST}:80/$x$$y$${HOST}
    timeout: ${SECONDS}
    interval: "${UNSET:-15s}"
)",
                               variables);
    EXPECT_EQ(config.service.name, "a, b: c #");
    EXPECT_EQ(config.service.version, "none-${x");
    const auto& http = options_of<sample::Http>(config, 0);
    EXPECT_EQ(http.url, "http://shop.example.org:80/$x$$y${HOST}");
    EXPECT_EQ(config.components[0].policy.timeout, milliseconds(7'000));
    EXPECT_EQ(config.components[0].policy.interval, milliseconds(15'000));
}

TEST(Config, a_variable_adds_no_structure) {
    const Variables variables = {{"X", "{check: disk}"}, {"NULL", "null"}};
    EXPECT_EQ(problems("components:\n  a: ${X}\n", variables),
              "vitals.yaml:2:6: component 'a' must be a mapping with 'check' and what it needs, "
              "found a text\n");
    EXPECT_EQ(good("service: {name: \"${NULL}\"}", variables).service.name, "null");
}

TEST(Config, reads_every_form_of_secret) {
    const Config config = good(R"(
components:
  web:
    check: http
    url: http://127.0.0.1/
    password: {env: PASSWORD}
    headers:
      Authorization: {env: PASSWORD}
      Accept: text/plain
)",
                               {{"PASSWORD", "open\nsesame"}});
    const auto& http = options_of<sample::Http>(config, 0);
    EXPECT_TRUE(http.password.equals("open\nsesame"));
    ASSERT_EQ(http.headers.size(), 2u);
    EXPECT_EQ(http.headers[0].first, "Authorization");
    EXPECT_TRUE(http.headers[0].second.equals("open\nsesame"));
    EXPECT_TRUE(http.headers[1].second.equals("text/plain"));
}

TEST(Config, checks_a_file_without_its_secrets) {
    constexpr std::string_view text = R"(
listeners:
  - address: 127.0.0.1:8443
    tls: {certificate: /nonexistent/crt, key: /nonexistent/key}
tokens: {a: {secret: {file: /nonexistent/a}}, b: {secret: {env: UNSET}}, c: {secret: plain}}
)";
    Options options = with({});
    options.secrets = false;
    const auto config = parse(text, "vitals.yaml", sample::catalog(), options);
    ASSERT_TRUE(config) << text_of(config.error());
    for (const Token& token : config->tokens) {
        EXPECT_TRUE(token.secret.configured());
        EXPECT_FALSE(token.secret.available());
    }
    // The form is still checked.
    const auto bad =
        parse("tokens: {a: {secret: {fil: /x}}}", "vitals.yaml", sample::catalog(), options);
    ASSERT_FALSE(bad);
    EXPECT_EQ(text_of(bad.error()),
              "vitals.yaml:1:23: unknown source 'fil' of the secret 'secret', did you mean "
              "'file'?\n");
}

TEST(Config, two_tokens_may_have_the_same_secret) {
    EXPECT_EQ(good("tokens: {a: {secret: x}, b: {secret: x}}").tokens.size(), 2u);
}

std::vector<std::string> enabled_paths(const Config& config) {
    std::vector<std::string> paths;
    for (const EndpointConfig& endpoint : config.endpoints)
        if (endpoint.enabled) paths.push_back(endpoint.path);
    return paths;
}

TEST(Endpoints, without_a_section_all_that_need_no_mapping_are_on_their_usual_paths) {
    const Config config = good("components: {disk: {check: disk}}");
    EXPECT_THAT(enabled_paths(config),
                ElementsAre("/svc_status", "/probe_status", "/", "/health", "/metrics", "/"));
    for (const EndpointConfig& endpoint : config.endpoints) {
        EXPECT_FALSE(endpoint.listed);
        EXPECT_TRUE(endpoint.options);
    }
    EXPECT_THAT(enabled_paths(good("endpoints: []")), SizeIs(6));
}

using Served = std::vector<std::pair<std::string, std::string>>;

Served served(const Config& config) {
    Served places;
    for (const EndpointConfig& endpoint : config.endpoints)
        if (endpoint.enabled) places.emplace_back(endpoint.dialect, endpoint.path);
    return places;
}

TEST(Endpoints, an_entry_is_added_to_the_usual_ones) {
    EXPECT_EQ(served(good("endpoints: [{dialect: metrics, path: /m}]")),
              (Served{{"metrics", "/m"},
                      {"svc_status", "/svc_status"},
                      {"probe_status", "/probe_status"},
                      {"kubernetes", "/"},
                      {"health_json", "/health"},
                      {"metrics", "/metrics"},
                      {"page", "/"}}));
}

TEST(Endpoints, an_entry_replaces_the_usual_one_of_its_dialect_and_path) {
    const Config config = good(R"(
tokens: {operator: {secret: abc}}
endpoints:
  - {dialect: metrics, tokens: [operator]}
  - {dialect: page, enabled: false}
)");
    EXPECT_EQ(served(config), (Served{{"metrics", "/metrics"},
                                      {"svc_status", "/svc_status"},
                                      {"probe_status", "/probe_status"},
                                      {"kubernetes", "/"},
                                      {"health_json", "/health"}}));
    EXPECT_THAT(config.endpoints[0].tokens, ElementsAre("operator"));
}

TEST(Endpoints, a_path_that_an_entry_takes_is_its_alone) {
    EXPECT_EQ(served(good("endpoints: [{dialect: svc_status, path: /health/}]")),
              (Served{{"svc_status", "/health/"},
                      {"svc_status", "/svc_status"},
                      {"probe_status", "/probe_status"},
                      {"kubernetes", "/"},
                      {"metrics", "/metrics"},
                      {"page", "/"}}));
}

TEST(Endpoints, only_is_the_exact_list) {
    EXPECT_EQ(served(good("endpoints: {only: [{dialect: metrics}]}")),
              (Served{{"metrics", "/metrics"}}));
    EXPECT_EQ(served(good("endpoints: {only: []}", {{"ENABLE_HEALTHZ_ENDPOINT", "true"}})),
              Served());
    EXPECT_EQ(problems("endpoints: {only: [{dialect: metrisc}], more: []}"),
              "vitals.yaml:1:30: unknown dialect 'metrisc', did you mean 'metrics'?\n"
              "vitals.yaml:1:41: unknown key 'more' of 'endpoints', expected 'only' with the exact "
              "list, or a list of what is added to the usual ones\n");
    EXPECT_EQ(problems("endpoints: {only: metrics}"),
              "vitals.yaml:1:19: 'only' must be a list, each item begun with '- ', found a text\n");
}

TEST(Endpoints, healthz_that_is_not_listed_obeys_its_switch) {
    for (const auto& [value, on] :
         std::initializer_list<std::pair<std::string, bool>>{{"true", true},
                                                             {"True", true},
                                                             {"1", true},
                                                             {"YES", true},
                                                             {"on", true},
                                                             {"false", false},
                                                             {"0", false},
                                                             {"", false},
                                                             {" true", false}}) {
        for (const std::string_view text : {"components: {disk: {check: disk}}", "endpoints: []"}) {
            const auto paths = enabled_paths(good(text, {{"ENABLE_HEALTHZ_ENDPOINT", value}}));
            EXPECT_EQ(std::count(paths.begin(), paths.end(), "/healthz/"), on ? 1 : 0)
                << value << " " << text;
        }
    }
}

TEST(Endpoints, healthz_that_is_listed_is_on_unless_switched_off) {
    const std::string_view listed = "endpoints: [{dialect: healthz}]";
    const std::string_view off = "endpoints: [{dialect: healthz, enabled: false}]";
    const auto enabled = [](std::string_view text, const Variables& variables) {
        const auto all = served(good(text, variables));
        return std::count(all.begin(), all.end(),
                          std::pair<std::string, std::string>("healthz", "/healthz/")) == 1;
    };
    EXPECT_TRUE(enabled(listed, {}));
    EXPECT_TRUE(enabled(listed, {{"ENABLE_HEALTHZ_ENDPOINT", "true"}}));
    EXPECT_FALSE(enabled(listed, {{"ENABLE_HEALTHZ_ENDPOINT", "false"}}));
    EXPECT_FALSE(enabled(listed, {{"ENABLE_HEALTHZ_ENDPOINT", "maybe"}}));
    EXPECT_FALSE(enabled(off, {}));
    EXPECT_FALSE(enabled(off, {{"ENABLE_HEALTHZ_ENDPOINT", "true"}}));
    EXPECT_THAT(good(listed, {{"ENABLE_HEALTHZ_ENDPOINT", "0"}}).warnings,
                Contains("vitals.yaml:1:13: the endpoint healthz is off, because "
                         "ENABLE_HEALTHZ_ENDPOINT is set to '0'"));
}

TEST(Endpoints, the_switch_does_not_take_a_path_that_is_taken) {
    const Config config = good("endpoints: [{dialect: health_json, path: /healthz}]",
                               {{"ENABLE_HEALTHZ_ENDPOINT", "true"}});
    EXPECT_THAT(enabled_paths(config), AllOf(Contains("/healthz"), Not(Contains("/healthz/"))));
}

TEST(Endpoints, a_path_may_be_used_again_on_another_listener_or_when_disabled) {
    good(R"(
listeners: [{address: "127.0.0.1:8080"}, {address: "127.0.0.1:8081"}]
endpoints:
  - {dialect: healthz, listeners: ["127.0.0.1:8080"]}
  - {dialect: healthz, listeners: ["127.0.0.1:8081"]}
  - {dialect: healthz, enabled: false}
  - {dialect: page}
  - {dialect: kubernetes}
)");
}

TEST(Endpoints, a_dialect_with_another_protocol_has_its_own_listener) {
    const Config config = good(R"(
listeners: [{address: 127.0.0.1:8080}]
endpoints:
  - {dialect: agent, address: 127.0.0.1:9998}
  - {dialect: agent, address: "unix:/run/agent.sock", components: "*"}
  - {dialect: agent, address: 127.0.0.1:9998, enabled: false}
)");
    const EndpointConfig& first = config.endpoints.at(0);
    ASSERT_TRUE(first.own_listener);
    EXPECT_EQ(first.own_listener->protocol, Protocol::agent);
    EXPECT_EQ(first.own_listener->port, 9998);
    EXPECT_EQ(first.own_listener->text, "agent 127.0.0.1:9998");
    EXPECT_THAT(first.listeners, ElementsAre("agent 127.0.0.1:9998"));
    EXPECT_EQ(first.path, "");
    EXPECT_EQ(config.endpoints.at(1).own_listener->unix_path, "/run/agent.sock");
    EXPECT_THAT(config.listeners, SizeIs(1));
    EXPECT_FALSE(config.endpoints.back().own_listener);
}

TEST(Endpoints, options_of_a_dialect_may_name_components_and_workers) {
    const Config config = good(R"(
components: {db: {check: disk}}
workers: {pulp: {}}
endpoints:
  - dialect: mapped
    database: db
    workers: pulp
    namespaces:
      production: {token: abc}
      staging: {token: {env: STAGING}, components: ["d*", workers/pulp, vitals/engine]}
)",
                               {{"STAGING", "def"}});
    const auto& mapped = config.endpoints[0].options.as<sample::Mapped>();
    EXPECT_EQ(mapped.database, "db");
    ASSERT_EQ(mapped.namespaces.size(), 2u);
    EXPECT_EQ(mapped.namespaces[0].first, "production");
    EXPECT_TRUE(mapped.namespaces[1].second.token.equals("def"));
    EXPECT_EQ(mapped.namespaces[1].second.components.size(), 3u);
    EXPECT_EQ(problems("components: {db: {check: disk}}\nworkers: {pulp: {}}\nendpoints:\n"
                       "  - {dialect: mapped, database: bd, workers: plup, namespaces: {a: {}}}\n"),
              "vitals.yaml:4:33: 'database' names 'bd', but there is no such component\n"
              "vitals.yaml:4:46: 'workers' names 'plup', but there is no such group of workers, "
              "did you mean 'pulp'?\n"
              "vitals.yaml:4:65: 'a' of 'namespaces' of endpoint mapped has no 'token', which is "
              "required\n");
}

TEST(Warnings, name_settings_that_are_allowed_but_hardly_meant) {
    EXPECT_THAT(good(R"(
listeners: [{address: "0.0.0.0:8080", control: true}]
vault: {url: "http://vault:8200", token: xyzzy}
endpoints: [{dialect: metrics, components: ["caches/*"]}]
)")
                    .warnings,
                ElementsAre("vitals.yaml:2:1: nothing is checked: there are no components and no "
                            "workers, so that nothing is known and no answer is healthy",
                            "vitals.yaml:2:23: anyone who can reach '0.0.0.0:8080' controls vitals "
                            "without a token; use a unix socket, a loopback address or tls with "
                            "client_ca",
                            "vitals.yaml:3:1: nothing is read from the vault: there is no "
                            "{vault: ...}",
                            "vitals.yaml:3:14: the vault's token and secrets travel unencrypted; "
                            "use https",
                            "vitals.yaml:4:45: 'caches/*' matches no component"));
}

TEST(Warnings, only_this_machines_names_are_this_machine) {
    const auto exposed = [](std::string_view host) {
        const auto warnings = good("components: {disk: {check: disk}}\nvault: {url: \"http://" +
                                   std::string(host) + "\", token: xyzzy}\n")
                                  .warnings;
        return std::any_of(warnings.begin(), warnings.end(), [](const std::string& warning) {
            return warning.find("travel unencrypted") != std::string::npos;
        });
    };
    for (const char* here : {"127.0.0.1:8200", "localhost:8200", "[::1]:8200", "localhost"})
        EXPECT_FALSE(exposed(here)) << here;
    for (const char* elsewhere : {"localhost.example.org:8200", "127.0.0.1.example.org", "vault"})
        EXPECT_TRUE(exposed(elsewhere)) << elsewhere;
}

TEST(Warnings, tell_of_an_endpoint_that_shows_nothing) {
    EXPECT_THAT(good(R"(
components: {db/main: {check: disk}}
endpoints:
  - {dialect: metrics, components: ["db/*", "!db/main"]}
  - {dialect: health_json, components: ["!*"], enabled: false}
  - {dialect: healthz, components: ["caches/*"]}
)")
                    .warnings,
                ElementsAre("vitals.yaml:4:5: the endpoint metrics on /metrics shows no component: "
                            "its 'components' match none",
                            "vitals.yaml:6:37: 'caches/*' matches no component"));
    EXPECT_THAT(good("workers: {pulp: {}}\nendpoints: [{dialect: metrics, components: "
                     "[\"workers/*\"]}]\n")
                    .warnings,
                IsEmpty());
}

TEST(Problems, one_mistake_is_reported_once) {
    // Other parts name the misspelt section, kind, listener and token.
    EXPECT_EQ(problems("componets: {a: {check: disk}}\nendpoints: [{dialect: page, components: "
                       "[a]}]\n"),
              "vitals.yaml:1:1: unknown section 'componets', did you mean 'components'?\n");
    EXPECT_EQ(problems("components:\n  a: {check: dsk, path: /x}\n  b: {check: disk, depends_on: "
                       "[a]}\n"),
              "vitals.yaml:2:14: unknown kind of check 'dsk', did you mean 'disk'? 'vitals kinds' "
              "lists all\n");
    EXPECT_EQ(problems("listeners: [{adress: '127.0.0.1:1'}]\nendpoints: [{dialect: page, "
                       "listeners: ['127.0.0.1:1']}]\n"),
              "vitals.yaml:1:14: unknown key 'adress' of a listener, did you mean 'address'?\n");
    EXPECT_EQ(problems("tokens: [x]\nendpoints: [{dialect: page, tokens: [x]}]\n"),
              "vitals.yaml:1:9: 'tokens' must be a mapping from names to mappings, found a list\n");
    EXPECT_EQ(problems("components:\n  a: {check: disk, timeout: ${UNSET}5}\n"),
              "vitals.yaml:2:29: inside { } and [ ] a ${NAME} must be in quotes (YAML: did not "
              "find expected ',' or '}')\n");
}

TEST(Problems, what_a_table_says_of_a_value_follows_its_key) {
    EXPECT_EQ(
        problems("components:\n  a: {check: tcp, url: x}\n  b: {check: tcp, url: 'tcp://x!'}\n"),
        "vitals.yaml:2:24: 'url' has no scheme\n"
        "vitals.yaml:3:24: 'url': no shouting\n");
}

TEST(Problems, an_unknown_dialect_is_answered_with_those_there_are) {
    EXPECT_EQ(problems("endpoints: [{dialect: morse}]\n"),
              "vitals.yaml:1:23: unknown dialect 'morse', expected svc_status, probe_status, "
              "healthz, kubernetes, health_json, metrics, page, mapped or agent\n");
}

TEST(Problems, are_sorted_and_all_there) {
    EXPECT_EQ(problems("endpoints: [{dialect: pge}]\ncomponents: {a: {check: disk, depends_on: "
                       "[b]}}\nlog: {level: x}\nservice: {nam: x}\n"),
              "vitals.yaml:1:23: unknown dialect 'pge', did you mean 'page'?\n"
              "vitals.yaml:2:44: 'depends_on' names 'b', but there is no such component\n"
              "vitals.yaml:3:14: 'x' is not a value of 'level', expected debug, info, warning or "
              "error\n"
              "vitals.yaml:4:11: unknown key 'nam' of 'service', did you mean 'name'?\n");
}

TEST(Problems, columns_count_characters) {
    EXPECT_EQ(problems("service: {name: \"caf\u00e9 \u2615\", nme: x}\n"),
              "vitals.yaml:1:27: unknown key 'nme' of 'service', did you mean 'name'?\n");
}

TEST(Problems, never_show_a_secret) {
    const std::string text = problems(R"(
tokens:
  a: {secret: [hunter2]}
  b: {secret: {hunter: hunter2}}
  c: {secret: {env: {hunter2: hunter2}}}
  d: {secret: hunter2, allow: nothing}
)");
    EXPECT_NE(text, "accepted");
    EXPECT_EQ(text.find("hunter2"), std::string::npos) << text;
}

TEST(Problems, files_that_cannot_be_read_are_reported_in_the_same_form) {
    const auto refusal = [](const std::string& file) {
        const auto config = load(file, sample::catalog());
        return config ? "accepted" : text_of(config.error());
    };
    EXPECT_EQ(refusal("/nonexistent/vitals.yaml"),
              "/nonexistent/vitals.yaml:1:1: cannot be read: No such file or directory\n");
    EXPECT_EQ(refusal("/"), "/:1:1: is a directory, expected a file\n");
    EXPECT_EQ(refusal("/dev/null"),
              "/dev/null:1:1: the file is empty, expected at least a section 'components'\n");
    EXPECT_EQ(problems(std::string((16 << 20) + 1, '#')),
              "vitals.yaml:1:1: is larger than 16 MiB\n");
}

TEST(Fingerprint, changes_exactly_when_the_definition_does) {
    const std::string plain = fingerprint_of("{check: http, url: http://a/, timeout: 2s}");
    EXPECT_EQ(fingerprint_of("{timeout: 2s, url: 'http://a/', check: http}"), plain);
    EXPECT_EQ(
        fingerprint_of("{check: http, url: \"${URL}\", timeout: 2s}", "", {{"URL", "http://a/"}}),
        plain);
    EXPECT_EQ(fingerprint_of("{check: http, url: http://a/, timeout: 2s}", "log: {level: debug}"),
              plain);
    EXPECT_NE(fingerprint_of("{check: http, url: http://b/, timeout: 2s}"), plain);
    EXPECT_NE(fingerprint_of("{check: http, url: http://a/, timeout: 3s}"), plain);
    EXPECT_NE(fingerprint_of("{check: tcp, url: http://a/, timeout: 2s}"), plain);
    EXPECT_NE(fingerprint_of("{check: http, url: http://a/, timeout: 2s, critical: false}"), plain);
    EXPECT_NE(
        fingerprint_of("{check: http, url: http://a/, timeout: 2s}", "defaults: {interval: 1s}"),
        plain);
    EXPECT_NE(fingerprint_of("{check: exec, command: [a, b]}"),
              fingerprint_of("{check: exec, command: ['a,b']}"));
}

TEST(Fingerprint, follows_a_secrets_reference_not_its_value) {
    const auto with_password = [](std::string_view password, const Variables& variables = {}) {
        return fingerprint_of(
            "{check: http, url: http://a/, password: " + std::string(password) + "}", "",
            variables);
    };
    EXPECT_EQ(with_password("{env: A}", {{"A", "1"}}), with_password("{env: A}", {{"A", "2"}}));
    EXPECT_NE(with_password("{env: A}", {{"A", "1"}}), with_password("{env: B}", {{"B", "1"}}));
    EXPECT_NE(with_password("one"), with_password("two"));
    EXPECT_EQ(with_password("hunter2").find("hunter2"), std::string::npos);
}

TEST(Components, pushed_ones_have_a_ttl) {
    const Config config = good("components: {a: {check: push}, b: {check: push, ttl: 5s}}");
    EXPECT_EQ(config.components[0].ttl, milliseconds(60'000));
    EXPECT_EQ(config.components[1].ttl, milliseconds(5'000));
    EXPECT_EQ(good("components: {a: {check: disk}}").components[0].ttl, std::nullopt);
}

TEST(Components, can_be_made_from_a_command_line) {
    const Catalog catalog = sample::catalog();
    auto options = std::make_shared<sample::Http>();
    options->url = "http://a/";
    options->password = Secret("hunter2");
    Policy policy;
    policy.timeout = milliseconds(700);
    const ComponentConfig made =
        component_of("http://a/", catalog.kinds[0], AnyOptions(options), policy);
    EXPECT_EQ(made.component->name, "http://a/");
    EXPECT_EQ(made.component->kind, "http");
    EXPECT_EQ(made.policy, policy);
    EXPECT_EQ(made.component->timeout, milliseconds(700));
    EXPECT_EQ(made.options.shared<sample::Http>(), options);
    options->url = "http://b/";
    EXPECT_NE(component_of("http://a/", catalog.kinds[0], AnyOptions(options), policy).fingerprint,
              made.fingerprint);
}

TEST(Components, depend_on_what_selectors_take) {
    const std::string text = R"(
components:
  a: {check: disk, tags: [storage]}
  b: {check: disk, tags: [storage]}
  databases/x: {check: http, url: "http://x/", depends_on: ["kind:disk", "!b"]}
  databases/y: {check: http, url: "http://y/", depends_on: [vitals/store, b, "databases/*"]}
  web: {check: http, url: "http://w/", depends_on: ["tag:storage"]}
)";
    const Config config = good(text);
    const auto dependencies = [](const Config& from, std::size_t component) {
        return from.components.at(component).component->depends_on;
    };
    EXPECT_THAT(dependencies(config, 2), ElementsAre("a"));
    EXPECT_THAT(dependencies(config, 3), ElementsAre("vitals/store", "b", "databases/x"));
    EXPECT_THAT(dependencies(config, 4), ElementsAre("a", "b"));

    // A component more to depend on is another definition.
    const Config more = good(text + "  c: {check: disk, tags: [storage]}\n");
    EXPECT_THAT(dependencies(more, 5), ElementsAre("a", "b", "c"));
    EXPECT_NE(more.components[5].fingerprint, config.components[4].fingerprint);
    EXPECT_EQ(more.components[4].fingerprint, config.components[3].fingerprint);

    EXPECT_EQ(problems(text + "  d: {check: disk, depends_on: [web], tags: [storage]}\n"),
              "vitals.yaml:7:53: dependencies go in a circle: d -> web -> d\n");
}

TEST(Components, are_selected_by_tags_and_kinds_that_exist) {
    EXPECT_EQ(problems("components: {a: {check: disk}}\n"
                       "endpoints: [{dialect: metrics, components: [\"kind:dsik\", \"!tag:\"]}]\n"),
              "vitals.yaml:2:45: 'components' names 'dsik', but there is no such kind of check, "
              "did you mean 'disk'?\n"
              "vitals.yaml:2:58: '!tag:' selects no component: a glob must not be empty\n");
    EXPECT_THAT(good("components: {a: {check: disk, tags: [storage]}}\n"
                     "endpoints: [{dialect: metrics, components: [tag:storge, \"kind:h*\"]}]\n")
                    .warnings,
                ElementsAre("vitals.yaml:2:45: 'tag:storge' matches no component, did you mean "
                            "'storage'?"));
}

TEST(Components, a_long_chain_of_dependencies_is_no_circle) {
    std::string text = "components:\n  c0: {check: disk}\n";
    for (int i = 1; i < 10'000; ++i)
        text += "  c" + std::to_string(i) + ": {check: disk, depends_on: [c" +
                std::to_string(i - 1) + ", c0]}\n";
    EXPECT_EQ(good(text).components.size(), 10'000u);
}

TEST(Config, a_source_of_heartbeats_has_its_own_keys) {
    const std::string text =
        "workers:\n"
        "  pushed: {source: push, remember: 1h}\n"
        "  heard: {source: celery, url: 'amqp://h', password: {env: SECRET}, expect: {w: '1'}}\n";
    const auto config = parse(text, "vitals.yaml", sample::catalog(), with({{"SECRET", "first"}}));
    ASSERT_TRUE(config);
    ASSERT_EQ(config->workers.size(), 2u);
    EXPECT_EQ(config->workers[0].remember, milliseconds(3'600'000));
    const WorkersConfig& heard = config->workers[1];
    const auto options = heard.options.shared<sample::Celery>();
    ASSERT_NE(options, nullptr);
    EXPECT_EQ(options->url, "amqp://h");
    EXPECT_EQ(options->password.reveal(), "first");

    // A connection is kept unless its inputs change; a secret may change during it.
    const auto fingerprint = [&](std::string_view old, std::string_view by) {
        std::string changed = text;
        changed.replace(changed.find(old), old.size(), by);
        const auto again =
            parse(changed, "vitals.yaml", sample::catalog(), with({{"SECRET", "second"}}));
        EXPECT_TRUE(again);
        return again->workers[1].fingerprint;
    };
    EXPECT_EQ(fingerprint("w: '1'", "w: '2'"), heard.fingerprint);
    EXPECT_NE(fingerprint("amqp://h", "amqp://i"), heard.fingerprint);
}

TEST(Warnings, tell_of_a_variable_without_braces) {
    const Config config = good(
        "components:\n"
        "  a: {check: http, url: 'http://app:$PASSWORD@a/', user: $USER}\n"
        "  b: {check: http, url: 'http://a/', user: \"$${USER}\", method: \"${M:-GET}\"}\n"
        "  c: {check: exec, command: [sh, -c, 'curl http://a/$PART; echo $PATH']}\n");
    EXPECT_THAT(config.warnings,
                ElementsAre("vitals.yaml:2:25: $PASSWORD is only a text here; a variable is "
                            "written ${PASSWORD}",
                            "vitals.yaml:2:58: $USER is only a text here; a variable is written "
                            "${USER}"));
}

TEST(Warnings, tell_of_a_timeout_above_the_interval_where_it_is_written) {
    EXPECT_THAT(good("components:\n  a: {check: disk, interval: 2s}\n"
                     "  b: {check: disk, interval: 2s, timeout: 1s}\n"
                     "  c: {check: push}\n")
                    .warnings,
                ElementsAre("vitals.yaml:2:30: the timeout 5s is longer than the interval 2s: a "
                            "run that hangs delays the next ones"));
    EXPECT_THAT(good("defaults: {interval: 2s}\ncomponents:\n  a: {check: disk}\n"
                     "  b: {check: disk}\n")
                    .warnings,
                ElementsAre("vitals.yaml:1:22: the timeout 5s is longer than the interval 2s: a "
                            "run that hangs delays the next ones"));
}

}  // namespace
}  // namespace vitals::config
