// For the tests of this room only: a store's health and log collected, temporary folders, disks
// that are too small or cannot be written, and SQLite opened beside the store as another process
// would.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <iterator>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "history/store.hpp"

namespace vitals::history::testing {

using namespace std::chrono_literals;

class Folder {
  public:
    Folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "vitals-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
        path_ = pattern;
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    std::string path() const { return path_.string(); }
    std::string operator/(const std::string& name) const { return (path_ / name).string(); }

  private:
    std::filesystem::path path_;
};

// A file system in memory, mounted on a folder of its own.
class Disk {
  public:
    explicit Disk(int kib) {
        const std::string size = "size=" + std::to_string(kib) + "k";
        if (::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, size.c_str()) != 0)
            throw std::runtime_error(std::string("mount: ") + std::strerror(errno));
    }
    ~Disk() { ::umount2(folder_.path().c_str(), MNT_DETACH); }
    Disk(const Disk&) = delete;
    Disk& operator=(const Disk&) = delete;

    std::string path() const { return folder_.path(); }
    std::string filler() const { return folder_ / "filler"; }
    void fill() const {
        std::ofstream file(filler(), std::ios::binary);
        const std::string block(4096, 'x');
        while (file.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
        }
    }
    void read_only(bool on) const {
        const unsigned long flags = MS_REMOUNT | (on ? MS_RDONLY : 0ul);
        if (::mount("tmpfs", folder_.path().c_str(), "tmpfs", flags, "") != 0)
            throw std::runtime_error(std::string("remount: ") + std::strerror(errno));
    }

  private:
    Folder folder_;
};

// Tests that need to mount. A user who may not mount runs the test again in a user namespace, where
// mounting is allowed.
class DiskTest : public ::testing::Test {
  public:
    // True when the test continues here; false when it has run elsewhere, or cannot run.
    static bool may_mount() {
        try {
            const Disk probe(64);
            return true;
        } catch (const std::runtime_error& error) {
            if (std::getenv("VITALS_TEST_IN_NAMESPACE") != nullptr) {
                ADD_FAILURE() << "in a user namespace, too: " << error.what();
                return false;
            }
        }
        const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
        const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
        const std::string command = "VITALS_TEST_IN_NAMESPACE=1 unshare -rnm '" + self +
                                    "' --gtest_filter=" + info->test_suite_name() + "." +
                                    info->name() + " >&2";
        if (std::system("unshare -rnm true 2>/dev/null") != 0) {
            skip_ = true;
            return false;
        }
        EXPECT_EQ(std::system(command.c_str()), 0) << "failed in a user namespace, see above";
        return false;
    }

  protected:
    static inline bool skip_ = false;
};

// In a test of DiskTest: continues only if a disk can be mounted.
#define VITALS_NEEDS_DISK()                                                                      \
    if (!may_mount()) {                                                                          \
        if (skip_) GTEST_SKIP() << "needs mount(2): neither root nor `unshare -rnm` works here"; \
        return;                                                                                  \
    }

// What a store reported, on any thread.
class Witness {
  public:
    Store::Health health() {
        return [this](Outcome outcome) {
            const std::lock_guard lock(mutex_);
            last_ = std::move(outcome);
            ++reports_;
            changed_.notify_all();
        };
    }
    Log log() {
        return [this](LogLevel, std::string_view message) {
            const std::lock_guard lock(mutex_);
            logged_ += std::string(message) + "\n";
        };
    }
    Outcome last() const {
        const std::lock_guard lock(mutex_);
        return last_;
    }
    int reports() const {
        const std::lock_guard lock(mutex_);
        return reports_;
    }
    std::string logged() const {
        const std::lock_guard lock(mutex_);
        return logged_;
    }
    bool sees(const std::function<bool(const Outcome&)>& condition,
              std::chrono::milliseconds within = 8s) const {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, within, [&] { return reports_ > 0 && condition(last_); });
    }
    bool sees(const std::string& detail, std::chrono::milliseconds within = 8s) const {
        return sees(
            [&](const Outcome& outcome) {
                return outcome.status == Status::degraded && outcome.detail == detail;
            },
            within);
    }
    bool sees_ok(std::chrono::milliseconds within = 8s) const {
        return sees([](const Outcome& outcome) { return outcome.status == Status::ok; }, within);
    }

  private:
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    Outcome last_;
    int reports_ = 0;
    std::string logged_;
};

