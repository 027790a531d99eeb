// Keeps the journal open whatever happens to its disk: creates the directory, repeats what failed,
// sets a damaged file aside, and can say what is wrong. It decides nothing about what is written.
// Used on the store's thread only.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "history/journal.hpp"

namespace vitals::history {

class Archive {
  public:
    using Patience = std::function<bool(std::chrono::milliseconds waited)>;

    Archive(std::string directory, Log log, Patience patience);

    // Creates the directory, as far as possible.
    void prepare() const noexcept;
    bool is_there() const;
    // What an older vitals kept in the database; read without waiting until the file can be opened
    // properly.
    std::optional<std::string> saved_decommission() const;

    // Does the work on the open journal, and opens it first if necessary. False: it could not be
    // done; problem() says why, and nothing was written. Only a write proves that all is well
    // again.
    bool write(const std::function<void(Journal&)>& work);
    bool read(const std::function<void(Journal&)>& work);
    // Notices what no write would notice: a disk with no room left, a file that was removed.
    void look_around();

    void close() { journal_.reset(); }

    // What is wrong, for everyone ("disk full") and for those who may read it; empty: nothing.
    struct Problem {
        std::string detail;
        std::string error;
        bool operator==(const Problem&) const = default;
    };
    Problem problem() const;
    // How often a file was given up and a new one begun. When this grows, everything that must be
    // in the file must be saved again.
    unsigned renewals() const noexcept { return renewals_; }
    std::uint64_t used_bytes();  // 0 while the file is not open

  private:
    bool attempt(const std::function<void(Journal&)>& work);
    void open();
    bool set_aside();
    void judge(const SqliteError& error);

    std::string directory_;
    std::string path_;
    Log log_;
    Patience patience_;
    std::unique_ptr<Journal> journal_;
    Problem failure_;  // of the latest attempt that failed, until a write succeeds
    Problem no_room_;
    std::string damaged_;  // the first file that was set aside
    unsigned renewals_ = 0;
};

}  // namespace vitals::history
