// The meaning of Vault's and OpenBao's answers when a secret is read. Pure: JSON in, a value or an
// error out. No error repeats a body that may hold a secret. Source: Vault's HTTP API, KV secrets
// engine versions 1 and 2, /sys/internal/ui/mounts.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

namespace vitals::backends::vault {

// Larger answers are not read, larger values not accepted.
inline constexpr std::size_t most_answer_bytes = 1024 * 1024;
inline constexpr std::size_t most_value_bytes = 64 * 1024;

// A body as a JSON object within limits of depth; nothing when it is not one.
std::optional<boost::json::object> object_of(std::string_view body);

// The values of a secret in an answer of either version of the engine: version 2 has them one level
// deeper, beside `metadata`. Null when there are none.
const boost::json::object* values_of(const boost::json::object& answer);

// Where a secret may be: the paths for `path` (mount/path#key) in both versions of the engine, if
// the mount is its first segment.
struct SecretPath {
    explicit SecretPath(std::string_view path);
    std::string version_2;  // mount/data/path; empty when there is no path after the mount
    std::string version_1;  // as written
    std::string key;        // may be empty
};

// The engine of a path: GET /v1/sys/internal/ui/mounts/PATH.
struct Mount {
    std::string path;  // with its last slash: `kv/`, `teams/shop/kv/`
    std::string type;  // `kv`, `generic`, `cubbyhole`; others have no plain values
    int version = 1;

    bool has_values() const { return type == "kv" || type == "generic" || type == "cubbyhole"; }
    // The path to read for `path`; empty when it is not one of this mount.
    std::string read_path(std::string_view path) const;
};
// Nothing when the answer does not say.
std::optional<Mount> mount_of(std::string_view body);

// One value of a secret, from an answer with status 200, without one trailing newline (as in a
// secret's file). The error completes the sentence "the secret ...".
std::expected<std::string, std::string> value_of(std::string_view body, std::string_view key);

// Whether a 404 says that there was a secret that is deleted (KV version 2).
bool is_deleted(std::string_view body);

// The texts of `errors`, quoted, for private use; the body as it is when it has none.
std::string errors_of(std::string_view body);

}  // namespace vitals::backends::vault
