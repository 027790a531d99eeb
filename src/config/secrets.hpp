// Secrets that may change while the program runs: files (and, later, vault values) are re-read, and
// every copy of the Secret sees the new value. A copy of the store is the same store. Thread-safe.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "model/secret.hpp"

namespace vitals::config {

class SecretStore {
  public:
    SecretStore();

    // A secret read from a file: its content without one trailing newline. The same path gives the
    // same cell each time. The error says why it cannot be had: missing, unreadable, a directory,
    // empty, larger than 64 KiB, writable by others. `warning`, if given, is set when others may
    // read it. Both complete the sentence "the file X ...".
    std::expected<Secret, std::string> from_file(const std::string& path,
                                                 std::string* warning = nullptr);

    // Reads again every file that changed; to be called at least every 10 s, off the engine's
    // thread. A file that cannot be read keeps its last value. Returns one line for each change and
    // for each problem when it begins, for the log; never a value.
    std::vector<std::string> refresh();

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace vitals::config
