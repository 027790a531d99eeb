// What Vault's answers mean. Pure: JSON in, verdict out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/check_error.hpp"

namespace vitals::checks::vault {

// GET /v1/sys/health, judged by its fields and not by its status. Throws CheckError for a node that
// is not to be used. Returns how it serves: `active`, `standby` or `performance standby`.
std::string judge_health(std::string_view body, bool standby_ok);

// GET /v1/auth/token/lookup-self: seconds that the token has left; nothing when it never ends.
// Throws CheckError{protocol}.
std::optional<std::int64_t> seconds_left(std::string_view body);

// Where a secret may be: what `path` (mount/path#key) is read by in either version of the engine.
struct SecretPath {
    explicit SecretPath(std::string_view path);
    std::string version_2;  // mount/data/path; empty when there is no path behind the mount
    std::string version_1;  // as written
    std::string key;        // may be empty
};

// A secret that was answered with status 200. Throws CheckError when it has nothing, or not the
// key.
void judge_secret(std::string_view body, const std::string& key);

// Whether a 404 says that there was a secret which is deleted (KV version 2).
bool is_deleted(std::string_view body);

// The texts of `errors`, for private use; the body as it stands when it has none.
std::string errors_of(std::string_view body);

}  // namespace vitals::checks::vault
