// A running program: started without a shell in its own session, its output collected up to a
// limit, and ended completely. Nothing of it is left behind: no process, no zombie, no descriptor.
#pragma once

#include <sys/types.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vitals::backends::program {

struct Launch {
    std::vector<std::string> arguments;               // the first is the program
    std::vector<std::string> environment;             // NAME=value, the whole environment
    std::string input;                                // its standard input
    std::size_t kept_bytes = std::size_t{64} * 1024;  // of each stream
};

// How a program ended: by an exit code or by a signal. Neither: somebody killed its keeper.
struct End {
    std::optional<int> exit_code;
    int signal = 0;
};

class Descriptor {
  public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept;
    Descriptor& operator=(Descriptor&& other) noexcept;
    ~Descriptor();
    int number() const { return number_; }
    bool open() const { return number_ >= 0; }

  private:
    int number_ = -1;
};

class Program {
  public:
    // The limit of its output; above it, the output counts as a flood.
    static constexpr std::size_t flood_bytes = 1024 * 1024;

    // Blocks until the program's file has been loaded: call it on a lane. Throws CheckError{local}.
    static std::shared_ptr<Program> start(const Launch& launch);
    // Kills what still runs, and waits a moment for its end. Normally there is nothing to do,
    // because the code that started a program calls kill() and reap().
    ~Program();
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    // Readable when there is output to collect, or when the program has ended.
    int events() const { return events_.number(); }
    // Collects the present output, without waiting.
    void collect();
    // The program itself has ended; processes that it started may still run.
    bool ended() const { return ended_; }
    // It wrote more than flood_bytes.
    bool floods() const;
    const std::string& output() const { return streams_[0].text; }
    const std::string& errors() const { return streams_[1].text; }

    // Ends the program and all its descendants, in any session, whatever signals they ignore. After
    // the program's own end, which also ended its process group, detached processes continue. Does
    // not wait.
    void kill();
    // Readable once nothing of it is left that has not detached itself.
    int end_descriptor() const { return process_.number(); }
    // Then reaps it, and says how the program ended; nothing before.
    std::optional<End> reap();

  private:
    struct Stream {
        Descriptor pipe;
        std::string text;
        std::size_t written = 0;  // by the program, kept or not
    };

    Program() = default;
    void drain(Stream& stream) const;
    void take_end();

    pid_t keeper_ = -1;   // ours until reaped: no other process gets the number
    pid_t leader_ = -1;   // the program, the keeper's child
    Descriptor process_;  // the keeper
    Descriptor report_;   // from the keeper
    End end_;
    Descriptor events_;
    std::size_t kept_bytes_ = 0;
    std::array<Stream, 2> streams_;  // standard output and error
    bool ended_ = false;
    bool reaped_ = false;
};

}  // namespace vitals::backends::program
