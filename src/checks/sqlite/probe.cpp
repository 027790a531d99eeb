#include "probe.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <system_error>

#include <fmt/format.h>

#include "checks/random_text.hpp"
#include "text/quote.hpp"

namespace vitals::checks::sqlite {

namespace {

using std::chrono::steady_clock;

constexpr std::int64_t leftover_seconds = 3600;  // older rows belong to killed runs

// Called after this many steps of the virtual machine; a nonzero result stops it.
int past_deadline(void* deadline) {
    return steady_clock::now() >= *static_cast<const Steady*>(deadline) ? 1 : 0;
}

using Statement = std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)>;

// A failed open that is not about the database but about vitals.
const char* our_trouble(int error) {
    switch (error) {
        case EACCES:
        case EPERM:
            return "not permitted to open the database";
        case EMFILE:
        case ENFILE:
            return "no descriptors left";
        default:
            return nullptr;
    }
}

// https://www.sqlite.org/uri.html
std::string uri_of(const std::string& path) {
    std::string uri = "file:";
    for (const char c : path) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '/' || c == '.' || c == '-' || c == '_';
        if (plain)
            uri += c;
        else
            uri += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    }
    return uri;
}

}  // namespace

Probe::Probe(std::string path, Steady patience, Steady deadline)
    : path_(std::move(path)),
      id_(random_text()),
      value_(random_text()),
      patience_(patience),
      deadline_(deadline) {}

void Probe::close() noexcept {
    // If a transaction is open (a step failed inside it), this rolls it back.
    sqlite3_close_v2(database_);
    database_ = nullptr;
}

// Codes: https://www.sqlite.org/rescode.html
void Probe::fail(int code) const {
    const std::string text =
        fmt::format("{}: {} (code {})", path_,
                    database_ != nullptr ? sqlite3_errmsg(database_) : sqlite3_errstr(code), code);
    const auto failed = [&text](const char* detail) {
        return CheckError(ErrorClass::assertion, detail, text);
    };
    const auto blind = [&text](const char* detail) {
        return CheckError(ErrorClass::local, detail, text);
    };
    if (code == SQLITE_IOERR_NOMEM) throw blind("no memory left");
    switch (code & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            throw failed("database is locked");
        case SQLITE_READONLY:
            throw failed("database is read-only");
        case SQLITE_CORRUPT:
            throw failed("database is damaged");
        case SQLITE_NOTADB:
            throw failed("file is no database");
        case SQLITE_FULL:
            throw failed("no space left");
        case SQLITE_IOERR:
            throw failed("reading or writing the database failed");
        case SQLITE_PERM:
        case SQLITE_AUTH:
            throw blind("not permitted to open the database");
        case SQLITE_CANTOPEN: {
            const int error = database_ != nullptr ? sqlite3_system_errno(database_) : 0;
            if (const char* ours = our_trouble(error)) throw blind(ours);
            throw failed("database cannot be opened");
        }
        case SQLITE_NOMEM:
            throw blind("no memory left");
        case SQLITE_INTERRUPT:
            throw CheckError(ErrorClass::timeout, "timeout", text);
        default:
            throw failed("database error");
    }
}

// In WAL mode even a reader writes to files beside the database, which exist only while somebody
// has it open. A user who may not create them reads the database without them: it is complete while
// nobody has it open.
void Probe::open_for_reading() {
    try {
        open(SQLITE_OPEN_READONLY, false);
    } catch (const CheckError&) {
        const int code = sqlite3_errcode(database_) & 0xff;
        const bool alone = (code == SQLITE_CANTOPEN || code == SQLITE_READONLY) &&
                           !is_there("-wal") && !is_there("-shm") && !is_there("-journal");
        if (!alone) throw;
        close();
        open(SQLITE_OPEN_READONLY, true);
    }
}

bool Probe::is_there(const char* suffix) const {
    struct stat status{};
    return ::stat((path_ + suffix).c_str(), &status) == 0;
}

void Probe::open_for_writing(bool create) {
    open(SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0), false);
    // Without the right to write, SQLite silently opens for reading.
    if (sqlite3_db_readonly(database_, "main") == 1)
        throw CheckError(ErrorClass::assertion, "database is read-only",
                         path_ + ": opened for writing, got it for reading only");
}

