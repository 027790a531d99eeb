#include "backends/program/program.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>
#include <utility>

#include "model/check_error.hpp"
#include "net/file.hpp"

namespace vitals::backends::program {

namespace {

[[noreturn]] void blind(const std::string& detail, const std::string& what, int error) {
    throw CheckError(ErrorClass::local, detail,
                     what + ": " + std::generic_category().message(error));
}

constexpr const char* keeper_killed = "the process between vitals and the program was killed";

[[noreturn]] void out_of_means(const char* call) {
    const int error = errno;
    if (error == EMFILE || error == ENFILE) blind("no descriptors left", call, error);
    blind("cannot start a program", call, error);
}

struct Pipe {
    Descriptor reading, writing;
    Pipe() {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) out_of_means("pipe2");
        reading = Descriptor(ends[0]);
        writing = Descriptor(ends[1]);
        // 0 to 2 will belong to the program. A descriptor of vitals with such a number (in a
        // process that closed its standard streams) would be overwritten before the program gets
        // it.
        constexpr int first = STDERR_FILENO + 1;
        for (Descriptor* end : {&reading, &writing}) {
            if (end->number() < first)
                *end = Descriptor(::fcntl(end->number(), F_DUPFD_CLOEXEC, first));
            if (!end->open()) out_of_means("fcntl");
        }
        // Only for this end: the program's end has its own description and flags.
        ::fcntl(reading.number(), F_SETFL, O_NONBLOCK);
    }
};

// A file in memory with the program's input. Unlike a pipe it never fills, and nothing happens when
// the program ends without reading it. None if there is no input.
Descriptor input_of(const std::string& text) {
    if (text.empty()) return {};
    Descriptor made(::memfd_create("input", MFD_CLOEXEC));
    if (!made.open()) out_of_means("memfd_create");
    constexpr int first = STDERR_FILENO + 1;  // as of a pipe
    if (made.number() < first) made = Descriptor(::fcntl(made.number(), F_DUPFD_CLOEXEC, first));
    if (!made.open()) out_of_means("fcntl");
    for (std::size_t at = 0; at < text.size();) {
        const ssize_t count = ::write(made.number(), text.data() + at, text.size() - at);
        if (count < 0) out_of_means("write");
        at += static_cast<std::size_t>(count);
    }
    ::lseek(made.number(), 0, SEEK_SET);
    return made;
}

// The program's file, or what is wrong with it; the attempt to start it could only say less.
std::string find_program(const Launch& launch) {
    const std::string& name = launch.arguments.front();
    struct stat status{};
    if (name.find('/') != std::string::npos) {
        if (::stat(name.c_str(), &status) != 0)
            blind(errno == ENOENT || errno == ENOTDIR ? "command not found"
                                                      : "command cannot be looked at",
                  name, errno);
        if (!S_ISREG(status.st_mode)) blind("command is no program", name, EISDIR);
        if (::access(name.c_str(), X_OK) != 0) blind("command is not executable", name, errno);
        return name;
    }
    std::string_view path;
    for (const std::string_view entry : launch.environment)
        if (entry.starts_with("PATH=")) path = entry.substr(5);
    for (std::string_view rest = path; !rest.empty();) {
        const std::size_t end = std::min(rest.find(':'), rest.size());
        const std::string file = std::string(rest.substr(0, end)) + "/" + name;
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (::stat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
            ::access(file.c_str(), X_OK) == 0)
            return file;
    }
    blind("command not found", name + " in " + std::string(path), ENOENT);
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> list;
    for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
    list.push_back(nullptr);
    return list;
}

// posix_spawn's two sets of instructions.
class Instructions {
  public:
    // `input` may be -1: then there is no input.
    Instructions(int input, int output, int errors) {
        ::posix_spawn_file_actions_init(&actions_);
        ::posix_spawn_file_actions_addchdir_np(&actions_, "/");
        if (input < 0)
            ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        else
            ::posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions_, errors, STDERR_FILENO);
        // Also those that other threads opened without O_CLOEXEC.
        ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
        ::posix_spawnattr_init(&attributes_);
        // A separate session has its own process group and no terminal: a program that asks for a
        // password gets an error and does not hang.
        ::posix_spawnattr_setflags(
            &attributes_, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
        sigset_t signals;
        ::sigfillset(&signals);
        ::sigdelset(&signals, SIGKILL);
        ::sigdelset(&signals, SIGSTOP);
        ::posix_spawnattr_setsigdefault(&attributes_, &signals);
        ::sigemptyset(&signals);
        ::posix_spawnattr_setsigmask(&attributes_, &signals);
    }
    ~Instructions() {
        ::posix_spawn_file_actions_destroy(&actions_);
        ::posix_spawnattr_destroy(&attributes_);
    }
    Instructions(const Instructions&) = delete;
    Instructions& operator=(const Instructions&) = delete;
    const posix_spawn_file_actions_t* actions() const { return &actions_; }
    const posix_spawnattr_t* attributes() const { return &attributes_; }

