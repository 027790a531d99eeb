// How a secret stands in the file: a plain text, {env: NAME}, {file: PATH}, {vault:
// "mount/path#key"}. No message ever shows a value.
#pragma once

#include <string>
#include <string_view>

#include "config/apply.hpp"

namespace vitals::config {

// Reads one; false when it was reported. With Reading::read_secrets unset its form is checked and
// the secret stays pending. `required`: an empty plain text is refused too.
bool read_secret(const Node& node, Position position, std::string_view key, bool required,
                 Secret& secret, Reading& reading);

// Whether the value of a header of that name is hardly ever public.
bool carries_secret(std::string_view header);

// What stands for the secret in a fingerprint: its reference, or a digest of a plain value.
std::string secret_reference(const Node& node);

// SHA-256 in hexadecimal.
std::string digest(std::string_view text);

// Checks a private file that is read elsewhere (a TLS key) as secrets' files are: it must be
// readable and not writable by others. False when it was reported.
bool check_private_file(const std::string& path, Position position, Reading& reading);

}  // namespace vitals::config
