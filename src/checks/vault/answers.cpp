#include "answers.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "backends/vault/answers.hpp"
#include "text/quote.hpp"

namespace vitals::checks::vault {

namespace {

namespace json = boost::json;
using backends::vault::object_of;
using backends::vault::values_of;

CheckError not_vault(std::string_view body) {
    return CheckError(ErrorClass::protocol, "not Vault's answer", "got " + text::quoted(body));
}

std::optional<bool> flag(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    if (value == nullptr || !value->is_bool()) return std::nullopt;
    return value->get_bool();
}

const json::object* child(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    return value == nullptr ? nullptr : value->if_object();
}

}  // namespace

std::string judge_health(std::string_view body, bool standby_ok, bool dr_secondary_ok) {
    const auto health = object_of(body);
    if (!health) throw not_vault(body);
    const auto initialized = flag(*health, "initialized");
    const auto sealed = flag(*health, "sealed");
    if (!initialized || !sealed) throw not_vault(body);
    const auto fault = [&](std::string detail) {
        return CheckError(ErrorClass::assertion, std::move(detail), "got " + text::quoted(body));
    };
    if (!*initialized) throw fault("is not initialised");
    if (flag(*health, "removed_from_cluster").value_or(false))
        throw fault("was removed from its cluster");
    if (*sealed) throw fault("is sealed");
    const json::value* recovery = health->if_contains("replication_dr_mode");
    if (recovery != nullptr && recovery->is_string() && recovery->get_string() == "secondary") {
        if (dr_secondary_ok) return std::string(dr_secondary);
        throw fault("is a secondary for disaster recovery, which serves nobody");
    }
    const bool performance = flag(*health, "performance_standby").value_or(false);
    if (!performance && !flag(*health, "standby").value_or(false)) return "active";
    if (!flag(*health, "ha_connection_healthy").value_or(true))
        throw fault("is a standby that does not reach the active node");
    const std::string role = performance ? "performance standby" : "standby";
    if (!standby_ok) throw fault(fmt::format("is a {}, expected the active node", role));
    return role;
}

Outcome judge_recovery(std::string_view body) {
    const auto answer = object_of(body);
    const json::object* data = answer ? child(*answer, "data") : nullptr;
    const auto word = [data](std::string_view name) -> std::string {
        const json::value* value = data == nullptr ? nullptr : data->if_contains(name);
        return value != nullptr && value->is_string() ? std::string(value->get_string())
                                                      : std::string();
    };
    const std::string theirs = "got " + text::quoted(body);
    if (word("mode").empty()) throw not_vault(body);
    if (word("mode") != "secondary")
        throw CheckError(ErrorClass::assertion, "is no secondary for disaster recovery any more",
                         theirs);
    const std::string state = word("state");
    const std::string connection = word("connection_state");
    const bool connected = connection.empty() || connection == "ready" || connection == "idle";
    if (!connected)
        throw CheckError(ErrorClass::assertion,
                         fmt::format("{} that does not reach its primary", dr_secondary), theirs);
    if (state == "stream-wals") return ok(fmt::format("{}, follows its primary", dr_secondary));
    if (state == "merkle-diff" || state == "merkle-sync")
        return degraded(fmt::format("{}, is catching up with its primary", dr_secondary));
    throw CheckError(ErrorClass::assertion,
                     fmt::format("{} that does not follow its primary", dr_secondary), theirs);
}

std::optional<std::int64_t> seconds_left(std::string_view body) {
    const auto answer = object_of(body);
    const json::object* data = answer ? child(*answer, "data") : nullptr;
    const json::value* ttl = data == nullptr ? nullptr : data->if_contains("ttl");
    // The body holds the token, so no message repeats it.
    const CheckError odd(ErrorClass::protocol, "not Vault's answer", "a token without a ttl");
    if (ttl == nullptr || !ttl->is_int64() || ttl->get_int64() < 0) throw odd;
    // A root token has a ttl of 0 and no expiry; any other token also has a ttl of 0 in its last
    // second.
    const json::value* expiry = data->if_contains("expire_time");
    const bool ends = expiry != nullptr && expiry->is_string() && !expiry->get_string().empty();
    if (ttl->get_int64() == 0 && !ends) return std::nullopt;
    return ttl->get_int64();
}

void judge_secret(std::string_view body, const std::string& key) {
    // The body holds the secret, so no error repeats it.
    const auto answer = object_of(body);
    const json::object* values = answer ? values_of(*answer) : nullptr;
    if (values == nullptr)
        throw CheckError(ErrorClass::protocol, "not Vault's answer", "a secret without data");
    if (values->empty()) throw CheckError(ErrorClass::assertion, "secret is empty");
    if (!key.empty() && !values->contains(key))
        throw CheckError(ErrorClass::assertion, fmt::format("secret has no {}", key));
}

}  // namespace vitals::checks::vault
