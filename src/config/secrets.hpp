// Secrets that may change while the program runs. This class reads their files again; the values of
// a vault come from code that can ask it. Every copy of the Secret sees the new value. A copy of
// the store is the same store. Thread-safe.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/node.hpp"
#include "model/secret.hpp"

namespace vitals::config {

// The place of a secret in a vault, and the first place in the configuration that refers to it.
struct VaultSecret {
    std::string reference;  // mount/path#key
    std::string path;       // mount/path
    std::string key;
    Secret secret;
    std::string option;  // `password`
    Position position;
};

// The parts of `mount/path#key`, or what is wrong with it.
std::expected<VaultSecret, std::string> vault_reference(const std::string& text);

class SecretStore {
  public:
    SecretStore();

    // A secret from a file: its content without one trailing newline. The same path gives the same
    // cell each time. The error says why it is not available: missing, unreadable, a directory,
    // empty, larger than 64 KiB, writable by others. `warning`, if given, is set when others may
    // read it. Both complete the sentence "the file X ...".
    std::expected<Secret, std::string> from_file(const std::string& path,
                                                 std::string* warning = nullptr);

    // A secret from a vault, without a value until it is read. The same reference gives the same
    // cell each time. `wanted` is the result of vault_reference(), with option and position.
    Secret from_vault(VaultSecret wanted);
    std::vector<VaultSecret> vault_secrets() const;  // by reference

    // Continues the secrets of an earlier configuration: their present values become former ones
    // here, and values from the vault stay in use. Without `same_vault` only those of files are
    // taken over.
    void continue_from(const SecretStore& before, bool same_vault);

    // Reads one of the files again; each must be read at least every 10 s, off the engine's thread.
    // A file that cannot be read keeps its last value. Returns a line for the log when the value
    // changed, or a problem begins or ends; never a value.
    std::vector<std::string> files() const;  // their paths
    std::optional<std::string> refresh(const std::string& path);
    // Reading it did not succeed: returns the line for the log, once.
    std::optional<std::string> unanswered(const std::string& path);

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace vitals::config
