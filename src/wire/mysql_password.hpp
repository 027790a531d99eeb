// How a client of MySQL or MariaDB proves that it knows a password, for each plugin: the answer to
// the server's salt. Only the part of the salt that the plugin knows is used, because a NUL may
// follow. Pure.
#pragma once

#include <string>
#include <string_view>

namespace vitals::wire::mysql {

// mysql_native_password: 20 bytes; nothing for an empty password.
std::string native_proof(std::string_view password, std::string_view salt);
// caching_sha2_password, if the server still has the password in its cache: 32 bytes; nothing for
// an empty password.
std::string caching_sha2_proof(std::string_view password, std::string_view salt);
// client_ed25519 of MariaDB: 64 bytes. The key is the SHA-512 of the password, of any length, so
// OpenSSL would not accept it as an Ed25519 key. https://mariadb.com/kb/en/connection/
std::string ed25519_proof(std::string_view password, std::string_view salt);

}  // namespace vitals::wire::mysql
