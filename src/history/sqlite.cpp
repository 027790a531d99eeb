// Translates SQLite's result codes into exceptions, and its handles into owners.
#include "history/sqlite.hpp"

#include <array>
#include <thread>

namespace vitals::history {

namespace {

constexpr std::chrono::milliseconds busy_pause{10};

[[noreturn]] void fail(sqlite3* handle, int code) {
    if (handle == nullptr) throw SqliteError(code, 0, sqlite3_errstr(code));
    throw SqliteError(code, sqlite3_system_errno(handle), sqlite3_errmsg(handle));
}

// A path as SQLite's URI: only characters with a meaning there are escaped.
std::string as_is_uri(const std::string& path) {
    constexpr std::array digits = {'0', '1', '2', '3', '4', '5', '6', '7',
                                   '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'};
    std::string uri = "file:";
    for (const char c : path) {
        if (c == '%' || c == '?' || c == '#') {
            const auto byte = static_cast<unsigned char>(c);
            uri += '%';
            uri += digits.at(byte >> 4);
            uri += digits.at(byte & 15);
        } else {
            uri += c;
        }
    }
    return uri + "?mode=ro&immutable=1";
}

}  // namespace

Database::Database(const std::string& path, Mode mode) {
    const bool write = mode == Mode::write;
    const bool as_is = mode == Mode::as_is;
    const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                      (write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY) |
                      (as_is ? SQLITE_OPEN_URI : 0);
    sqlite3* opened = nullptr;
    const int code =
        sqlite3_open_v2(as_is ? as_is_uri(path).c_str() : path.c_str(), &opened, flags, nullptr);
    handle_.reset(opened);  // there is a handle even when opening failed
    if (code != SQLITE_OK) fail(opened, code);
    // If a file cannot be written, SQLite silently opens it for reading.
    if (write && sqlite3_db_readonly(opened, "main") == 1)
        throw SqliteError(SQLITE_READONLY, 0, "attempt to write a readonly database");
}

void Database::on_busy(std::function<bool(std::chrono::milliseconds)> patience) {
    patience_ =
        std::make_unique<std::function<bool(std::chrono::milliseconds)>>(std::move(patience));
    sqlite3_busy_handler(handle_.get(), &Database::busy, patience_.get());
}

int Database::busy(void* self, int times) noexcept {
    const auto& patience = *static_cast<std::function<bool(std::chrono::milliseconds)>*>(self);
    if (!patience(times * busy_pause)) return 0;
    std::this_thread::sleep_for(busy_pause);
    return 1;
}

void Database::execute(const char* sql) {
    const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) fail(handle_.get(), code);
}

std::int64_t Database::number(const char* sql) {
    Statement statement(*this, sql);
    return statement.step() ? statement.number(0) : 0;
}

std::int64_t Database::changed_rows() const {
    return sqlite3_changes64(handle_.get());
}

bool Database::moved() const {
    int answer = 0;
    sqlite3_file_control(handle_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &answer);
    return answer != 0;
}

Statement::Statement(Database& database, const char* sql) : database_(database.handle()) {
    sqlite3_stmt* prepared = nullptr;
    check(sqlite3_prepare_v2(database_, sql, -1, &prepared, nullptr));
    statement_.reset(prepared);
}

void Statement::check(int code) const {
    if (code != SQLITE_OK) fail(database_, code);
}

Statement& Statement::bind(int index, std::int64_t value) {
    check(sqlite3_bind_int64(statement_.get(), index, value));
    return *this;
}

Statement& Statement::bind(int index, std::string_view value) {
    const char* bytes = value.data() == nullptr ? "" : value.data();  // null would bind NULL
    check(sqlite3_bind_text64(statement_.get(), index, bytes, value.size(), SQLITE_TRANSIENT,
                              SQLITE_UTF8));
    return *this;
}

Statement& Statement::bind_bytes(int index, std::string_view bytes) {
    const char* start = bytes.data() == nullptr ? "" : bytes.data();  // null would bind NULL
    check(sqlite3_bind_blob64(statement_.get(), index, start, bytes.size(), SQLITE_TRANSIENT));
    return *this;
}

bool Statement::step() {
    const int code = sqlite3_step(statement_.get());
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    fail(database_, code);
}

void Statement::run() {
    while (step()) {
    }
    reset();
}

void Statement::reset() {
    check(sqlite3_reset(statement_.get()));
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::int64_t Statement::number(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
}

std::string Statement::text(int column) const {
    const auto* bytes = sqlite3_column_text(statement_.get(), column);
    const auto length = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
    if (bytes == nullptr) return {};
    return {static_cast<const char*>(static_cast<const void*>(bytes)), length};
}

std::string Statement::bytes(int column) const {
    const void* start = sqlite3_column_blob(statement_.get(), column);
    const auto length = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
    if (start == nullptr) return {};
    return {static_cast<const char*>(start), length};
}

Synchronously::Synchronously(Database& database) : database_(database) {
    database_.execute("PRAGMA synchronous = FULL");
}

Synchronously::~Synchronously() {
    sqlite3_exec(database_.handle(), "PRAGMA synchronous = NORMAL", nullptr, nullptr, nullptr);
}

Transaction::Transaction(Database& database) : database_(database) {
    database_.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
    // SQLite may have rolled back by itself (a full disk): then a second ROLLBACK fails, which does
    // no harm.
    if (open_) sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
    database_.execute("COMMIT");
    open_ = false;
}

}  // namespace vitals::history