void Probe::open(int flags, bool immutable) {
    struct stat status{};
    const bool create = (flags & SQLITE_OPEN_CREATE) != 0;
    if (::stat(path_.c_str(), &status) != 0) {
        const std::string text = path_ + ": " + std::generic_category().message(errno);
        if (const char* ours = our_trouble(errno)) throw CheckError(ErrorClass::local, ours, text);
        if (!create) throw CheckError(ErrorClass::assertion, "database does not exist", text);
    } else if (status.st_size == 0 && !create) {
        // SQLite takes an empty file for a new database: a lost database would look healthy.
        throw CheckError(ErrorClass::assertion, "database is empty", path_ + ": 0 bytes");
    }
    size_ = status.st_size;
    immutable_ = immutable;
    const std::string name = immutable ? uri_of(path_) + "?immutable=1" : path_;
    if (immutable) flags |= SQLITE_OPEN_URI;
    const int code = sqlite3_open_v2(name.c_str(), &database_, flags, nullptr);
    if (code != SQLITE_OK) fail(database_ != nullptr ? sqlite3_extended_errcode(database_) : code);
    sqlite3_extended_result_codes(database_, 1);
    sqlite3_progress_handler(database_, 1000, past_deadline, &deadline_);
    // Opening reads nothing yet.
    execute("SELECT count(*) FROM sqlite_master");
}

void Probe::execute(const std::string& sql) const {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(patience_ - steady_clock::now());
    sqlite3_busy_timeout(database_, static_cast<int>(std::clamp<std::int64_t>(
                                        left.count(), 1, std::numeric_limits<int>::max())));
    const int code = sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) fail(code);
}

// These texts are hexadecimal digits, so they can stand in the statements.
void Probe::write() {
    const auto now = std::chrono::duration_cast<std::chrono::seconds>(
        std::chrono::system_clock::now().time_since_epoch());
    execute("BEGIN IMMEDIATE");
    execute(
        "CREATE TABLE IF NOT EXISTS vitals_probe ("
        "id TEXT PRIMARY KEY, value TEXT NOT NULL, written INTEGER NOT NULL)");
    execute(fmt::format("INSERT INTO vitals_probe (id, value, written) VALUES ('{}', '{}', {})",
                        id_, value_, now.count()));
    execute("COMMIT");
}

void Probe::read() const {
    const std::string sql = fmt::format("SELECT value FROM vitals_probe WHERE id = '{}'", id_);
    sqlite3_stmt* prepared = nullptr;
    int code = sqlite3_prepare_v2(database_, sql.c_str(), -1, &prepared, nullptr);
    const Statement statement(prepared, sqlite3_finalize);
    if (code == SQLITE_OK) code = sqlite3_step(prepared);
    if (code == SQLITE_DONE)
        throw CheckError(ErrorClass::assertion, "the row written is not there", path_);
    if (code != SQLITE_ROW) fail(code);
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(prepared, 0));
    if (text == nullptr || text != value_)
        throw CheckError(ErrorClass::assertion, "what was written is not what was read back",
                         path_);
}

void Probe::remove() {
    const auto now = std::chrono::duration_cast<std::chrono::seconds>(
        std::chrono::system_clock::now().time_since_epoch());
    execute("BEGIN IMMEDIATE");
    execute(fmt::format("DELETE FROM vitals_probe WHERE id = '{}'", id_));
    if (sqlite3_changes(database_) != 1)
        throw CheckError(ErrorClass::assertion, "the row written is not there", path_);
    execute(
        fmt::format("DELETE FROM vitals_probe WHERE written < {}", now.count() - leftover_seconds));
    execute("COMMIT");
}

void Probe::check(const char* pragma) const {
    const std::string sql = fmt::format("PRAGMA {}(1)", pragma);
    sqlite3_stmt* prepared = nullptr;
    int code = sqlite3_prepare_v2(database_, sql.c_str(), -1, &prepared, nullptr);
    const Statement statement(prepared, sqlite3_finalize);
    if (code == SQLITE_OK) code = sqlite3_step(prepared);
    if (code != SQLITE_ROW) fail(code);
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(prepared, 0));
    const std::string_view found = text != nullptr ? text : "";
    if (found != "ok" && immutable_ && is_there("-wal"))
        throw CheckError(ErrorClass::local, "database was opened by others meanwhile", path_);
    if (found != "ok")
        throw CheckError(ErrorClass::assertion, "database is damaged",
                         fmt::format("{}: {} says {}", path_, pragma, text::quoted(found)));
}

}  // namespace vitals::checks::sqlite
