// Small files beside the database, which damage to the database does not affect: the process that
// uses the directory, the decommission, and the key of links. Any thread; every call except
// unlock() may hang with the disk.
#pragma once

#include <atomic>
#include <expected>
#include <optional>
#include <string>

namespace vitals::history {

// Held while this exists; the kernel releases it when the process dies.
class DirectoryLock {
  public:
    DirectoryLock() = default;
    ~DirectoryLock() { release(); }
    DirectoryLock(const DirectoryLock&) = delete;
    DirectoryLock& operator=(const DirectoryLock&) = delete;

    // Locks the file `lock` in the directory and writes the process id into it. Waits for a second
    // for another process that is about to end. Returns the id of that process when it stays, else
    // nothing. A directory that cannot be locked at all (read-only, no permission) is not locked.
    std::optional<std::string> take(const std::string& directory, int process);
    void release() noexcept;
    // Only lets the next process in: closing may hang with the disk.
    void unlock() noexcept;

  private:
    std::atomic<int> descriptor_ = -1;
};

// The decommission text in the file `decommission`: a version, a checksum, the text.
class DecommissionFile {
  public:
    explicit DecommissionFile(const std::string& directory);

    // The text, or nothing if there is no file. The error says why it cannot be known.
    std::expected<std::optional<std::string>, std::string> read() const;
    // On disk when it returns, even if the machine loses power in the next moment. On any failure,
    // the file is either as before or as wanted. Returns what is wrong, or nothing.
    std::optional<std::string> write(const std::string& text) const;

  private:
    std::string directory_;
    std::string path_;
};

// The key that signs links in messages, in the file `link.key`, which only the owner may read. To
// make all links invalid, remove it.
class LinkKeyFile {
  public:
    explicit LinkKeyFile(const std::string& directory);

    // The key as it was written; empty if there is no file. The error says why it cannot be known.
    std::expected<std::string, std::string> read() const;
    std::optional<std::string> write(const std::string& key) const;  // as of DecommissionFile

  private:
    std::string directory_;
};

// The bytes of a decommission file; and the text in them, or what is wrong with them.
std::string decommission_bytes(const std::string& text);
std::expected<std::string, std::string> decommission_text(const std::string& bytes);

}  // namespace vitals::history
