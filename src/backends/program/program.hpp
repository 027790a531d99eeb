// A program under way: started without a shell in a session of its own, its output collected up to
// a limit, and ended whole. Nothing of it is left behind: no process, no zombie, no descriptor.
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
    std::vector<std::string> environment;             // NAME=value, all there is
    std::string input;                                // what it may read on standard input
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
    // What it may write at all before it is taken for a flood.
    static constexpr std::size_t flood_bytes = 1024 * 1024;

    // Blocks until the program's file has been loaded: call it on a lane. Throws CheckError{local}.
    static std::shared_ptr<Program> start(const Launch& launch);
    // Kills what still runs, and waits a moment for its end: normally there is nothing to do, since
    // whoever started a program calls kill() and reap().
    ~Program();
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    // Readable when there is output to collect, or when the program has ended.
    int events() const { return events_.number(); }
    // Takes what output there is, without waiting.
    void collect();
    // The program itself has ended; what it started may still run.
    bool ended() const { return ended_; }
    // It wrote more than flood_bytes.
    bool floods() const;
    const std::string& output() const { return streams_[0].text; }
    const std::string& errors() const { return streams_[1].text; }

    // Ends the program and all that descends from it, in whatever session, whatever signals they
    // ignore. After the program's own end, with which its process group was ended: what detached
    // itself before goes on. Does not wait.
    void kill();
    // Readable once nothing of it is left that has not detached itself.
    int end_descriptor() const { return process_.number(); }
    // Clears it away then, and says how the program ended; nothing before.
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
