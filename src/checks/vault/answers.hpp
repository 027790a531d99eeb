// The meaning of Vault's answers for the check. Pure: JSON in, verdict out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/check_error.hpp"
#include "vitals/outcome.hpp"

namespace vitals::checks::vault {

// GET /v1/sys/health, judged by its fields and not by its status. Throws CheckError for a node that
// must not be used. Returns its mode: `active`, `standby` or `performance standby`.
std::string judge_health(std::string_view body, bool standby_ok, bool dr_secondary_ok);
inline constexpr std::string_view dr_secondary = "secondary for disaster recovery";

// GET /v1/sys/replication/dr/status of such a secondary: whether it follows its primary. Throws
// CheckError when it does not, or is not a secondary.
// https://developer.hashicorp.com/vault/api-docs/system/replication/replication-dr
Outcome judge_recovery(std::string_view body);

// GET /v1/auth/token/lookup-self: the seconds that the token has left; nothing when it never ends.
// Throws CheckError{protocol}.
std::optional<std::int64_t> seconds_left(std::string_view body);

// A secret from an answer with status 200. Throws CheckError when it is empty, or does not have the
// key.
void judge_secret(std::string_view body, const std::string& key);

}  // namespace vitals::checks::vault
