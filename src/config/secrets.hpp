// Secrets that may change while the program runs: files are re-read here, the values of a vault by
// whoever can ask it, and every copy of the Secret sees the new value. A copy of the store is the
// same store. Thread-safe.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/node.hpp"
#include "model/secret.hpp"

namespace vitals::config {

// Where in a vault a secret is, and where in the configuration it was asked for first.
struct VaultSecret {
    std::string reference;  // mount/path#key
    std::string path;       // mount/path
    std::string key;
    Secret secret;
    std::string option;  // `password`
    Position position;
};

// `mount/path#key` in its parts, or what is wrong with it.
std::expected<VaultSecret, std::string> vault_reference(const std::string& text);

class SecretStore {
  public:
    SecretStore();

    // A secret read from a file: its content without one trailing newline. The same path gives the
    // same cell each time. The error says why it cannot be had: missing, unreadable, a directory,
    // empty, larger than 64 KiB, writable by others. `warning`, if given, is set when others may
    // read it. Both complete the sentence "the file X ...".
    std::expected<Secret, std::string> from_file(const std::string& path,
                                                 std::string* warning = nullptr);

    // A secret of a vault, without a value until somebody has read it. The same reference gives the
    // same cell each time. `wanted` is what vault_reference() gave, with option and position.
    Secret from_vault(VaultSecret wanted);
    std::vector<VaultSecret> vault_secrets() const;  // by reference

    // Goes on from where an earlier configuration's secrets are: values that were in force until
    // now count as former ones, and what a vault gave stays in use. Without `same_vault` only the
    // files' are taken over.
    void continue_from(const SecretStore& before, bool same_vault);

    // Reads one of the files again; each of them is to be read at least every 10 s, off the
    // engine's thread. One that cannot be read keeps its last value. Returns a line for the log
    // when it changed or a problem begins or ends; never a value.
    std::vector<std::string> files() const;  // their paths
    std::optional<std::string> refresh(const std::string& path);
    // Nothing has come of reading it: the line for the log, once.
    std::optional<std::string> unanswered(const std::string& path);

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace vitals::config
