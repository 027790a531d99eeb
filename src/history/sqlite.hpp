// SQLite's C interface behind three small types. It knows nothing of the data. Every failure is a
// SqliteError; a destructor never throws. A Database and its statements belong to one thread.
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace vitals::history {

class SqliteError : public std::runtime_error {
  public:
    SqliteError(int code, int system_error, const std::string& text)
        : std::runtime_error(text), code(code), system_error(system_error) {}

    int code;          // primary or extended result code
    int system_error;  // errno of the failed call below SQLite, or 0
    int primary() const noexcept { return code & 0xff; }
};

class Database {
  public:
    enum class Mode {
        write,  // created where it is missing
        read,   // beside another process that writes; sees all that it has committed
        as_is   // reads the file as it stands: no lock, no write-ahead log, no other file touched
    };
    Database(const std::string& path, Mode mode);

    // Called while another process holds a lock; true: wait a little and try again. It runs on the
    // thread that uses the database. Without it a locked database fails at once.
    void on_busy(std::function<bool(std::chrono::milliseconds waited)> patience);

    void execute(const char* sql);
    std::int64_t number(const char* sql);  // the first column of the first row
    std::int64_t changed_rows() const;     // by the latest statement
    bool moved() const;  // the file is gone from its path, or another one is there
    sqlite3* handle() const noexcept { return handle_.get(); }

  private:
    struct Close {
        void operator()(sqlite3* handle) const noexcept { sqlite3_close_v2(handle); }
    };
    static int busy(void* self, int times) noexcept;

    std::unique_ptr<std::function<bool(std::chrono::milliseconds)>> patience_;
    std::unique_ptr<sqlite3, Close> handle_;  // closed first: closing may have to wait
};

class Statement {
  public:
    Statement(Database& database, const char* sql);

    Statement& bind(int index, std::int64_t value);  // from 1; chains
    Statement& bind(int index, std::string_view value);
    Statement& bind_bytes(int index, std::string_view bytes);  // a blob
    bool step();                                               // true: a row is there
    void run();                             // to the end, then ready to be bound again
    void reset();                           // before the end
    bool is_null(int column) const;         // from 0
    std::int64_t number(int column) const;  // from 0
    std::string text(int column) const;
    std::string bytes(int column) const;  // of a blob

  private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
    };
    void check(int code) const;

    sqlite3* database_;
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// While this exists, a committed transaction is on the disk, not only in the system's memory.
// Begins and ends outside of transactions.
class Synchronously {
  public:
    explicit Synchronously(Database& database);
    ~Synchronously();
    Synchronously(const Synchronously&) = delete;
    Synchronously& operator=(const Synchronously&) = delete;

  private:
    Database& database_;
};

// Takes the write lock at once, so that it fails before the work and not after it. Rolled back
// unless committed.
class Transaction {
  public:
    explicit Transaction(Database& database);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    void commit();

  private:
    Database& database_;
    bool open_ = true;
};

}  // namespace vitals::history
