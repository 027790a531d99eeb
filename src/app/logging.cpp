#include "app/logging.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <utility>

#include "model/clock.hpp"
#include "text/amount.hpp"
#include "text/json.hpp"
#include "text/masked.hpp"

namespace vitals::app {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_queued = 1 << 20;  // bytes
constexpr auto end_patience = 500ms;

std::string_view name_of(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return "debug";
        case LogLevel::info:
            return "info";
        case LogLevel::warning:
            return "warning";
        case LogLevel::error:
            return "error";
    }
    return "info";
}

LogLevel level_of(const std::string& name) {
    for (const LogLevel level : {LogLevel::debug, LogLevel::warning, LogLevel::error})
        if (name == name_of(level)) return level;
    return LogLevel::info;
}

// False: the lines were lost.
bool write_all(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
        if (written >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EAGAIN) {
            pollfd room{descriptor, POLLOUT, 0};
            ::poll(&room, 1, -1);
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

}  // namespace

namespace {

// No credentials, no line break.
std::string fit(std::string_view text) {
    std::string said = text::masked(text);
    for (char& c : said)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    return said;
}

}  // namespace

std::string log_line(LogLevel level, std::string_view message, System time, bool json,
                     std::span<const LogField> fields) {
    const std::string said = fit(message);
    if (json) {
        std::string line;
        text::JsonWriter writer(line);
        writer.object()
            .member("time", rfc3339_millis(time))
            .member("level", name_of(level))
            .member("message", said);
        for (const LogField& field : fields) {
            if (const auto* text = std::get_if<std::string_view>(&field.value))
                writer.member(field.name, fit(*text));
            else if (const auto* number = std::get_if<double>(&field.value))
                writer.member(field.name, *number);
            else
                writer.member(field.name, std::get<std::uint64_t>(field.value));
        }
        writer.end_object();
        return line + '\n';
    }
    return fmt::format("{} {:<7} {}\n", rfc3339_millis(time), name_of(level), said);
}

// Shared with the thread, which is left behind when nobody reads.
struct Logger::State {
    void take(LogLevel level, std::string_view message, LogFields fields = {});
    void run();

    LogLevel least = LogLevel::info;
    bool json = false;
    int descriptor = 2;

    std::mutex mutex;
    std::condition_variable wake;  // the thread's
    std::condition_variable left;  // the destructor's
    std::string queue;
    std::uint64_t lines = 0;    // in the queue
    std::uint64_t dropped = 0;  // and not told yet
    bool stop = false;
    bool ended = false;
    std::thread thread;
};

void Logger::State::take(LogLevel level, std::string_view message, LogFields fields) {
    if (level < least) return;
    const std::string line =
        log_line(level, message, std::chrono::system_clock::now(), json, fields);
    const std::lock_guard lock(mutex);
    if (stop || queue.size() + line.size() > most_queued) {
        ++dropped;
        return;
    }
    queue += line;
    if (++lines == 1) wake.notify_one();
}

void Logger::State::run() {
    std::unique_lock lock(mutex);
    for (;;) {
        wake.wait(lock, [this] { return lines > 0 || stop; });
        if (lines == 0) break;
        std::string batch = std::exchange(queue, {});
        std::uint64_t told = std::exchange(lines, 0);
        // Lines came after the queued ones, when the queue was full.
        const std::uint64_t lost = std::exchange(dropped, 0);
        lock.unlock();
        if (lost > 0)
            batch += log_line(LogLevel::warning,
                              fmt::format("{} of the log were dropped: standard error was not "
                                          "read, or could not be written",
                                          text::counted(lost, "line")),
                              std::chrono::system_clock::now(), json);
        if (write_all(descriptor, batch)) told = 0;
        lock.lock();
        if (told > 0) dropped += told + lost;
    }
    ended = true;
    left.notify_all();
}

Logger::Logger(const std::string& level, const std::string& format, int descriptor)
    : state_(std::make_shared<State>()) {
    state_->least = level_of(level);
    state_->json = format == "json";
    state_->descriptor = descriptor;
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);  // signals are for the main thread
    try {
        state_->thread = std::thread([state = state_] { state->run(); });
    } catch (...) {
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
        throw;
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    ::pthread_setname_np(state_->thread.native_handle(), "vitals-log");
}

Logger::~Logger() {
    std::unique_lock lock(state_->mutex);
    state_->stop = true;
    state_->wake.notify_one();
    const bool ended = state_->left.wait_for(lock, end_patience, [this] { return state_->ended; });
    lock.unlock();
    if (ended)
        state_->thread.join();
    else
        state_->thread.detach();
}

Log Logger::log() const {
    return
        [state = state_](LogLevel level, std::string_view message) { state->take(level, message); };
}

FieldLog Logger::field_log() const {
    return [state = state_](LogLevel level, std::string_view message, LogFields fields) {
        state->take(level, message, fields);
    };
}

}  // namespace vitals::app