  private:
    posix_spawn_file_actions_t actions_;
    posix_spawnattr_t attributes_;
};

// The reports of the keeper: that the program runs, or why it does not; and how it ended.
struct Started {
    int error = 0;
    pid_t leader = -1;
};
struct Ended {
    int code = 0;  // as in siginfo_t
    int status = 0;
};

template <class Word>
void tell(int report, const Word& word) {
    // Smaller than any pipe: all of it or nothing.
    [[maybe_unused]] const ssize_t written = ::write(report, &word, sizeof word);
}

void close_all_but(const std::array<int, 4>& sorted) {
    unsigned from = 0;
    for (const int kept : sorted) {
        const auto number = static_cast<unsigned>(kept);
        if (number > from) ::close_range(from, number - 1, 0);
        from = number + 1;
    }
    ::close_range(from, ~0U, 0);
}

// The process between vitals and the program. The kernel gives it the descendants of the program
// that detached themselves (PR_SET_CHILD_SUBREAPER), so that all of them can be found and ended.
// vitals' own process, which may be the host of a library, stays as it is. The keeper ends when
// nothing of the program is left, or when it is killed. It is forked in a process of many threads,
// so it makes only system calls; all signals are blocked.
struct Keeper {
    const char* program;
    const Instructions& instructions;
    char** arguments;
    char** environment;
    // Sorted: its end of the report, and the program's input and its ends of the pipes.
    std::array<int, 4> kept;
    int report;

    [[noreturn]] void run() const {
        close_all_but(kept);
        ::setsid();
        ::signal(SIGCHLD, SIG_DFL);
        ::prctl(PR_SET_CHILD_SUBREAPER, 1);
        Started started;
        started.error = ::posix_spawn(&started.leader, program, instructions.actions(),
                                      instructions.attributes(), arguments, environment);
        for (const int descriptor : kept)
            if (descriptor != report) ::close(descriptor);
        tell(report, started);
        if (started.error != 0) ::_exit(1);
        for (;;) {
            siginfo_t info{};
            if (::waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) != 0) ::_exit(0);  // nothing is left
            if (info.si_pid == started.leader) {
                // Its number is also that of its group, and is not used again before it is reaped.
                ::kill(-started.leader, SIGKILL);
                tell(report, Ended{info.si_code, info.si_status});
            }
            ::waitpid(info.si_pid, nullptr, 0);
        }
    }
};

// All signals are blocked before, and the child keeps that.
pid_t fork_keeper(const Keeper& keeper) {
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const pid_t pid = ::_Fork();
    const int error = errno;
    if (pid == 0) keeper.run();
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    errno = error;
    return pid;
}

