// Translates the messages of SQLite and the file system into what an operator can act on.
#include "history/archive.hpp"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "model/space.hpp"

namespace vitals::history {

namespace {

// With less than this, the next checkpoint or a decommission may not fit.
constexpr std::uint64_t room_needed = 256 * 1024;

bool no_room(int error) {
    return error == ENOSPC || error == EDQUOT;
}
bool forbidden(int error) {
    return error == EACCES || error == EPERM || error == EROFS;
}

std::string message_of(int error) {
    return std::generic_category().message(error);
}

// Parents get the usual mode. The directory itself may be read by its group, but not by others.
void make_directory(const std::string& directory) {
    std::error_code error;
    const std::filesystem::path path(directory);
    if (std::filesystem::is_directory(path, error)) return;
    if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
    if (::mkdir(directory.c_str(), 0750) == 0 || errno == EEXIST) return;
    const int code = errno;
    throw SqliteError(SQLITE_CANTOPEN, code,
                      fmt::format("cannot create {}: {}", directory, message_of(code)));
}

bool exists(const std::string& path) {
    std::error_code error;
    return std::filesystem::exists(path, error);
}

// SQLite would wait at a FIFO for ever.
void must_be_files(const std::string& database) {
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
        const std::string path = database + suffix;
        struct stat facts{};
        if (::stat(path.c_str(), &facts) == 0 && !S_ISREG(facts.st_mode))
            throw SqliteError(SQLITE_CANTOPEN, 0, path + " is not a regular file");
    }
}

}  // namespace

Archive::Archive(std::string directory, Log log, Patience patience)
    : directory_(std::move(directory)),
      path_(directory_ + "/vitals.db"),
      log_(std::move(log)),
      patience_(std::move(patience)) {}

void Archive::prepare() const noexcept {
    try {
        make_directory(directory_);
    } catch (const std::exception&) {
        // Opening the database gives a better message.
    }
}

bool Archive::is_there() const {
    return exists(path_);
}

std::optional<std::string> Archive::saved_decommission() const {
    try {
        if (!is_there()) return std::nullopt;
        must_be_files(path_);
        return Journal::read_as_is(path_);
    } catch (const SqliteError&) {
        return std::nullopt;
    }
}

void Archive::open() {
    make_directory(directory_);
    must_be_files(path_);
    journal_ = std::make_unique<Journal>(path_, patience_);
}

bool Archive::write(const std::function<void(Journal&)>& work) {
    if (!attempt(work)) return false;
    failure_ = {};
    return true;
}

bool Archive::read(const std::function<void(Journal&)>& work) {
    return attempt(work);
}

bool Archive::attempt(const std::function<void(Journal&)>& work) {
    // Twice: again on the new file if the former one turns out to be damaged.
    for (int tries = 0; tries < 2; ++tries) {
        try {
            if (!journal_) open();
            work(*journal_);
            return true;
        } catch (const SqliteError& error) {
            judge(error);
            const bool damaged =
                error.primary() == SQLITE_CORRUPT || error.primary() == SQLITE_NOTADB;
            if (!damaged || !set_aside()) return false;
        }
    }
    return false;
}

void Archive::judge(const SqliteError& error) {
    const int code = error.primary();
    failure_.error = fmt::format("{}: {}", path_, error.what());
    if (error.system_error != 0)
        failure_.error += fmt::format(" ({})", message_of(error.system_error));
    if (code == SQLITE_FULL || no_room(error.system_error)) {
        failure_.detail = "disk full";
    } else if (code == SQLITE_BUSY || code == SQLITE_LOCKED || code == SQLITE_PROTOCOL) {
        failure_.detail = "database is locked";
    } else if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) {
        failure_.detail = "database is damaged";
    } else if (code == SQLITE_AUTH) {
        failure_.detail = error.what();
    } else if (code == SQLITE_READONLY || code == SQLITE_PERM || forbidden(error.system_error)) {
        failure_.detail = "not writable";
    } else {
        failure_.detail = "cannot be written";
    }
    // After such an error the connection may be unusable; a lock or a full disk only delays.
    if (code != SQLITE_BUSY && code != SQLITE_LOCKED && code != SQLITE_FULL) journal_.reset();
}

bool Archive::set_aside() {
    std::string target = damaged_;
    if (damaged_.empty()) {
        const auto now = std::chrono::system_clock::now();
        target = fmt::format("{}.damaged-{:%Y%m%dT%H%M%SZ}", path_,
                             fmt::gmtime(std::chrono::system_clock::to_time_t(now)));
    } else if (exists(damaged_)) {
        // A disk that damages one file after another must not be filled with them: the first one is
        // the evidence, later ones replace each other.
        target += "-latest";
    }
    for (const char* suffix : {"-wal", "-shm", ""}) {
        const std::string from = path_ + suffix;
        if (std::rename(from.c_str(), (target + suffix).c_str()) != 0 && errno != ENOENT) {
            failure_.error +=
                fmt::format("; cannot be set aside as {}: {}", target, message_of(errno));
            return false;
        }
    }
    if (damaged_.empty()) damaged_ = target;
    ++renewals_;
    log_(LogLevel::error,
         fmt::format("history: {} is damaged: set aside as {}, a new one is begun", path_, target));
    return true;
}

Archive::Problem Archive::problem() const {
    if (!failure_.detail.empty()) return failure_;
    if (!no_room_.detail.empty()) return no_room_;
    if (damaged_.empty() || !exists(damaged_)) return {};
    return {fmt::format("database is damaged; set aside as {}",
                        std::filesystem::path(damaged_).filename().string()),
            fmt::format("a new one was begun, which knows nothing of the time before; look at {}, "
                        "then remove it",
                        damaged_)};
}

void Archive::look_around() {
    if (journal_ && journal_->moved()) {
        log_(LogLevel::warning,
             fmt::format("history: {} was removed or replaced; it is opened again", path_));
        journal_.reset();
        ++renewals_;
    }
    no_room_ = {};
    struct statvfs figures{};
    if (::statvfs(directory_.c_str(), &figures) != 0) return;  // the next write says more
    if (figures.f_blocks == 0) return;                         // it does not count space
    const std::uint64_t room = bytes_of(figures.f_bavail, figures.f_blocks, figures.f_frsize);
    if (room < room_needed)
        no_room_ = {"disk full",
                    fmt::format("{}: {} KiB are left on its file system", path_, room / 1024)};
}

std::uint64_t Archive::used_bytes() {
    try {
        return journal_ ? journal_->used_bytes() : 0;
    } catch (const SqliteError&) {
        return 0;
    }
}

}  // namespace vitals::history
