// The processes of this machine, from /proc. Blocks: /proc can be slow, and a file in it can wait
// for a lock of the process. Used on a lane.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace vitals::checks::process {

struct Process {
    pid_t pid = 0;
    std::string command;                 // the kernel's name for it, at most 15 bytes
    std::vector<std::string> arguments;  // the first two; none of a kernel thread
    char state = '?';
    std::chrono::milliseconds age{};

    // Not a zombie, not dead, not stopped by a signal. A process that a debugger has stopped counts
    // as running.
    bool runs() const;
    // Whether it has that name: in the kernel, as the name it was started with, or as a script.
    bool is_called(const std::string& name) const;
};

class Table {
  public:
    explicit Table(const std::string& root) : proc_(root + "/proc") {}

    std::optional<Process> find(pid_t pid) const;  // nothing: it does not exist, or is hidden
    std::vector<Process> all_called(const std::string& name) const;
    std::optional<uid_t> user_of(pid_t pid) const;  // effective
    // Whether processes of other users are hidden from vitals (hidepid, ProtectProc=).
    bool hides_others() const;

  private:
    std::chrono::milliseconds uptime() const;
    std::string proc_;
};

}  // namespace vitals::checks::process
