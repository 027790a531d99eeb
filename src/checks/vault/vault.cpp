#include "vault.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <expected>
#include <utility>
#include <vector>

#include "answers.hpp"
#include "backends/vault/client.hpp"
#include "checks/access_fields.hpp"
#include "net/http_client.hpp"
#include "text/prose.hpp"
#include "text/quote.hpp"
#include "text/url.hpp"

namespace vitals::checks::vault {

namespace {

using namespace backends::vault;

// Asks for the same status in every state, because the body distinguishes them (as Vault's own
// client does).
constexpr std::string_view health_path =
    "/v1/sys/health?standbyok=true&perfstandbyok=true&activecode=299&standbycode=299"
    "&drsecondarycode=299&performancestandbycode=299&sealedcode=299&uninitcode=299"
    "&haunhealthycode=299&removedcode=299";

constexpr std::uint16_t usual_port = 8200;

Verified verify_url(const text::Url& url) {
    if (auto problem = text::url_problem(url.text, {"http", "https"}); !problem.empty())
        return std::unexpected(problem);
    if (!url.query.empty() || (!url.path.empty() && url.path != "/"))
        return std::unexpected("has a path or parameters; expected https://host:8200");
    if (!url.user.empty() || !url.password.empty())
        return std::unexpected("holds credentials; a token stands in `token`");
    return {};
}

Verified verify_path(const std::string& text) {
    if (text.empty()) return {};
    const std::string_view path = std::string_view(text).substr(0, text.find('#'));
    if (path.empty() || path.front() == '/' || path.back() == '/' ||
        path.find('/') == std::string_view::npos)
        return std::unexpected("is no path of a secret; expected mount/path or mount/path#key");
    return {};
}

Verified verify(const Options& options) {
    if (!options.token.configured()) {
        if (!options.path.empty()) return std::unexpected("path needs a token to read it with");
        if (options.ttl_above.count() > 0)
            return std::unexpected("ttl_above needs a token to judge");
    }
    return {};
}

constexpr Field fields[] = {
    url_field<Options, verify_url>("The URL of Vault or OpenBao.", "https://vault:8200"),
    field<&Options::token>("token",
                           "A token that must be valid; without one, only the server is judged."),
    field<&Options::name_space>("namespace", "The namespace of the token and the secret.",
                                {.example = "shop"}),
    field<&Options::path, verify_path>(
        "path",
        "A secret of a key-value engine (either version) that the token must be able to read; with "
        "`#key`, a key that it must have.",
        {.example = "kv/health#password"}),
    field<&Options::standby_ok>("standby_ok", "Whether a standby is also ok."),
    field<&Options::dr_secondary_ok>(
        "dr_secondary_ok",
        "Whether a secondary for disaster recovery is also ok while it follows its primary. It "
        "serves no client, so `token` and `path` are not tried on it."),
    field<&Options::ttl_above>("ttl_above",
                               "Degraded when the token has less time left; 0: not judged.",
                               {.example = "24h", .least = 0}),
    tls_field<Options>(),
};

using TokenEnd = std::optional<std::int64_t>;  // seconds left; nothing: it never ends

// One run's questions.
class Probe {
  public:
    Probe(const Options& options, net::Context& context)
        : options_(options),
          context_(context),
          access_{.url = options.url.bare,
                  .token = options.token,
                  .name_space = options.name_space,
                  .tls = options.tls,
                  .max_body = std::size_t{256} * 1024,
                  .follows_standby = true} {}

    net::awaitable<Outcome> judge();

  private:
    net::awaitable<net::HttpResponse> ask(std::string step, std::string path, bool as_token);
    net::awaitable<std::string> health();
    net::awaitable<std::expected<TokenEnd, CheckError>> token();
    net::awaitable<net::HttpResponse> read_secret(std::vector<std::string> paths);
    net::awaitable<void> secret();
    net::awaitable<void> secret_or(const std::expected<TokenEnd, CheckError>& token);

