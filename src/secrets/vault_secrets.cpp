// Reads secrets from a vault. One request at a time: there are few secrets, and a vault that does
// not answer is asked once in a round, not once for each.
#include "secrets/vault_secrets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "backends/vault/client.hpp"
#include "net/http_client.hpp"
#include "text/amount.hpp"

namespace vitals::secrets {

// The questions and results of one run. Shared with the run, which may outlive this object.
struct VaultSecrets::Question {
    config::Config::Vault vault;
    std::string path;
    std::string read_path;  // known from before, or found out
    std::string body;       // the secret
    bool definite = false;  // what went wrong is about this secret, not about the whole vault
};

namespace {

using namespace backends::vault;

Access access_of(const config::Config::Vault& vault) {
    if (!vault.token.available()) throw CheckError(ErrorClass::local, "its token is not available");
    return {.url = vault.url,
            .token = vault.token,
            .name_space = vault.name_space,
            .tls = {.ca = vault.ca}};
}

// The reason that the other side gave, unless it contains vitals' token.
std::string theirs(const net::HttpResponse& response, const Secret& token) {
    const std::string own = token.reveal();
    if (!own.empty() && response.body.find(own) != std::string::npos) return {};
    return backends::vault::errors_of(response.body);
}

// A status that says nothing about the secret: the vault, or a proxy before it, has a problem.
void throw_if_unfit(const net::HttpResponse& response, const Secret& token) {
    if (response.status == 503 && response.body.find("sealed") != std::string::npos)
        throw CheckError(ErrorClass::assertion, "it is sealed", "", "secret");
    // Following it would give the token to any host that it names.
    if (response.status >= 300 && response.status < 400)
        throw CheckError(ErrorClass::assertion,
                         fmt::format("status {}: it redirects, as a standby that does not forward "
                                     "does; name the active node",
                                     response.status));
    if (response.status >= 500 || response.status == 429)
        throw CheckError(ErrorClass::assertion, fmt::format("status {}", response.status),
                         theirs(response, token), "secret");
}

std::string told(const Outcome& outcome) {
    return outcome.error.empty() ? outcome.detail
                                 : fmt::format("{} ({})", outcome.detail, outcome.error);
}

// In case a text of the vault contains the token.
std::string without(std::string text, const Secret& token) {
    const std::string own = token.reveal();
    if (own.empty()) return text;
    for (auto at = text.find(own); at != std::string::npos; at = text.find(own, at))
        text.replace(at, own.size(), "***");
    return text;
}

}  // namespace

net::awaitable<Outcome> VaultSecrets::ask(std::shared_ptr<Question> question,
                                          net::Context& context) {
    const config::Config::Vault& vault = question->vault;
    const auto wrong = [&](std::string text, std::string error = {}) {
        question->definite = true;
        return CheckError(ErrorClass::assertion, std::move(text), std::move(error));
    };
    const Access access = access_of(vault);
    std::vector<std::string> read_paths{question->read_path};
    if (question->read_path.empty()) {
        // A token that may read anything of a mount may ask this; if it is refused nevertheless,
        // the path is tried in both versions.
        const net::HttpResponse response = co_await backends::vault::get(
            context, access, "mount", encoded_path("sys/internal/ui/mounts/" + question->path));
        throw_if_unfit(response, vault.token);
        const auto mount =
            response.status == 200 ? mount_of(response.body) : std::optional<Mount>();
        if (mount && !mount->has_values())
            throw wrong(fmt::format("is in an engine of type {}, expected kv", mount->type));
        if (mount) read_paths = {mount->read_path(question->path)};
        if (read_paths.front().empty()) {
            const SecretPath path(question->path);
            read_paths = {path.version_2, path.version_1};
        }
    }
    backends::vault::Found found =
        co_await backends::vault::get_secret(context, access, std::move(read_paths));
    const net::HttpResponse& response = found.response;
    throw_if_unfit(response, vault.token);
    if (refuses(response)) {
        const net::HttpResponse self = co_await backends::vault::get(
            context, access, "token", encoded_path("auth/token/lookup-self"));
        throw_if_unfit(self, vault.token);
        if (refuses(self)) throw CheckError(ErrorClass::auth, "its token is not valid");
        throw wrong("may not be read with the vault's token");
    }
    if (found.deleted()) throw wrong("is deleted");
    if (response.status == 404) throw wrong("does not exist");
    if (response.status != 200)
        throw wrong(fmt::format("was answered with status {}", response.status),
                    theirs(response, vault.token));
    question->read_path = std::move(found.path);
    question->body = std::move(found.response.body);
    co_return ok();
}

VaultSecrets::VaultSecrets(net::Loop& loop, net::Environment& environment, Clock& clock, Log log)
    : loop_(loop), environment_(environment), clock_(clock), log_(std::move(log)), timer_(loop) {}

VaultSecrets::~VaultSecrets() = default;

void VaultSecrets::on_round(std::function<void()> listener) {
    on_round_ = std::move(listener);
}

void VaultSecrets::configure(const config::Config& config) {
    request_.reset();
    timer_.cancel();
    alive_ = std::make_shared<bool>(true);
    const bool same = vault_ && config.vault && vault_->place() == config.vault->place();
    if (!same) of_all_.clear(), of_secrets_.clear();
    vault_ = config.vault;
    places_.clear();
    if (!vault_) return;
    std::map<std::string, VaultTrouble> still;
    for (config::VaultSecret& secret : config.secrets.vault_secrets()) {
        if (const auto old = of_secrets_.find(secret.reference); old != of_secrets_.end())
            still.insert(*old);
        const auto at = std::find_if(places_.begin(), places_.end(),
                                     [&](const Place& place) { return place.path == secret.path; });
        Place& place = at == places_.end() ? places_.emplace_back() : *at;
        place.path = secret.path;
        place.secrets.push_back(std::move(secret));
    }
    of_secrets_ = std::move(still);
    if (!places_.empty()) begin_round();
}

void VaultSecrets::begin_round() {
    next_ = 0;
    round_trouble_.clear();
    ask_next();
}

void VaultSecrets::ask_next() {
    if (next_ == places_.size() || !round_trouble_.empty()) return end_round();
    auto question = std::make_shared<Question>();
    question->vault = *vault_;
    question->path = places_[next_].path;
    question->read_path = places_[next_].read_path;
    auto run = [question](net::Context& context) { return ask(question, context); };
    // A request must not be destroyed inside its own call.
    auto done = [this, question, alive = std::weak_ptr(alive_)](Outcome outcome) {
        loop_.post([this, question, alive, outcome = std::move(outcome)] {
            if (alive.expired()) return;
            take(outcome, *question);
            wipe(question->body);
            ++next_;
            ask_next();
        });
    };
    request_ =
        std::make_unique<engine::OngoingRun>(environment_, clock_, "vitals/secrets", "vault",
                                             std::move(run), vault_->timeout, std::move(done));
}

void VaultSecrets::take(const Outcome& outcome, const Question& question) {
    Place& place = places_[next_];
    if (outcome.status == Status::ok) {
        place.read_path = question.read_path;
        for (const config::VaultSecret& secret : place.secrets) take_value(secret, question);
        return;
    }
    place.read_path.clear();  // the mount may have become another
    const std::string text = without(told(outcome), vault_->token);
    if (!question.definite) return give_up(text);
    for (const config::VaultSecret& secret : place.secrets) take_trouble(secret, text);
}

void VaultSecrets::take_value(const config::VaultSecret& secret, const Question& question) {
    auto value = backends::vault::value_of(question.body, secret.key);
    if (!value) return take_trouble(secret, std::move(value.error()));
    const bool troubled = of_secrets_.erase(secret.reference) > 0;
    const bool first = !secret.secret.available();
    const bool changed = first || !secret.secret.equals(*value);
    if (changed) secret.secret.replace(*value);
    wipe(*value);
    if (changed && !first)
        log_(LogLevel::info, fmt::format("secret {} has changed in the vault, the new value is in "
                                         "use",
                                         secret.reference));
    else if (troubled)
        log_(LogLevel::info, fmt::format("secret {} can be read{}", secret.reference,
                                         first ? "" : " again, unchanged"));
}

void VaultSecrets::take_trouble(const config::VaultSecret& secret, std::string text) {
    VaultTrouble trouble{.text = fmt::format("secret {} {}", secret.reference, text),
                         .definite = true,
                         .position = secret.position};
    secret.secret.set_why_unavailable(trouble.text);
    VaultTrouble& known = of_secrets_[secret.reference];
    if (known.text != trouble.text)
        log_(LogLevel::warning,
             fmt::format("{}; {}", trouble.text,
                         secret.secret.available() ? "its last value stays in use"
                                                   : "what needs it waits"));
    known = std::move(trouble);
}

void VaultSecrets::give_up(std::string text) {
    round_trouble_ = fmt::format("vault {} cannot be read: {}", vault_->url, text);
    for (const Place& place : places_)
        for (const config::VaultSecret& secret : place.secrets)
            secret.secret.set_why_unavailable(round_trouble_);
}

void VaultSecrets::end_round() {
    if (round_trouble_.empty() && !of_all_.empty())
        log_(LogLevel::info, fmt::format("vault {} can be read again", vault_->url));
    if (!round_trouble_.empty() && round_trouble_ != of_all_) {
        std::size_t missing = 0;
        for (const Place& place : places_)
            missing += static_cast<std::size_t>(std::count_if(
                place.secrets.begin(), place.secrets.end(),
                [](const config::VaultSecret& each) { return !each.secret.available(); }));
        log_(LogLevel::warning,
             fmt::format("{}; {}", round_trouble_,
                         missing == 0 ? "the last values stay in use"
                                      : "what needs a secret that was never read waits"));
    }
    of_all_ = round_trouble_;
    timer_.arm(clock_.steady() + vault_->interval, [this] { begin_round(); });
    if (on_round_) on_round_();
}

std::vector<VaultTrouble> VaultSecrets::troubles() const {
    std::vector<VaultTrouble> all;
    if (!of_all_.empty()) all.push_back({.text = of_all_});
    for (const auto& [reference, trouble] : of_secrets_) all.push_back(trouble);
    std::sort(all.begin(), all.end(), [](const VaultTrouble& a, const VaultTrouble& b) {
        return std::tie(a.position, a.text) < std::tie(b.position, b.text);
    });
    return all;
}

Outcome VaultSecrets::health() const {
    std::size_t total = 0, missing = 0;
    for (const Place& place : places_)
        for (const config::VaultSecret& secret : place.secrets) {
            ++total;
            missing += secret.secret.available() ? 0 : 1;
        }
    std::string why;
    for (const VaultTrouble& trouble : troubles()) why += (why.empty() ? "" : "; ") + trouble.text;
    Outcome outcome = ok(text::counted(total, "secret") + " from the vault");
    if (missing > 0)
        outcome = failed(fmt::format("{} of {} secrets of the vault have no value", missing, total),
                         ErrorClass::local);
    else if (!why.empty())
        outcome = degraded("the vault cannot be read; the last values stay in use");
    outcome.error = std::move(why);
    return outcome;
}

std::vector<VaultTrouble> read_vault(const config::Config& config) {
    net::Loop loop;
    net::Environment environment(loop);
    VaultSecrets secrets(loop, environment, real_clock(), [](LogLevel, std::string_view) {});
    secrets.on_round([&loop] { loop.stop(); });
    secrets.configure(config);
    if (secrets.in_use()) loop.run();
    return secrets.troubles();
}

}  // namespace vitals::secrets
