// Reads and finds the files of a configuration.
#include "config/file.hpp"

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

namespace vitals::config {

namespace {

namespace fs = std::filesystem;

std::string reason(int error) {
    return std::error_code(error, std::generic_category()).message();
}

struct Descriptor {
    int number;
    bool ours;
    ~Descriptor() {
        if (ours && number >= 0) ::close(number);
    }
};

// Every directory on the path may be entered by others.
bool reachable_by_others(const std::string& path) {
    std::error_code error;
    for (fs::path at = fs::canonical(path, error); !error && at.has_relative_path();) {
        at = at.parent_path();
        const auto allowed = fs::status(at, error).permissions();
        if ((allowed & fs::perms::others_exec) == fs::perms::none) return false;
    }
    return !error;
}

std::expected<std::string, std::string> content_of(int descriptor) {
    std::string content;
    std::size_t length = 0;
    while (true) {
        content.resize(std::min(max_file_bytes + 1, std::max<std::size_t>(65'536, 2 * length)));
        const ssize_t got = ::read(descriptor, content.data() + length, content.size() - length);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return std::unexpected("cannot be read: " + reason(errno));
        if (got == 0) break;
        length += static_cast<std::size_t>(got);
        if (length > max_file_bytes)
            return std::unexpected(fmt::format("is larger than {} MiB", max_file_bytes >> 20));
    }
    content.resize(length);
    return content;
}

thread_local std::string glob_trouble;

}  // namespace

std::expected<File, std::string> read_file(const std::string& path, bool only_regular) {
    const bool standard = path == standard_input;
    const int mode = O_RDONLY | O_CLOEXEC | O_NOCTTY | (only_regular ? O_NONBLOCK : 0);
    const Descriptor file{standard ? STDIN_FILENO : ::open(path.c_str(), mode), !standard};
    if (file.number < 0)
        return std::unexpected("cannot be read: " + reason(errno) +
                               (errno == ENOENT ? hint_of_other_ending(path) : std::string()));
    struct stat facts{};
    if (::fstat(file.number, &facts) != 0)
        return std::unexpected("cannot be read: " + reason(errno));
    if (S_ISDIR(facts.st_mode)) return std::unexpected("is a directory, expected a file");
    const bool regular = S_ISREG(facts.st_mode);
    if (only_regular && !regular) return std::unexpected("is not a regular file");
    auto content = content_of(file.number);
    if (!content) return std::unexpected(std::move(content.error()));
    const bool open = regular && !standard && (facts.st_mode & S_IROTH) != 0;
    return File{std::move(*content), open && reachable_by_others(path)};
}

bool is_pattern(const std::string& path) {
    return path.find_first_of("*?[") != std::string::npos;
}

std::expected<std::vector<std::string>, std::string> matches(const std::string& pattern) {
    glob_trouble.clear();
    const auto trouble = [](const char* path, int error) {
        if (error == ENOENT || error == ENOTDIR) return 0;
        glob_trouble = fmt::format("{} cannot be read: {}", path, reason(error));
        return 1;
    };
    glob_t found{};
    const int result = ::glob(pattern.c_str(), GLOB_NOSORT, trouble, &found);
    std::vector<std::string> paths(found.gl_pathv, found.gl_pathv + found.gl_pathc);
    ::globfree(&found);
    if (result == GLOB_NOSPACE) return std::unexpected("not enough memory to look for it");
    if (result == GLOB_ABORTED) return std::unexpected(glob_trouble);
    std::sort(paths.begin(), paths.end());
    return paths;
}

std::string other_ending(const std::string& path) {
    constexpr std::string_view usual = ".yaml", other = ".yml";
    if (path.ends_with(usual)) return path.substr(0, path.size() - usual.size()).append(other);
    if (path.ends_with(other)) return path.substr(0, path.size() - other.size()).append(usual);
    return {};
}

std::string hint_of_other_ending(const std::string& path) {
    const std::string other = other_ending(path);
    if (other.empty() || ::access(other.c_str(), F_OK) != 0) return {};
    return fmt::format("; {} is there", other);
}

std::string identity(const std::string& path) {
    std::error_code error;
    const fs::path canonical = fs::canonical(path, error);
    return error ? path : canonical.string();
}

}  // namespace vitals::config
