// The forms of a secret in the file: a plain text, {env: NAME}, {file: PATH}, {vault:
// "mount/path#key"}. No message ever shows a value.
#pragma once

#include <string>
#include <string_view>

#include "config/apply.hpp"

namespace vitals::config {

// Reads one; false when an error was reported. Without Reading::read_secrets only its form is
// checked, and the secret stays pending. `required`: an empty plain text is also refused.
bool read_secret(const Node& node, Position position, std::string_view key, bool required,
                 Secret& secret, Reading& reading);

// Whether the value of a header of that name is almost never public.
bool carries_secret(std::string_view header);

// The form of the secret in a fingerprint: its reference, or a digest of a plain value.
std::string secret_reference(const Node& node);

// SHA-256 in hexadecimal.
std::string digest(std::string_view text);

// Checks a private file that is read elsewhere (a TLS key) in the same way as files of secrets: it
// must be readable, and not writable by others. False when an error was reported.
bool check_private_file(const std::string& path, Position position, Reading& reading);

}  // namespace vitals::config
