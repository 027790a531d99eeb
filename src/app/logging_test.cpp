// The form of a line, and that code that logs never waits for a reader.
#include "app/logging.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <optional>

namespace vitals::app {
namespace {

using namespace std::chrono_literals;

const System time_of_day = System(std::chrono::milliseconds(1'800'000'000'123));

TEST(LogLine, is_one_line_whatever_is_in_it) {
    EXPECT_EQ(log_line(LogLevel::warning, "a\nb\x7f", time_of_day, false),
              "2027-01-15T08:00:00.123Z warning a b \n");
    EXPECT_EQ(log_line(LogLevel::info, "say \"x\"\t{}", time_of_day, true),
              "{\"time\":\"2027-01-15T08:00:00.123Z\",\"level\":\"info\",\"message\":\"say "
              "\\\"x\\\" {}\"}\n");
}

TEST(LogLine, has_fields_in_json_and_stays_one_line) {
    const LogField fields[] = {
        {"component", "db\n1"}, {"duration", 1.5}, {"pid", std::uint64_t{7}}};
    EXPECT_EQ(log_line(LogLevel::info, "up", time_of_day, true, fields),
              "{\"time\":\"2027-01-15T08:00:00.123Z\",\"level\":\"info\",\"message\":\"up\","
              "\"component\":\"db 1\",\"duration\":1.5,\"pid\":7}\n");
    EXPECT_EQ(log_line(LogLevel::info, "up", time_of_day, false, fields),
              "2027-01-15T08:00:00.123Z info    up\n");
}

TEST(LogLine, shows_no_password_of_a_url) {
    EXPECT_EQ(
        log_line(LogLevel::info, "redis://:pw1@h1,redis://:pw2@h2 is down", time_of_day, false),
        "2027-01-15T08:00:00.123Z info    redis://:***@h2 is down\n");
}

class Pipe {
  public:
    Pipe() {
        EXPECT_EQ(::pipe2(ends_, O_CLOEXEC), 0);
        ::fcntl(ends_[1], F_SETPIPE_SZ, 4096);
    }
    ~Pipe() {
        ::close(ends_[0]);
        ::close(ends_[1]);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    int writer() const { return ends_[1]; }
    // The next line; empty if none comes for ten seconds.
    std::string line() const {
        std::string text;
        for (char next = 0; next != '\n'; text += next) {
            pollfd waiting{ends_[0], POLLIN, 0};
            if (::poll(&waiting, 1, 10'000) != 1 || ::read(ends_[0], &next, 1) != 1) return {};
        }
        return text;
    }
    // All that comes until this is in it.
    std::string until(const std::string& wanted) const {
        std::string text;
        char buffer[4096];
        while (text.find(wanted) == std::string::npos) {
            const ssize_t got = ::read(ends_[0], buffer, sizeof buffer);
            if (got <= 0) break;
            text.append(buffer, static_cast<std::size_t>(got));
        }
        return text;
    }

  private:
    int ends_[2]{};
};

TEST(Logger, writes_what_its_level_lets_through) {
    const Pipe pipe;
    {
        const Logger logger("warning", "text", pipe.writer());
        const Log log = logger.log();
        log(LogLevel::info, "not this");
        log(LogLevel::error, "but this");
    }
    const std::string text = pipe.until("this\n");
    EXPECT_EQ(text.substr(text.find(' ')), " error   but this\n");
}

TEST(Logger, drops_and_counts_what_is_not_read_and_waits_for_nobody) {
    const Pipe pipe;
    std::optional<Logger> logger;
    logger.emplace("info", "text", pipe.writer());
    const Log log = logger->log();
    const auto start = std::chrono::steady_clock::now();
    const std::string message(1'000, 'x');
    for (int i = 0; i < 3'000; ++i) log(LogLevel::info, message);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 1s);
    int written = 0, dropped = 0;
    while (written + dropped < 3'000) {
        const std::string line = pipe.line();
        if (line.empty()) break;
        const auto at = line.find("warning ");
        if (at == std::string::npos)
            ++written;
        else
            dropped += std::stoi(line.substr(at + 8));
    }
    EXPECT_EQ(written + dropped, 3'000);
    EXPECT_GT(dropped, 800);  // one queue is full; one more may be on its way to the pipe
    EXPECT_LT(dropped, 2'500);

    for (int i = 0; i < 100; ++i) log(LogLevel::info, message);
    const auto end = std::chrono::steady_clock::now();
    logger.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - end, 2s);
    log(LogLevel::info, "nobody is there any more");
    pipe.until("x\n");  // lets the abandoned thread continue
}

}  // namespace
}  // namespace vitals::app
