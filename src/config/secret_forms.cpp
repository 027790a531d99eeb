// The forms of a secret.
#include "config/secret_forms.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "config/scalars.hpp"
#include "text/words.hpp"

namespace vitals::config {

namespace {

constexpr std::array<std::string_view, 3> forms = {"env", "file", "vault"};
constexpr std::string_view expected_forms = "a text, {env: NAME}, {file: PATH} or {vault: PLACE}";

bool from_environment(const Node& name, std::string_view key, Secret& secret, Reading& reading) {
    if (!is_variable_name(name.scalar)) {
        reading.problem(name.position, fmt::format("{} is not the name of an environment variable",
                                                   text::in_quotes(name.scalar)));
        return false;
    }
    if (!reading.read_secrets) {
        secret = Secret::pending();
        return true;
    }
    auto value = reading.environment(name.scalar);
    if (!value || value->empty()) {
        reading.problem(
            name.position,
            fmt::format("{} is in the environment variable {}, which is {}", text::in_quotes(key),
                        name.scalar, value ? "empty" : "not set"));
        return false;
    }
    secret = Secret(std::move(*value));
    return true;
}

bool from_file(const Node& path, std::string_view key, Secret& secret, Reading& reading) {
    if (!reading.read_secrets) {
        secret = Secret::pending();
        return true;
    }
    std::string warning;
    auto read = reading.store.from_file(path.scalar, &warning);
    if (!read) {
        reading.problem(path.position,
                        fmt::format("{} is in the file {}, which {}", text::in_quotes(key),
                                    path.scalar, read.error()));
        return false;
    }
    if (!warning.empty())
        reading.warning(path.position, fmt::format("{} is in the file {}, which {}",
                                                   text::in_quotes(key), path.scalar, warning));
    secret = *read;
    return true;
}

bool from_vault(const Node& reference, std::string_view key, Secret& secret, Reading& reading) {
    auto wanted = vault_reference(reference.scalar);
    if (!wanted) {
        reading.problem(reference.position, std::move(wanted.error()));
        return false;
    }
    wanted->option = key;
    wanted->position = reference.position;
    secret = reading.store.from_vault(std::move(*wanted));
    return true;
}

}  // namespace

bool read_secret(const Node& node, Position position, std::string_view key, bool required,
                 Secret& secret, Reading& reading) {
    if (node.broken) return false;
    if (node.nothing()) {
        reading.problem(position, fmt::format("{} has no value, expected {}", text::in_quotes(key),
                                              expected_forms));
        return false;
    }
    if (node.kind == Node::Kind::scalar) {
        if (required && node.scalar.empty()) {
            reading.problem(node.position,
                            fmt::format("{} must not be empty", text::in_quotes(key)));
            return false;
        }
        secret = reading.read_secrets ? Secret(node.scalar) : Secret::pending();
        return true;
    }
    if (node.kind == Node::Kind::sequence || node.entries.size() != 1) {
        const std::string_view what = node.kind == Node::Kind::sequence ? "a list"
                                      : node.entries.empty()            ? "an empty mapping"
                                                                        : "several sources";
        reading.problem(node.position, fmt::format("{} must be {}, found {}", text::in_quotes(key),
                                                   expected_forms, what));
        return false;
    }
    const Node::Entry& entry = node.entries.front();
    if (std::find(forms.begin(), forms.end(), entry.key) == forms.end()) {
        reading.problem(
            entry.position,
            fmt::format("unknown source {} of the secret {}{}", text::in_quotes(entry.key),
                        text::in_quotes(key),
                        text::did_you_mean(entry.key, forms, ", expected env, file or vault")));
        return false;
    }
    if (entry.value.broken) return false;
    if (entry.value.kind != Node::Kind::scalar) {
        reading.problem(entry.value.position,
                        fmt::format("'{}' of the secret {} must be a text, found {}", entry.key,
                                    text::in_quotes(key), found(entry.value)));
        return false;
    }
    if (entry.value.scalar.empty()) {
        reading.problem(entry.position, fmt::format("'{}' of the secret {} has no value", entry.key,
                                                    text::in_quotes(key)));
        return false;
    }
    if (entry.key == "env") return from_environment(entry.value, key, secret, reading);
    if (entry.key == "file") return from_file(entry.value, key, secret, reading);
    return from_vault(entry.value, key, secret, reading);
}

bool carries_secret(std::string_view header) {
    std::string lower(header);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    constexpr std::array<std::string_view, 6> words = {"authorization", "cookie", "token",
                                                       "api-key",       "secret", "password"};
    return std::ranges::any_of(words,
                               [&lower](std::string_view word) { return lower.contains(word); });
}

std::string secret_reference(const Node& node) {
    if (node.kind == Node::Kind::scalar) return "plain:" + digest(node.scalar);
    std::string text;
    for (const Node::Entry& entry : node.entries)
        text += fmt::format("{}:{};", entry.key, entry.value.scalar);
    return text;
}

std::string digest(std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned length = 0;
    // Looked up once: this takes longer than a short text.
    static EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    EVP_Digest(text.data(), text.size(), bytes.data(), &length, sha256, nullptr);
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hexadecimal;
    hexadecimal.reserve(2 * length);
    for (unsigned i = 0; i < length; ++i) {
        hexadecimal += digits[bytes[i] >> 4];
        hexadecimal += digits[bytes[i] & 15];
    }
    return hexadecimal;
}

bool check_private_file(const std::string& path, Position position, Reading& reading) {
    if (!reading.read_secrets) return true;
    std::string warning;
    if (const auto read = SecretStore().from_file(path, &warning); !read) {
        reading.problem(position, fmt::format("{} {}", path, read.error()));
        return false;
    }
    if (!warning.empty()) reading.warning(position, fmt::format("{} {}", path, warning));
    return true;
}

}  // namespace vitals::config
