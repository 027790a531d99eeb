#include "alerts/receivers/webhook/webhook.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>

#include "alerts/receivers/fields.hpp"
#include "alerts/receivers/payload.hpp"
#include "model/secret_list.hpp"
#include "text/base64.hpp"
#include "text/prose.hpp"

namespace vitals::alerts::receivers {

namespace webhook_receiver {

namespace {

constexpr std::string_view secret_prefix = "whsec_";

Verified verify_secrets(const SecretMap& secrets) {
    for (const auto& [name, secret] : secrets) {
        if (!secret.available()) continue;
        if (const auto key = key_of(secret.reveal()); !key) return std::unexpected(key.error());
    }
    return {};
}

constexpr Field fields[] = {
    secret_url_field<Options>("The URL to post to."),
    secret_list_field<&Options::secret, verify_secrets>(
        "secret",
        "The secret that signs the message, `whsec_` and base64 of 24 to 64 bytes; several while "
        "one is being replaced.",
        {.example = "{file: /run/secrets/webhook}"}),
    field<&Options::headers>("headers", "Further headers of the request; a value may be a secret.",
                             {.example = "{Authorization: {file: /run/secrets/token}}"}),
    tls_field<Options>(),
};

// The specification allows no full stop in an id, because a full stop separates the signed parts.
std::string id_of(const Alert& alert) {
    std::string id = alert.key;
    std::ranges::replace(id, '.', '_');
    return id;
}

}  // namespace

std::expected<std::string, std::string> key_of(std::string_view secret) {
    constexpr std::size_t least = 24, most = 64;
    if (!secret.starts_with(secret_prefix))
        return std::unexpected(
            "does not begin with 'whsec_'; make one with: echo "
            "\"whsec_$(openssl rand -base64 32)\"");
    auto key = text::from_base64(secret.substr(secret_prefix.size()));
    if (!key) return std::unexpected("is no base64 behind 'whsec_'");
    if (key->size() < least || key->size() > most)
        return std::unexpected(
            fmt::format("has a key of {} bytes, expected {} to {}", key->size(), least, most));
    return *key;
}

std::string signature(std::string_view key, std::string_view id, std::string_view timestamp,
                      std::string_view body) {
    const std::string text = fmt::format("{}.{}.{}", id, timestamp, body);
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
    return "v1," + text::base64({reinterpret_cast<const char*>(digest.data()), size});
}

HttpRequest request(const Envelope& envelope, const Options& options) {
    HttpRequest request = post_json(options.url.reveal(), message_json(envelope));
    const std::string id = id_of(envelope.alert);
    const auto seconds =
        std::chrono::floor<std::chrono::seconds>(envelope.now).time_since_epoch().count();
    const std::string timestamp = std::to_string(seconds);
    request.headers.emplace_back("webhook-id", id);
    request.headers.emplace_back("webhook-timestamp", timestamp);
    std::string signatures;
    for (const auto& [name, secret] : options.secret) {
        const auto key = key_of(secret.reveal());
        if (!key) continue;
        signatures +=
            (signatures.empty() ? "" : " ") + signature(*key, id, timestamp, request.body);
    }
    if (!signatures.empty()) request.headers.emplace_back("webhook-signature", signatures);
    for (const auto& [name, value] : options.headers)
        request.headers.emplace_back(name, value.reveal());
    return request;
}

constexpr std::string_view about = R"(
    The message as JSON, below 20 kB, signed by the rules of Standard Webhooks:
    `webhook-id` is the same for each attempt, `webhook-timestamp` and the signature are
    new. Only an answer 2xx is success. A program that keeps the ids can remove
    duplicates.)"_prose;

}  // namespace webhook_receiver

extern constinit const Receiver webhook =
    make_receiver<webhook_receiver::Options, webhook_receiver::fields, webhook_receiver::request>(
        "webhook", "Posts the message as JSON, signed.",
        {.about = webhook_receiver::about, .deadline = std::chrono::seconds(30)});

}  // namespace vitals::alerts::receivers
