// Files are opened so that a FIFO or a device in their place does not block.
#include "history/state_files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <system_error>
#include <thread>

#include <fmt/format.h>

namespace vitals::history {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view heading = "vitals decommission 1\n";
constexpr std::size_t largest = 64 * 1024;
constexpr auto lock_patience = 1s;
constexpr auto lock_pause = 20ms;
constexpr int harmless = O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW;

class Descriptor {
  public:
    Descriptor(const std::string& path, int flags, mode_t mode = 0)
        : number_(::open(path.c_str(), flags | harmless, mode)) {}
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int operator*() const { return number_; }
    explicit operator bool() const { return number_ >= 0; }

  private:
    int number_;
};

std::string reason(const std::string& path, int error) {
    return fmt::format("{}: {}", path, std::generic_category().message(error));
}

bool is_regular(int descriptor) {
    struct stat facts{};
    return ::fstat(descriptor, &facts) == 0 && S_ISREG(facts.st_mode);
}

// At most one byte more than the largest valid size.
std::expected<std::string, int> read_all(int descriptor) {
    std::string content(largest + 1, '\0');
    std::size_t length = 0;
    while (length < content.size()) {
        const ssize_t got = ::read(descriptor, content.data() + length, content.size() - length);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return std::unexpected(errno);
        if (got == 0) break;
        length += static_cast<std::size_t>(got);
    }
    content.resize(length);
    return content;
}

bool write_all(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

// Nothing where there is no file.
std::expected<std::optional<std::string>, std::string> content_of(const std::string& path) {
    const Descriptor file(path, O_RDONLY);
    if (!file && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
    if (!file) return std::unexpected(reason(path, errno));
    if (!is_regular(*file)) return std::unexpected(path + " is not a regular file");
    auto bytes = read_all(*file);
    if (!bytes) return std::unexpected(reason(path, bytes.error()));
    return *std::move(bytes);
}

// On any failure, the file is either as before or as wanted. Returns what is wrong, or nothing.
std::optional<std::string> replace(const std::string& directory_path, const std::string& path,
                                   std::string_view bytes, mode_t mode) {
    const std::string fresh = path + ".new";
    if (::unlink(fresh.c_str()) != 0 && errno != ENOENT) return reason(fresh, errno);
    {
        const Descriptor file(fresh, O_WRONLY | O_CREAT | O_EXCL, mode);
        if (!file || !write_all(*file, bytes) || ::fsync(*file) != 0) {
            const int error = errno;
            ::unlink(fresh.c_str());
            return reason(fresh, error);
        }
    }
    if (std::rename(fresh.c_str(), path.c_str()) != 0) return reason(path, errno);
    const Descriptor directory(directory_path, O_RDONLY | O_DIRECTORY);
    if (!directory || ::fsync(*directory) != 0) return reason(directory_path, errno);
    return std::nullopt;
}

// FNV-1a: against damage, not against malice.
std::uint64_t checksum(std::string_view bytes) {
    std::uint64_t sum = 0xcbf29ce484222325u;
    for (const char byte : bytes) {
        sum ^= static_cast<unsigned char>(byte);
        sum *= 0x100000001b3u;
    }
    return sum;
}

}  // namespace

std::optional<std::string> DirectoryLock::take(const std::string& directory, int process) {
    const std::string path = directory + "/lock";
    descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | harmless, 0640);
    if (descriptor_ < 0) descriptor_ = ::open(path.c_str(), O_RDONLY | harmless);
    if (descriptor_ < 0 || !is_regular(descriptor_)) return std::nullopt;
    const auto end = std::chrono::steady_clock::now() + lock_patience;
    while (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) return std::nullopt;
        if (std::chrono::steady_clock::now() >= end) {
            std::string holder = read_all(descriptor_).value_or("");
            holder.resize(std::min(holder.find_first_not_of("0123456789"), holder.size()));
            release();
            return holder.empty() ? "unknown" : holder;
        }
        std::this_thread::sleep_for(lock_pause);
    }
    // The content is only for people: the lock counts.
    const std::string text = std::to_string(process) + "\n";
    if (::ftruncate(descriptor_, 0) == 0) write_all(descriptor_, text);
    return std::nullopt;
}

void DirectoryLock::release() noexcept {
    const int descriptor = descriptor_.exchange(-1);
    if (descriptor >= 0) ::close(descriptor);
}

void DirectoryLock::unlock() noexcept {
    if (const int descriptor = descriptor_; descriptor >= 0) ::flock(descriptor, LOCK_UN);
}

std::string decommission_bytes(const std::string& text) {
    return fmt::format("{}{:016x}\n{}", heading, checksum(text), text);
}

std::expected<std::string, std::string> decommission_text(const std::string& bytes) {
    if (!bytes.starts_with(heading))
        return std::unexpected(bytes.starts_with("vitals decommission ")
                                   ? "was written by a newer vitals"
                                   : "is damaged");
    const std::size_t begin = heading.size() + 17;
    if (bytes.size() < begin) return std::unexpected("is damaged");
    std::string text = bytes.substr(begin);
    if (decommission_bytes(text) != bytes) return std::unexpected("is damaged");
    return text;
}

DecommissionFile::DecommissionFile(const std::string& directory)
    : directory_(directory), path_(directory + "/decommission") {}

std::expected<std::optional<std::string>, std::string> DecommissionFile::read() const {
    const auto bytes = content_of(path_);
    if (!bytes) return std::unexpected(bytes.error());
    if (!*bytes) return std::nullopt;
    auto text = decommission_text(**bytes);
    if (!text) return std::unexpected(path_ + " " + text.error());
    return std::move(*text);
}

std::optional<std::string> DecommissionFile::write(const std::string& text) const {
    return replace(directory_, path_, decommission_bytes(text), 0640);
}

LinkKeyFile::LinkKeyFile(const std::string& directory) : directory_(directory) {}

std::expected<std::string, std::string> LinkKeyFile::read() const {
    auto bytes = content_of(directory_ + "/link.key");
    if (!bytes) return std::unexpected(bytes.error());
    std::string key = bytes->value_or("");
    if (key.ends_with('\n')) key.pop_back();
    return key;
}

std::optional<std::string> LinkKeyFile::write(const std::string& key) const {
    return replace(directory_, directory_ + "/link.key", key + "\n", 0600);
}

}  // namespace vitals::history
