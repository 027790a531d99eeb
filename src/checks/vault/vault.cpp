#include "vault.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "answers.hpp"
#include "net/http_client.hpp"
#include "wire/quote.hpp"
#include "wire/sigv4.hpp"
#include "wire/url.hpp"
#include "wire/vault.hpp"

namespace vitals::checks::vault {

namespace {

using wire::vault::errors_of;
using wire::vault::is_deleted;
using wire::vault::SecretPath;

// Every state with the same status, so that the body tells them apart (as Vault's own client asks).
constexpr std::string_view health_path =
    "/v1/sys/health?standbyok=true&perfstandbyok=true&activecode=299&standbycode=299"
    "&drsecondarycode=299&performancestandbycode=299&sealedcode=299&uninitcode=299"
    "&haunhealthycode=299&removedcode=299";

std::string verify_url(const void* value) {
    const auto& text = *static_cast<const std::string*>(value);
    if (auto problem = wire::url_problem(text, {"http", "https"}); !problem.empty()) return problem;
    const wire::Url url = *wire::parse_url(text);
    if (!url.query.empty() || (!url.path.empty() && url.path != "/"))
        return "has a path or parameters; expected https://host:8200";
    if (!url.user.empty() || !url.password.empty())
        return "holds credentials; a token stands in `token`";
    return {};
}

std::string verify_path(const void* value) {
    const auto& text = *static_cast<const std::string*>(value);
    if (text.empty()) return {};
    const std::string_view path = std::string_view(text).substr(0, text.find('#'));
    if (path.empty() || path.front() == '/' || path.back() == '/' ||
        path.find('/') == std::string_view::npos)
        return "is no path of a secret; expected mount/path or mount/path#key";
    return {};
}

std::string verify(const void* erased) {
    const auto& options = *static_cast<const Options*>(erased);
    if (!options.token.configured()) {
        if (!options.path.empty()) return "path needs a token to read it with";
        if (options.ttl_above.count() > 0) return "ttl_above needs a token to judge";
    }
    if (options.tls.certificate.empty() && !options.tls.key.empty())
        return "tls: a key without a certificate";
    return {};
}

constexpr Field fields[] = {
    field<&Options::url>("url", "Where Vault or OpenBao is.",
                         {.required = true, .example = "https://vault:8200", .verify = verify_url}),
    field<&Options::token>("token",
                           "A token, which must be valid; left empty, only the server is "
                           "judged."),
    field<&Options::name_space>("namespace", "Namespace of the token and the secret.",
                                {.example = "shop"}),
    field<&Options::path>("path",
                          "A secret of a key-value engine (either version) that the token must be "
                          "able to read, perhaps with a key that it must have.",
                          {.example = "kv/health#password", .verify = verify_path}),
    field<&Options::standby_ok>("standby_ok", "Whether a standby is as good as the active node."),
    field<&Options::ttl_above>("ttl_above",
                               "Degraded when the token ends in less than this; 0: not judged.",
                               {.example = "24h", .least = 0}),
    field<&Options::tls>("tls", "Whom to trust, and who to be.", {.members = net::tls_fields}),
};

// One run's questions.
class Probe {
  public:
    Probe(const Options& options, net::Context& context) : options_(options), context_(context) {
        base_ = wire::parse_url(options.url).value().bare;
        if (base_.ends_with('/')) base_.pop_back();
    }

    net::awaitable<Outcome> judge();

  private:
    net::awaitable<net::HttpResponse> ask(std::string step, std::string path, bool as_token);
    net::awaitable<std::string> health();
    net::awaitable<std::optional<std::int64_t>> token();
    net::awaitable<void> secret();

