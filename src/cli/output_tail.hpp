// Forwards the output of a command to its target, and keeps its last lines.
#pragma once

#include <array>
#include <atomic>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace vitals::cli {

// Pipes for the standard output and the standard error of a command that is about to start. A
// terminal is left as it is; streams to the same target share a pipe, so that their order stays.
// After the end of the command, only the bytes that are already there are forwarded: processes that
// it left behind are not waited for.
class OutputTail {
  public:
    static constexpr std::size_t longest = 4096;  // bytes kept

    OutputTail();
    ~OutputTail();
    OutputTail(const OutputTail&) = delete;
    OutputTail& operator=(const OutputTail&) = delete;

    // In the child, between fork and exec.
    void take_over() const noexcept;
    // In the parent, after the fork.
    void begin();
    // The command has ended.
    void end();
    std::string last_lines() const;

  private:
    struct Stream {
        int to = -1;    // the target stream
        int read = -1;  // ends of the pipe
        int write = -1;
        bool both = false;  // standard output and standard error
    };
    void pass_on(Stream& stream);
    void keep(std::string_view bytes);

    std::vector<Stream> streams_;
    std::vector<std::thread> threads_;
    std::atomic<bool> ended_ = false;
    mutable std::mutex mutex_;
    std::string kept_;
};

}  // namespace vitals::cli
