// Files with secrets. Each refresh reads every file and compares contents: the files are few and
// small, and times and sizes miss a second change within the resolution of the clock.
#include "config/secrets.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "text/words.hpp"

namespace vitals::config {

namespace {

constexpr std::size_t largest_secret = 64 * 1024;

struct Descriptor {
    int number;
    ~Descriptor() {
        if (number >= 0) ::close(number);
    }
};

std::string reason(int error) {
    return std::error_code(error, std::generic_category()).message();
}

// The content without one trailing newline, or what is wrong with the file.
std::expected<std::string, std::string> read_file(const std::string& path, std::string* warning) {
    // Non-blocking, so that a FIFO without a writer does not block.
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    if (file.number < 0) return std::unexpected(fmt::format("cannot be read: {}", reason(errno)));
    struct stat facts{};
    if (::fstat(file.number, &facts) != 0)
        return std::unexpected(fmt::format("cannot be read: {}", reason(errno)));
    if (S_ISDIR(facts.st_mode)) return std::unexpected("is a directory, expected a file");
    if (!S_ISREG(facts.st_mode)) return std::unexpected("is not a regular file");
    const unsigned mode = facts.st_mode & 07777u;
    if ((mode & S_IWOTH) != 0)
        return std::unexpected(
            fmt::format("may be written by others (mode {:04o}), so it is not trusted; "
                        "chmod o-w it",
                        mode));
    if (warning != nullptr && (mode & S_IROTH) != 0)
        *warning = fmt::format("may be read by others (mode {:04o}); chmod o-r it", mode);
    std::string content(largest_secret + 1, '\0');
    std::size_t length = 0;
    while (length < content.size()) {
        const ssize_t got = ::read(file.number, content.data() + length, content.size() - length);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) {
            wipe(content);
            return std::unexpected(fmt::format("cannot be read: {}", reason(errno)));
        }
        if (got == 0) break;
        length += static_cast<std::size_t>(got);
    }
    if (length > largest_secret) {
        wipe(content);
        return std::unexpected("is larger than 64 KiB");
    }
    content.resize(length);
    if (content.ends_with('\n')) content.pop_back();
    if (content.ends_with('\r')) content.pop_back();
    if (content.empty()) return std::unexpected("is empty");
    return content;
}

}  // namespace

struct SecretStore::State {
    struct Entry {
        Secret secret;
        std::string trouble;  // why it could not be read the last time, or empty
    };
    using Files = std::map<std::string, Entry>;

    // Reported once, when it begins.
    static std::optional<std::string> trouble(Files::value_type& file, const std::string& why) {
        if (std::exchange(file.second.trouble, why) == why) return std::nullopt;
        return fmt::format("secret file {} {}; its last value stays in use", file.first, why);
    }

    std::mutex mutex;
    Files files;
    std::map<std::string, VaultSecret> vault;  // by reference
};

SecretStore::SecretStore() : state_(std::make_shared<State>()) {}

std::expected<Secret, std::string> SecretStore::from_file(const std::string& path,
                                                          std::string* warning) {
    auto content = read_file(path, warning);
    if (!content) return std::unexpected(std::move(content.error()));
    const std::lock_guard lock(state_->mutex);
    auto [at, fresh] = state_->files.try_emplace(path);
    State::Entry& entry = at->second;
    if (fresh)
        entry.secret = Secret(*content);
    else if (!entry.secret.equals(*content))
        entry.secret.replace(*content);
    entry.trouble.clear();
    wipe(*content);
    return entry.secret;
}

std::expected<VaultSecret, std::string> vault_reference(const std::string& text) {
    const auto refused = [&](std::string_view why) {
        return std::unexpected(fmt::format(
            "{} is not a place in a vault, expected mount/path#key{}", text::in_quotes(text), why));
    };
    VaultSecret wanted;
    wanted.reference = text;
    const auto sign = text.find('#');
    wanted.path = text.substr(0, sign);
    if (sign != std::string::npos) wanted.key = text.substr(sign + 1);
    const std::string_view path = wanted.path;
    const bool whole = !wanted.key.empty() && path.find('/') != std::string_view::npos &&
                       !path.starts_with('/') && !path.ends_with('/') &&
                       path.find("//") == std::string_view::npos;
    if (!whole) return refused("");
    if (path.starts_with("v1/")) return refused("; the 'v1/' of the API is not part of it");
    for (std::string_view rest = path; !rest.empty();) {
        const std::string_view segment = rest.substr(0, rest.find('/'));
        if (segment == "." || segment == "..") return refused("");
        rest.remove_prefix(std::min(rest.size(), segment.size() + 1));
    }
    return wanted;
}

Secret SecretStore::from_vault(VaultSecret wanted) {
    const std::lock_guard lock(state_->mutex);
    auto [at, fresh] = state_->vault.try_emplace(wanted.reference, wanted);
    VaultSecret& entry = at->second;
    if (fresh) entry.secret = Secret::pending(entry.reference + " was not read from the vault yet");
    // The file is read by sections: the first place is the topmost one.
    if (wanted.position < entry.position) {
        entry.position = wanted.position;
        entry.option = std::move(wanted.option);
    }
    return entry.secret;
}

std::vector<VaultSecret> SecretStore::vault_secrets() const {
    const std::lock_guard lock(state_->mutex);
    std::vector<VaultSecret> all;
    for (const auto& [reference, entry] : state_->vault) all.push_back(entry);
    return all;
}

void SecretStore::continue_from(const SecretStore& before, bool same_vault) {
    if (state_ == before.state_) return;
    const std::scoped_lock lock(state_->mutex, before.state_->mutex);
    for (auto& [path, entry] : state_->files)
        if (const auto old = before.state_->files.find(path); old != before.state_->files.end())
            entry.secret.continue_from(old->second.secret);
    if (!same_vault) return;
    for (auto& [reference, entry] : state_->vault)
        if (const auto old = before.state_->vault.find(reference);
            old != before.state_->vault.end())
            entry.secret.continue_from(old->second.secret);
}

std::vector<std::string> SecretStore::files() const {
    const std::lock_guard lock(state_->mutex);
    std::vector<std::string> paths;
    for (const auto& [path, entry] : state_->files) paths.push_back(path);
    return paths;
}

// The engine takes the mutex, so it is never held while a file is read.
std::optional<std::string> SecretStore::refresh(const std::string& path) {
    auto content = read_file(path, nullptr);
    const std::lock_guard lock(state_->mutex);
    const auto at = state_->files.find(path);
    if (at == state_->files.end()) return std::nullopt;
    if (!content) return state_->trouble(*at, content.error());
    State::Entry& entry = at->second;
    const bool changed = !entry.secret.equals(*content);
    if (changed) entry.secret.replace(*content);
    wipe(*content);
    const bool again = !std::exchange(entry.trouble, {}).empty();
    if (changed) return fmt::format("secret file {} has changed, the new value is in use", path);
    if (again) return fmt::format("secret file {} can be read again, unchanged", path);
    return std::nullopt;
}

std::optional<std::string> SecretStore::unanswered(const std::string& path) {
    const std::lock_guard lock(state_->mutex);
    const auto at = state_->files.find(path);
    if (at == state_->files.end()) return std::nullopt;
    return state_->trouble(*at, "cannot be read: its disk does not answer");
}

}  // namespace vitals::config