[[noreturn]] void not_started(const std::string& program, int error) {
    switch (error) {
        case ENOENT:
            blind("command's interpreter not found", program, error);
        case ENOEXEC:
            blind("command is no program", program, error);
        case EACCES:
        case EPERM:
            blind("not permitted to run the command", program, error);
        case EAGAIN:
            blind("no processes left", program, error);
        case ENOMEM:
            blind("no memory left", program, error);
        default:
            blind("command cannot be started", program, error);
    }
}

bool readable(int descriptor, int milliseconds) {
    pollfd waiting{descriptor, POLLIN, 0};
    return ::poll(&waiting, 1, milliseconds) > 0;
}

// The processes that a process has started, from the kernel's list for each of its threads; empty
// if the kernel has no such list (CONFIG_PROC_CHILDREN).
std::vector<pid_t> children_of(pid_t pid) {
    std::vector<pid_t> children;
    const std::string folder = "/proc/" + std::to_string(pid) + "/task";
    const std::unique_ptr<DIR, int (*)(DIR*)> tasks(::opendir(folder.c_str()), ::closedir);
    if (!tasks) return children;
    while (const dirent* task = ::readdir(tasks.get())) {
        if (task->d_name[0] == '.') continue;
        const std::string list =
            net::read_file(folder + "/" + task->d_name + "/children").value_or("");
        const char* at = list.data();
        const char* const last = at + list.size();
        pid_t child = 0;
        while (at < last) {
            const auto [end, error] = std::from_chars(at, last, child);
            if (error == std::errc()) children.push_back(child);
            at = end + 1;  // the blank behind it
        }
    }
    return children;
}

// Stops a process and all its descendants, parents first: a stopped process starts no more of them,
// and keeps the numbers of those that ended. Stopping takes effect a little later, so this repeats
// until it finds no new one.
std::vector<pid_t> stop_tree(pid_t root) {
    constexpr int most_rounds = 8;
    std::vector<pid_t> tree{root};
    for (int round = 0; round < most_rounds; ++round) {
        const std::size_t before = tree.size();
        for (std::size_t i = 0; i < tree.size(); ++i) {
            ::kill(tree[i], SIGSTOP);
            for (const pid_t child : children_of(tree[i]))
                if (std::find(tree.begin(), tree.end(), child) == tree.end()) tree.push_back(child);
        }
        if (tree.size() == before && round > 0) break;
    }
    return tree;
}

}  // namespace

Descriptor::Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    if (this != &other) {
        if (open()) ::close(number_);
        number_ = std::exchange(other.number_, -1);
    }
    return *this;
}

Descriptor::~Descriptor() {
    if (open()) ::close(number_);
}

std::shared_ptr<Program> Program::start(const Launch& launch) {
    Pipe output;
    Pipe errors;
    Pipe report;
    const std::shared_ptr<Program> running(new Program);
    running->kept_bytes_ = launch.kept_bytes;
    running->events_ = Descriptor(::epoll_create1(EPOLL_CLOEXEC));
    if (!running->events_.open()) out_of_means("epoll_create1");
    const std::string program = find_program(launch);
    const Descriptor input = input_of(launch.input);
    const Instructions instructions(input.number(), output.writing.number(),
                                    errors.writing.number());
    const std::vector<char*> arguments = pointers(launch.arguments);
    const std::vector<char*> environment = pointers(launch.environment);
    Keeper keeper{program.c_str(),
                  instructions,
                  const_cast<char**>(arguments.data()),
                  const_cast<char**>(environment.data()),
                  {output.writing.number(), errors.writing.number(), report.writing.number(),
                   input.open() ? input.number() : report.writing.number()},
                  report.writing.number()};
    std::sort(keeper.kept.begin(), keeper.kept.end());
    const pid_t pid = fork_keeper(keeper);
    if (pid < 0) not_started(program, errno);
    report.writing = Descriptor();
    // By number: glibc 2.36 declares pidfd_open() for C only.
    running->process_ = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    const int unwatched = running->process_.open() ? 0 : errno;
    readable(report.reading.number(), -1);  // until the program's file has been loaded
    Started started;
    const ssize_t got = ::read(report.reading.number(), &started, sizeof started);
    const bool lost = got != sizeof started;  // somebody killed the keeper before it could tell
    if (unwatched != 0 && !lost && started.error == 0) ::kill(-started.leader, SIGKILL);
    if (unwatched != 0 || lost || started.error != 0) ::waitpid(pid, nullptr, 0);
    errno = unwatched;
    if (unwatched != 0) out_of_means("pidfd_open");
    if (lost)
        throw CheckError(ErrorClass::local, "the program was lost at its start", keeper_killed);
    if (started.error != 0) not_started(program, started.error);
    running->keeper_ = pid;
    running->leader_ = started.leader;
    running->report_ = std::move(report.reading);
    running->streams_[0].pipe = std::move(output.reading);
    running->streams_[1].pipe = std::move(errors.reading);
    for (const int descriptor : {running->report_.number(), running->streams_[0].pipe.number(),
                                 running->streams_[1].pipe.number()}) {
        epoll_event event{};
        event.events = EPOLLIN;
        if (::epoll_ctl(running->events_.number(), EPOLL_CTL_ADD, descriptor, &event) != 0)
            out_of_means("epoll_ctl");
    }
    return running;
}