    const Options& options_;
    net::Context& context_;
    Access access_;
};

net::awaitable<net::HttpResponse> Probe::ask(std::string step, std::string path, bool as_token) {
    // sys/health exists in the root namespace only, and needs no token.
    const Access nobody{.url = access_.url, .tls = access_.tls, .max_body = access_.max_body};
    const Access& access = as_token ? access_ : nobody;
    net::HttpResponse response =
        co_await backends::vault::get(context_, access, std::move(step), std::move(path));
    co_return response;
}

net::awaitable<std::string> Probe::health() {
    std::string path(health_path);
    const net::HttpResponse response = co_await ask("health", std::move(path), false);
    // Too busy to answer, by its limits or those of a proxy.
    if (response.status == 429 && response.body.find("\"sealed\"") == std::string::npos)
        throw CheckError(ErrorClass::assertion, "too many requests", errors_of(response.body));
    const bool gateway = response.status == 502 || response.status == 504;
    if (gateway ||
        (response.status == 503 && response.body.find("\"sealed\"") == std::string::npos))
        throw CheckError(ErrorClass::assertion, fmt::format("status {}", response.status),
                         "got " + text::quoted(response.body));
    co_return judge_health(response.body, options_.standby_ok, options_.dr_secondary_ok);
}

CheckError refusal(const net::HttpResponse& response, std::string_view what,
                   std::string_view forbidden) {
    const std::string theirs =
        fmt::format("status {}, {}", response.status, errors_of(response.body));
    if (refuses(response)) return CheckError(ErrorClass::auth, std::string(forbidden), theirs);
    return CheckError(ErrorClass::assertion, fmt::format("{}: status {}", what, response.status),
                      theirs);
}

// A token may be forbidden to look itself up (it was made without the policy `default`) and still
// do its work: so this is a value, not an error.
net::awaitable<std::expected<TokenEnd, CheckError>> Probe::token() {
    const net::HttpResponse response =
        co_await ask("token", encoded_path("auth/token/lookup-self"), true);
    if (response.status == 200) co_return seconds_left(response.body);
    CheckError refused = refusal(response, "token", "token is not valid");
    if (response.status != 403) throw refused;
    refused.phase = context_.phase();
    co_return std::unexpected(std::move(refused));
}

net::awaitable<net::HttpResponse> Probe::read_secret(std::vector<std::string> paths) {
    backends::vault::Found found =
        co_await backends::vault::get_secret(context_, access_, std::move(paths));
    if (found.deleted()) throw CheckError(ErrorClass::assertion, "secret is deleted");
    co_return std::move(found.response);
}

// The path is read in both versions of the engine, mounted at its first segment. When neither
// exists and the mount may have more segments, Vault is asked where it ends.
net::awaitable<void> Probe::secret() {
    const SecretPath path(options_.path);
    std::vector<std::string> paths{path.version_2, path.version_1};
    net::HttpResponse response = co_await read_secret(std::move(paths));
    const bool nested = std::count(path.version_1.begin(), path.version_1.end(), '/') > 1;
    if (nested && (response.status == 404 || refuses(response))) {
        std::string where = encoded_path("sys/internal/ui/mounts/" + path.version_1);
        const net::HttpResponse told = co_await ask("secret", std::move(where), true);
        const auto mount = told.status == 200 ? mount_of(told.body) : std::nullopt;
        std::string third = mount ? mount->read_path(path.version_1) : std::string();
        const bool known = third.empty() || third == path.version_1 || third == path.version_2;
        if (!known) {
            paths = {std::move(third)};
            response = co_await read_secret(std::move(paths));
        }
    }
    if (response.status == 404) throw CheckError(ErrorClass::assertion, "secret does not exist");
    if (response.status != 200) throw refusal(response, "secret", "token may not read the secret");
    judge_secret(response.body, path.key);
}

// A token that can neither look itself up nor read the secret is not valid.
net::awaitable<void> Probe::secret_or(const std::expected<TokenEnd, CheckError>& token) {
    try {
        co_await secret();
    } catch (const CheckError& error) {
        if (!token && error.error_class == ErrorClass::auth) throw token.error();
        throw;
    }
}

// As exact as a person needs to know.
std::string rounded(std::chrono::seconds left) {
    using namespace std::chrono;
    if (left >= 48h) return format_duration(floor<days>(left));
    if (left >= 2h) return format_duration(floor<hours>(left));
    return format_duration(left >= 2min ? floor<minutes>(left) : left);
}

net::awaitable<Outcome> Probe::judge() {
    const std::string role = co_await health();
    if (role == dr_secondary) {
        std::string path = encoded_path("sys/replication/dr/status");
        const net::HttpResponse response = co_await ask("replication", std::move(path), false);
        if (response.status != 200) throw refusal(response, "replication", "status is not shown");
        co_return judge_recovery(response.body).with("role", role);
    }
    if (!options_.token.configured()) co_return ok(role).with("role", role);
    const auto looked_up = co_await token();
    if (!looked_up && options_.path.empty()) throw looked_up.error();
    if (!options_.path.empty()) co_await secret_or(looked_up);
    if (!looked_up && options_.ttl_above.count() > 0) {
        co_return degraded("secret readable, but the token may not look up when it ends")
            .with("role", role);
    }
    const TokenEnd left = looked_up.value_or(std::nullopt);
    const std::chrono::seconds remaining(left.value_or(0));
    const bool ends_soon = left && options_.ttl_above.count() > 0 && remaining < options_.ttl_above;
    Outcome outcome =
        ends_soon ? degraded(fmt::format("token ends in {}", rounded(remaining)))
                  : ok(options_.path.empty() ? role + ", token valid" : role + ", secret readable");
    outcome.with("role", role);
    if (left) outcome.with("token_seconds_left", *left);
    co_return outcome;
}

net::awaitable<Outcome> run(const Options& options, net::Context& context) {
    Probe probe(options, context);
    Outcome outcome = co_await probe.judge();
    co_return outcome;
}

// vault://host:8200/mount/path#key; the token as VAULT_TOKEN or, `vault://:TOKEN@...`, in the URL.
Verified from_url(Options& options, std::string_view text) {
    const auto url = text::parse_url(text);
    if (!url) return std::unexpected(url.error());
    if (url->host.empty())
        return std::unexpected("names no host; expected vault://host:8200/mount/path#key");
    if (!url->user.empty())
        return std::unexpected("holds a user; a token stands as vault://:TOKEN@host");
    std::string_view scheme = "https";
    for (const auto& [name, value] : url->query) {
        if (name == "namespace")
            options.name_space = value;
        else if (name == "standby_ok" && (value == "true" || value == "false"))
            options.standby_ok = value == "true";
        else if (name == "tls" && (value == "on" || value == "off"))
            scheme = value == "on" ? "https" : "http";
        else
            return std::unexpected(
                "has an unknown parameter; expected namespace=, standby_ok=true or tls=on|off");
    }
    const bool v6 = url->host.find(':') != std::string::npos;
    options.url = fmt::format("{}://{}{}{}:{}", scheme, v6 ? "[" : "", url->host, v6 ? "]" : "",
                              url->port.value_or(usual_port));
    if (url->path.size() > 1) {
        options.path = url->path.substr(1);
        const auto hash = text.find('#');
        if (hash != std::string_view::npos) options.path += text.substr(hash);
    }
    const char* const token = std::getenv("VAULT_TOKEN");
    if (!url->password.empty())
        options.token = Secret(url->password);
    else if (token != nullptr && *token != '\0')
        options.token = Secret(token);
    if (!options.path.empty() && !options.token.configured())
        return std::unexpected(
            "names a secret and no token; expected vault://:TOKEN@... or VAULT_TOKEN in the "
            "environment");
    return verify_path(options.path);
}

constexpr std::string_view proves = R"(
    This node is initialised, unsealed and active (or a standby, with `standby_ok`; or a
    secondary for disaster recovery that follows its primary, with `dr_secondary_ok`).
    With a token, the token is valid and has enough time left. With a path, the token can
    read that secret. Without a token, the check relies on what the server says, and
    proves nothing about its storage. The check writes nothing, and proves nothing about
    other engines, policies or leases. The value of a secret never leaves the check.
    Tested against a stand-in made from Vault's documents, with python3-hvac as a second
    client; not tested against Vault itself.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, run, verify, from_url>(
    "vault", "Vault is initialised and unsealed, the token is valid, and a secret is readable.",
    {.proves = proves,
     .schemes = {"vault"},
     .urls = {"vault://host:8200", "vault://:TOKEN@host/kv/health#password",
              "vault://127.0.0.1:8200?tls=off&standby_ok=true"}});

}  // namespace vitals::checks::vault
