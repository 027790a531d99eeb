// From YAML files to typed settings, or to all problems in them at once. It knows only the
// descriptions of kinds of check and dialects.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/alerts.hpp"
#include "config/fleet.hpp"
#include "config/node.hpp"
#include "config/otlp.hpp"
#include "config/secrets.hpp"
#include "model/description.hpp"
#include "model/endpoint_settings.hpp"
#include "model/judge.hpp"
#include "model/listener.hpp"
#include "model/rate.hpp"
#include "model/shared.hpp"
#include "model/token.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::config {

struct ListenerConfig : Listener {
    Position position;
};

// What runs when a component has failed.
struct OnFailed {
    std::vector<std::string> run;
    Rate at_most;
    std::chrono::milliseconds timeout{std::chrono::minutes(1)};
    std::chrono::milliseconds again_after{std::chrono::minutes(5)};
};

struct ComponentConfig {
    Shared<Component> component;
    Policy policy;
    std::string kind;
    AnyOptions options;                            // the kind's own struct
    std::optional<std::chrono::milliseconds> ttl;  // of `push`
    std::optional<OnFailed> on_failed;
    std::optional<Vantage> vantage;  // nodes of the fleet check it together
    bool fleet = false;              // of `push`: what is pushed to one node counts on all
    std::string fingerprint;         // changes when the definition does; holds no secret's value
    std::string public_digest;       // the same, without secrets that are written out
    Position position;
};

struct WorkersConfig {
    std::string name;
    std::string source = "push";  // their heartbeats are pushed through the API
    std::chrono::milliseconds timeout{24'000};
    std::chrono::milliseconds remember{std::chrono::hours(24)};
    std::vector<std::pair<std::string, std::string>> expect;  // name prefix -> "1", ">=1", "0..3"
    std::vector<std::string> probes;                          // as of a component
    bool fleet = false;         // shared with the fleet: the workers of all nodes count
    AnyOptions options;         // the source's own struct
    std::string fingerprint;    // of these; holds no secret's value
    std::string public_digest;  // as of a component
    Position position;
};

// How much of the time a set of components must be up.
struct ObjectiveConfig {
    std::string name;
    std::vector<std::string> components;  // a selector
    Percentage target;
    std::chrono::milliseconds window{std::chrono::hours(24 * 30)};
    std::string degraded_counts = "up";
    std::string unknown_counts = "ignored";
    std::string public_digest;  // as of a component
    Position position;
};

struct EndpointConfig : EndpointSettings {
    std::string dialect;
    bool enabled = true;
    bool listed = true;  // stands in the file, not mounted by default
    // The address if its dialect has another protocol than HTTP; no other endpoint listens there.
    std::optional<ListenerConfig> own_listener;
    Position position;
};

struct Config {
    std::string file;                // the first
    std::vector<std::string> files;  // all that were read; Position::file counts in it
    Service service;
    std::string state_dir;
    std::vector<ListenerConfig> listeners;
    Policy defaults;
    struct History {
        std::chrono::milliseconds keep{std::chrono::hours(24 * 400)};
        Size size{1ull << 30};
        std::chrono::milliseconds raw{std::chrono::hours(2)};
    } history;
    struct Drain {
        std::chrono::milliseconds delay{5'000}, timeout{30'000};
    } drain;
    // What /public shows: nothing if no component is named.
    struct Public {
        std::string name;
        std::vector<std::pair<std::string, std::string>> components;  // service -> selector
        bool operator==(const Public&) const = default;
    } open;
    struct Page {
        std::string time_zone = "UTC";
    } page;
    // The limits of all listeners together.
    struct Limits {
        Size headers{8u << 10}, body{64u << 10};
        std::int64_t connections = 10'000;
        std::int64_t streams = 5'000;
        bool operator==(const Limits&) const = default;
    } limits;
    // On how many threads requests are answered, and checks run.
    struct Threads {
        std::int64_t threads = 1;
    } server, engine;
    struct Logging {
        std::string level = "info", format = "text";
    } log;
    std::vector<Token> tokens;
    std::vector<ComponentConfig> components;  // by name
    std::vector<WorkersConfig> workers;
    std::vector<ObjectiveConfig> objectives;
    std::vector<EndpointConfig> endpoints;
    // The source of {vault: ...} secrets.
    struct Vault {
        std::string url, name_space, ca;
        Secret token;
        std::chrono::milliseconds interval{5'000}, timeout{5'000};
        std::string place() const { return url + "\n" + name_space; }  // whose values they are
    };
    std::optional<Vault> vault;
    Alerts alerts;  // and maintenance
    std::optional<Peer> peer;
    std::optional<Fleet> fleet;
    std::optional<Otlp> otlp;
    bool has_plain_secrets = false;     // some are written out
    std::vector<std::string> warnings;  // `file:line:column: ...`, one line each
    SecretStore secrets;                // reads again what may rotate
};

// A kind of check or a dialect as configuration sees it.
struct Described {
    Description description;
    std::string_view usual_path;         // dialects
    bool mounted_by_default = false;     // dialects
    Protocol protocol = Protocol::http;  // dialects: any other has a listener of its own
    bool pushed = false;                 // kinds: never runs; may have `ttl`
    bool reported = false;  // kinds: a part of vitals reports it; thresholds of `defaults` do
                            // not apply
    Category category = Category::component;  // kinds
};

struct Catalog {
    std::vector<Described> kinds;
    std::vector<Described> dialects;
    std::vector<Described> sources;    // of heartbeats; `push` has no keys of its own
    std::vector<Described> receivers;  // of alerts
    // What is wrong with the name of a time zone, or empty; null: nothing is checked.
    std::function<std::string(const std::string& zone)> zone_problem;
};

struct Options {
    bool secrets = true;  // false (`validate --no-secrets`): secrets are not read
    bool include = true;  // false: a file that includes others is refused
    // The environment; a test passes its own. Null: that of the process.
    std::function<std::optional<std::string>(const std::string& name)> environment;
};

// The patterns of a service of `public`.
std::vector<std::string> public_patterns(std::string_view written);

// Reads and validates a file and those that it includes; `-` is standard input. Returns all
// problems, sorted by position.
std::expected<Config, Problems> load(const std::string& file, const Catalog& catalog,
                                     const Options& options = {});
// The same for a text; problems call it `file`.
std::expected<Config, Problems> parse(std::string_view text, const std::string& file,
                                      const Catalog& catalog, const Options& options = {});

// What is wrong with the name of a component (model/name.hpp), as a sentence, or empty.
std::string component_name_problem(std::string_view name);

// One component from a kind and options of a command line or a URL.
ComponentConfig component_of(std::string name, const Described& kind, AnyOptions options,
                             const Policy& defaults);

// The configuration if none is named: $VITALS_CONFIG, else the first of the usual files that
// exists.
inline constexpr const char* usual_files[] = {"./vitals.yaml", "/etc/vitals/vitals.yaml"};
std::optional<std::string> find_file();

// The JSON Schema (2020-12) of the file, from the same descriptions.
std::string json_schema(const Catalog& catalog);
// The common keys of every component, and those of every endpoint, for `vitals kinds`.
std::span<const Field> common_component_fields();
std::span<const Field> common_endpoint_fields();
// The common keys of every receiver of alerts.
std::span<const Field> receiver_fields();
// The sections of the file and their fields, for the reference page: name, sentence, fields.
std::vector<Description> sections();

}  // namespace vitals::config
