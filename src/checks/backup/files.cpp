#include "files.hpp"

#include <dirent.h>
#include <glob.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <memory>
#include <utility>

#include "model/moment.hpp"
#include "text/glob.hpp"

namespace vitals::checks::backup {

namespace {

constexpr std::size_t most_in_directory = 10'000;

// Written by a program that renames them when they are complete.
bool is_unfinished(std::string_view name) {
    constexpr std::array<std::string_view, 8> ends = {
        ".tmp",        ".part",     ".partial",    ".in-progress",
        ".inprogress", ".filepart", ".crdownload", "~"};
    return name.starts_with('.') ||
           std::ranges::any_of(ends, [&](std::string_view end) { return name.ends_with(end); });
}

std::string_view name_of(std::string_view path) {
    while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    return path.substr(path.rfind('/') + 1);
}

using Directory = std::unique_ptr<DIR, int (*)(DIR*)>;

// The entries of a directory, one level deep.
std::uint64_t bytes_in(const std::string& path) {
    std::uint64_t bytes = 0;
    const Directory directory(::opendir(path.c_str()), ::closedir);
    if (!directory) return 0;
    std::size_t count = 0;
    while (const dirent* entry = ::readdir(directory.get())) {
        struct stat status{};
        const bool found = ::fstatat(::dirfd(directory.get()), entry->d_name, &status, 0) == 0;
        if (found && S_ISREG(status.st_mode)) bytes += static_cast<std::uint64_t>(status.st_size);
        if (++count == most_in_directory) break;
    }
    return bytes;
}

class Search {
  public:
    Search(std::string pattern, bool by_name) : pattern_(std::move(pattern)), by_name_(by_name) {}

    void take(const std::string& path) {
        const std::string name(name_of(path));
        if (is_unfinished(name) || !text::glob_match(pattern_, name)) return;
        struct stat status{};
        if (::stat(path.c_str(), &status) != 0) return;  // gone meanwhile
        if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) return;
        if (found_.entries.size() == most_entries) {
            found_.too_many = true;
            return;
        }
        Entry entry{.name = name,
                    .time = moment_of(status.st_mtim),
                    .bytes = static_cast<std::uint64_t>(status.st_size),
                    .directory = S_ISDIR(status.st_mode)};
        if (by_name_) {
            const auto named = time_in(name);
            found_.unnamed |= !named;
            if (!named) return;
            entry.time = *named;
        }
        paths_.emplace_back(path);
        found_.entries.push_back(std::move(entry));
    }

    void take_all(const std::string& directory) {
        const Directory opened(::opendir(directory.c_str()), ::closedir);
        if (!opened) {
            found_.error = errno;
            return;
        }
        while (const dirent* entry = ::readdir(opened.get()))
            if (!found_.too_many) take(directory + "/" + entry->d_name);
    }

    void take_glob(const std::string& path) {
        glob_t matches{};
        const int result = ::glob(path.c_str(), GLOB_NOSORT, nullptr, &matches);
        if (result == 0)
            for (std::size_t i = 0; i < matches.gl_pathc && !found_.too_many; ++i)
                take(matches.gl_pathv[i]);
        ::globfree(&matches);
        // glob(3) does not report a folder that may not be read.
        const std::string folder = path.substr(0, path.find_first_of("*?["));
        const std::string above = folder.substr(0, folder.rfind('/') + 1);
        const Directory opened(::opendir(above.empty() ? "." : above.c_str()), ::closedir);
        if (!opened && found_.entries.empty()) found_.error = errno;
    }

    Listing result() {
        std::vector<std::size_t> order(found_.entries.size());
        for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
        std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
            return found_.entries[a].time > found_.entries[b].time;
        });
        std::vector<Entry> sorted;
        for (const std::size_t index : order) {
            Entry entry = std::move(found_.entries[index]);
            if (entry.directory && sorted.size() < looked_into)
                entry.bytes = bytes_in(paths_[index]);
            sorted.push_back(std::move(entry));
        }
        found_.entries = std::move(sorted);
        return std::move(found_);
    }

    void fail(int error) { found_.error = error; }

  private:
    std::string pattern_;
    bool by_name_;
    Listing found_;
    std::vector<std::string> paths_;
};

// A number of that many digits at `at`, which moves after it and after one of the `separators`; -1
// if there is none.
int take_number(std::string_view name, std::size_t& at, std::size_t digits,
                std::string_view separators) {
    if (at + digits > name.size()) return -1;
    int number = 0;
    for (std::size_t i = 0; i < digits; ++i) {
        const char digit = name[at + i];
        if (digit < '0' || digit > '9') return -1;
        number = number * 10 + (digit - '0');
    }
    at += digits;
    if (at < name.size() && separators.contains(name[at])) ++at;
    return number;
}

std::optional<System> time_at(std::string_view name, std::size_t at) {
    std::tm parts{};
    const int year = take_number(name, at, 4, "-_.");
    const int month = take_number(name, at, 2, "-_.");
    const int day = take_number(name, at, 2, "-_.T ");
    if (year < 1990 || year > 2200 || month < 1 || month > 12 || day < 1 || day > 31)
        return std::nullopt;
    parts.tm_year = year - 1900;
    parts.tm_mon = month - 1;
    parts.tm_mday = day;
    parts.tm_isdst = -1;
    const int hour = take_number(name, at, 2, "-_:.");
    const int minute = hour < 0 ? -1 : take_number(name, at, 2, "-_:.");
    const bool has_time = hour >= 0 && hour < 24 && minute >= 0 && minute < 60;
    if (has_time) {
        parts.tm_hour = hour;
        parts.tm_min = minute;
        const int second = take_number(name, at, 2, "");
        if (second >= 0 && second < 61) parts.tm_sec = second;
    }
    const std::time_t time = ::mktime(&parts);
    if (time == -1 || parts.tm_mday != day) return std::nullopt;
    return std::chrono::system_clock::from_time_t(time);
}

}  // namespace

std::optional<System> time_in(std::string_view name) {
    for (std::size_t at = 0; at < name.size(); ++at) {
        // A longer number is not a date.
        const bool begins = at == 0 || name[at - 1] < '0' || name[at - 1] > '9';
        if (!begins) continue;
        if (auto time = time_at(name, at)) return time;
    }
    return std::nullopt;
}

Listing backups_at(const std::string& path, const std::string& pattern, bool by_name) {
    Search search(pattern, by_name);
    struct stat status{};
    const bool exists = ::stat(path.c_str(), &status) == 0;
    const int error = errno;
    if (exists && S_ISDIR(status.st_mode))
        search.take_all(path);
    else if (exists)
        search.take(path);
    else if (path.find_first_of("*?[") != std::string::npos)
        search.take_glob(path);
    else
        search.fail(error);
    return search.result();
}

}  // namespace vitals::checks::backup