// A connection that SQLite's locks treat as that of another process.
class Other {
  public:
    explicit Other(const std::string& path) {
        if (sqlite3_open(path.c_str(), &handle_) != SQLITE_OK)
            throw std::runtime_error(sqlite3_errmsg(handle_));
        sqlite3_busy_timeout(handle_, 2'000);
    }
    ~Other() { sqlite3_close(handle_); }
    Other(const Other&) = delete;
    Other& operator=(const Other&) = delete;
    // The columns of the rows, with `|` between them and a newline after each row; or the text of
    // an error.
    std::string operator()(const std::string& sql) const {
        std::string rows;
        char* error = nullptr;
        const auto add = [](void* to, int columns, char** values, char**) {
            auto& text = *static_cast<std::string*>(to);
            for (int each = 0; each < columns; ++each)
                text += (each > 0 ? "|" : "") + std::string(values[each] ? values[each] : "NULL");
            text += "\n";
            return 0;
        };
        if (sqlite3_exec(handle_, sql.c_str(), add, &rows, &error) != SQLITE_OK) {
            rows = std::string("error: ") + error;
            sqlite3_free(error);
        }
        return rows;
    }

  private:
    sqlite3* handle_ = nullptr;
};

// The rows of a query as soon as there are any; none after that time.
inline std::string rows_within(std::chrono::milliseconds patience, const Other& other,
                               const std::string& sql) {
    std::string rows;
    for (auto left = patience; left.count() > 0 && rows.empty(); left -= 10ms) {
        std::this_thread::sleep_for(10ms);
        rows = other(sql);
    }
    return rows;
}

inline System at(int second) {
    return System(std::chrono::seconds(1'800'000'000 + second));
}

// A moment of this process's past.
inline Steady moment(int second) {
    static const Steady base = std::chrono::steady_clock::now() - 20'000s;
    return base + std::chrono::seconds(second);
}

inline Transition record(std::string component, int second, Status to = Status::failed,
                         std::string detail = "down") {
    Transition made;
    made.component = std::move(component);
    made.from = to == Status::failed ? Status::ok : Status::failed;
    made.to = to;
    made.detail = std::move(detail);
    made.decided = made.began = moment(second);
    return made;
}

// A component that fails and recovers with each record.
inline Transition flap(std::string component, int second, std::string detail = "down") {
    return record(std::move(component), second, second % 2 == 0 ? Status::failed : Status::ok,
                  std::move(detail));
}

// Whether it was durable; waits for the answer.
inline bool save(Store& store, const std::string& text) {
    const auto answer = std::make_shared<std::promise<bool>>();
    auto future = answer->get_future();
    store.save_decommission(text, [answer](bool durable) { answer->set_value(durable); });
    if (future.wait_for(10s) != std::future_status::ready) {
        ADD_FAILURE() << "save_decommission was never answered";
        return false;
    }
    return future.get();
}

inline Settings in(const std::string& directory) {
    Settings settings;
    settings.directory = directory;
    settings.keep = std::chrono::hours(24 * 365 * 100);
    settings.retry = 100ms;
    settings.report = 500ms;
    return settings;
}

// What the store knows, or nothing if it cannot be read or does not answer in time.
template <class Answer, class Ask>
std::optional<Answer> answer_of(Ask ask) {
    const auto answer = std::make_shared<std::promise<std::optional<Answer>>>();
    auto future = answer->get_future();
    ask([answer](std::optional<Answer> given) { answer->set_value(std::move(given)); });
    if (future.wait_for(10s) != std::future_status::ready) return std::nullopt;
    return future.get();
}

// The latest changes, oldest first.
inline std::vector<PastChange> all(Store& store, const std::string& component,
                                   std::size_t limit = 100'000) {
    auto found = answer_of<std::vector<PastChange>>(
        [&](auto done) { store.changes(component, System::max(), limit, std::move(done)); });
    if (!found) return {};
    std::ranges::reverse(*found);
    return *found;
}

// The same, once there are this many.
inline std::vector<PastChange> all_within(Store& store, const std::string& component,
                                          std::size_t count) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    for (;;) {
        auto found = all(store, component);
        if (found.size() >= count || std::chrono::steady_clock::now() > end) return found;
        std::this_thread::sleep_for(20ms);
    }
}

inline std::string read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline void write(const std::string& path, const std::string& bytes) {
    std::ofstream file(path, std::ios::binary);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace vitals::history::testing
