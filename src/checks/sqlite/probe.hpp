// One look at a database, step by step. Every step blocks and throws CheckError; the steps of one
// probe may run on different threads, one after another.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <string>

#include "model/check_error.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::checks::sqlite {

class Probe {
  public:
    // Waits for locks until `patience`, stops working at `deadline`.
    Probe(std::string path, Steady patience, Steady deadline);
    ~Probe() { close(); }
    Probe(const Probe&) = delete;
    Probe& operator=(const Probe&) = delete;

    void open_for_reading();
    void open_for_writing(bool create);
    void write();                          // a row of this probe, committed
    void read() const;                     // the same row, compared
    void remove();                         // that row, and rows that killed runs left behind
    void check(const char* pragma) const;  // quick_check, integrity_check
    void close() noexcept;

    std::int64_t size() const { return size_; }  // of the file, in bytes

  private:
    void open(int flags, bool immutable);
    bool is_there(const char* suffix) const;  // beside the database
    void execute(const std::string& sql) const;
    [[noreturn]] void fail(int code) const;

    std::string path_;
    std::string id_;
    std::string value_;
    Steady patience_;
    Steady deadline_;
    sqlite3* database_ = nullptr;
    std::int64_t size_ = 0;
    bool immutable_ = false;  // read without the locks of others
};

}  // namespace vitals::checks::sqlite