    const Options& options_;
    net::Context& context_;
    std::string base_;
};

net::awaitable<net::HttpResponse> Probe::ask(std::string step, std::string path, bool as_token) {
    net::HttpRequest request;
    request.url = base_ + path;
    request.headers.emplace_back("X-Vault-Request", "true");
    if (as_token) request.headers.emplace_back("X-Vault-Token", options_.token.reveal());
    // sys/health exists in the root namespace only.
    if (as_token && !options_.name_space.empty())
        request.headers.emplace_back("X-Vault-Namespace", options_.name_space);
    request.tls = options_.tls;
    request.max_body = 256 * 1024;
    request.step = std::move(step);
    net::HttpResponse response = co_await net::http(context_, std::move(request));
    co_return response;
}

net::awaitable<std::string> Probe::health() {
    std::string path(health_path);
    const net::HttpResponse response = co_await ask("health", std::move(path), false);
    // Too busy to say, by its limits or by a proxy's.
    if (response.status == 429 && response.body.find("\"sealed\"") == std::string::npos)
        throw CheckError(ErrorClass::assertion, "too many requests", errors_of(response.body));
    const bool gateway = response.status == 502 || response.status == 504;
    if (gateway ||
        (response.status == 503 && response.body.find("\"sealed\"") == std::string::npos))
        throw CheckError(ErrorClass::assertion, fmt::format("status {}", response.status),
                         "got " + wire::quoted(response.body));
    co_return judge_health(response.body, options_.standby_ok);
}

CheckError refusal(const net::HttpResponse& response, std::string_view what,
                   std::string_view forbidden) {
    const std::string theirs =
        fmt::format("status {}, {}", response.status, errors_of(response.body));
    if (response.status == 403 || response.status == 401)
        return CheckError(ErrorClass::auth, std::string(forbidden), theirs);
    return CheckError(ErrorClass::assertion, fmt::format("{}: status {}", what, response.status),
                      theirs);
}

net::awaitable<std::optional<std::int64_t>> Probe::token() {
    const net::HttpResponse response = co_await ask("token", "/v1/auth/token/lookup-self", true);
    if (response.status != 200) throw refusal(response, "token", "token is not valid");
    co_return seconds_left(response.body);
}

// Which version the engine has is not asked, because that needs a permission of its own: the path
// is read as either.
net::awaitable<void> Probe::secret() {
    const SecretPath path(options_.path);
    std::string where = "/v1/" + wire::sigv4::encoded(path.version_2, true);
    net::HttpResponse response = co_await ask("secret", std::move(where), true);
    const bool deleted = response.status == 404 && is_deleted(response.body);
    if (deleted) throw CheckError(ErrorClass::assertion, "secret is deleted");
    if (response.status == 404 || response.status == 403) {
        where = "/v1/" + wire::sigv4::encoded(path.version_1, true);
        net::HttpResponse second = co_await ask("secret", std::move(where), true);
        // Policies are asked before the engine: a 404 was allowed, so that a 403 for the other
        // version's path says nothing.
        if (second.status != 403) response = std::move(second);
    }
    if (response.status == 404) throw CheckError(ErrorClass::assertion, "secret does not exist");
    if (response.status != 200) throw refusal(response, "secret", "token may not read the secret");
    judge_secret(response.body, path.key);
}

// No more exact than a person wants to know.
std::string rounded(std::chrono::seconds left) {
    using namespace std::chrono;
    if (left >= 48h) return format_duration(floor<days>(left));
    if (left >= 2h) return format_duration(floor<hours>(left));
    return format_duration(left >= 2min ? floor<minutes>(left) : left);
}

net::awaitable<Outcome> Probe::judge() {
    const std::string role = co_await health();
    if (!options_.token.configured()) co_return ok(role).with("role", role);
    const auto left = co_await token();
    if (!options_.path.empty()) co_await secret();
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
    if (options.token.configured() && !options.token.available())
        throw CheckError(ErrorClass::local, "a secret is not available", "the token");
    Probe probe(options, context);
    Outcome outcome = co_await probe.judge();
    co_return outcome;
}

}  // namespace

const Kind kind{
    .description = describe<Options>(
        "vault", "Sees it initialised and unsealed, the token valid, a secret readable.", fields,
        verify),
    .proves =
        "That this node is initialised, unsealed and active (or a standby, where that is good "
        "enough); with a token, that it is valid and has enough time left; with a path, that the "
        "token can read that secret. Without a token only the server's own word is taken, and "
        "nothing is proved about its storage. Nothing is written, and nothing is proved about "
        "other engines, policies or leases. A secret's value never leaves the check. Tested "
        "against a stand-in made from Vault's documents, which python3-hvac talks to as well, not "
        "against Vault itself.",
    .schemes = {},
    .from_url = nullptr,
    .bind = bind_run<Options, run>,
};

}  // namespace vitals::checks::vault