Program::~Program() {
    constexpr int moment = 50;  // milliseconds; dying by SIGKILL takes far less
    if (keeper_ < 0 || reaped_) return;
    kill();
    readable(process_.number(), moment);
    reap();
}

void Program::collect() {
    // In this order: what it wrote before its end is in the pipe by now.
    take_end();
    for (Stream& stream : streams_) drain(stream);
}

void Program::take_end() {
    if (ended_) return;
    Ended word;
    const ssize_t got = ::read(report_.number(), &word, sizeof word);
    if (got < 0) return;  // not yet
    ended_ = true;
    if (got != sizeof word) return;  // somebody killed the keeper
    if (word.code == CLD_EXITED)
        end_.exit_code = word.status;
    else
        end_.signal = word.status;
}

void Program::drain(Stream& stream) const {
    constexpr std::size_t most_at_once = 256 * 1024;  // then others on the loop have their turn
    char buffer[16 * 1024];
    for (std::size_t taken = 0; stream.pipe.open() && taken < most_at_once;) {
        const ssize_t got = ::read(stream.pipe.number(), buffer, sizeof buffer);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && errno == EAGAIN) return;
        if (got <= 0) {
            stream.pipe = Descriptor();  // which also ends being watched
            return;
        }
        const auto count = static_cast<std::size_t>(got);
        stream.text.append(buffer, std::min(count, kept_bytes_ - stream.text.size()));
        stream.written += count;
        taken += count;
    }
}

bool Program::floods() const {
    return streams_[0].written + streams_[1].written > flood_bytes;
}

void Program::kill() {
    if (reaped_) return;
    if (ended_) {
        const bool lost = !end_.exit_code && end_.signal == 0;
        ::kill(lost ? -leader_ : keeper_, SIGKILL);
        return;
    }
    // While the keeper is stopped it reaps nothing: no number here is used again.
    for (const pid_t pid : stop_tree(keeper_))
        if (pid != keeper_) ::kill(pid, SIGKILL);
    take_end();
    if (!ended_) ::kill(-leader_, SIGKILL);  // also if the kernel lists no children
    ::kill(keeper_, SIGCONT);
}

std::optional<End> Program::reap() {
    siginfo_t info{};
    const auto process = static_cast<id_t>(process_.number());
    const bool ours = ::waitid(P_PIDFD, process, &info, WEXITED | WNOHANG) == 0;
    if (ours && info.si_pid == 0) return std::nullopt;
    reaped_ = true;  // or by somebody else, or of a process that ignores SIGCHLD
    take_end();
    return end_;
}

}  // namespace vitals::backends::program
