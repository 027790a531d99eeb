#include "plugin.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/epoll.h>
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

namespace vitals::checks::exec {

namespace {

[[noreturn]] void blind(const std::string& detail, const std::string& what, int error) {
    throw CheckError(ErrorClass::local, detail,
                     what + ": " + std::generic_category().message(error));
}

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
        // 0 to 2 will be the program's own: an end of ours there (in a process that closed its
        // standard streams) would be overwritten before the program gets it.
        constexpr int first = STDERR_FILENO + 1;
        for (Descriptor* end : {&reading, &writing}) {
            if (end->number() < first)
                *end = Descriptor(::fcntl(end->number(), F_DUPFD_CLOEXEC, first));
            if (!end->open()) out_of_means("fcntl");
        }
        // Of this end only: the program's end has a description, and flags, of its own.
        ::fcntl(reading.number(), F_SETFL, O_NONBLOCK);
    }
};

// The program's file, or what is wrong with it, before the attempt to start it can only say less.
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
    Instructions(int output, int errors) {
        ::posix_spawn_file_actions_init(&actions_);
        ::posix_spawn_file_actions_addchdir_np(&actions_, "/");
        ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        ::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions_, errors, STDERR_FILENO);
        // Also those that other threads opened without O_CLOEXEC.
        ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
        ::posix_spawnattr_init(&attributes_);
        // A session of its own is a process group of its own without a terminal: who asks for a
        // password there gets an error instead of hanging.
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

pid_t spawn(const Launch& launch, const Pipe& output, const Pipe& errors) {
    const std::string program = find_program(launch);
    const Instructions instructions(output.writing.number(), errors.writing.number());
    const std::vector<char*> arguments = pointers(launch.arguments);
    const std::vector<char*> environment = pointers(launch.environment);
    pid_t pid = -1;
    const int error =
        ::posix_spawn(&pid, program.c_str(), instructions.actions(), instructions.attributes(),
                      arguments.data(), environment.data());
    switch (error) {
        case 0:
            return pid;
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

// The processes that a process has started, by the kernel's list for each of its threads; empty
// where the kernel keeps none (CONFIG_PROC_CHILDREN).
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

// Stops a process and all that descend from it, parents first: one that is stopped starts no more
// of them, and keeps the numbers of those that ended. Stopping takes effect a little later, hence
// until there is nothing new.
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

std::shared_ptr<Plugin> Plugin::start(const Launch& launch) {
    Pipe output;
    Pipe errors;
    const std::shared_ptr<Plugin> plugin(new Plugin);
    plugin->events_ = Descriptor(::epoll_create1(EPOLL_CLOEXEC));
    if (!plugin->events_.open()) out_of_means("epoll_create1");
    const pid_t pid = spawn(launch, output, errors);
    // By number: glibc 2.36 declares pidfd_open() for C only.
    plugin->process_ = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!plugin->process_.open()) {
        const int error = errno;
        ::kill(-pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
        errno = error;
        out_of_means("pidfd_open");
    }
    plugin->pid_ = pid;
    plugin->streams_[0].pipe = std::move(output.reading);
    plugin->streams_[1].pipe = std::move(errors.reading);
    for (const int descriptor : {plugin->process_.number(), plugin->streams_[0].pipe.number(),
                                 plugin->streams_[1].pipe.number()}) {
        epoll_event event{};
        event.events = EPOLLIN;
        if (::epoll_ctl(plugin->events_.number(), EPOLL_CTL_ADD, descriptor, &event) != 0)
            out_of_means("epoll_ctl");
    }
    return plugin;
}

Plugin::~Plugin() {
    constexpr int moment = 50;  // milliseconds; dying by SIGKILL takes far less
    if (pid_ < 0 || reaped_) return;
    kill();
    readable(process_.number(), moment);
    reap();
}

void Plugin::collect() {
    // In this order: what it wrote before its end is in the pipe by now.
    ended_ = ended_ || readable(process_.number(), 0);
    for (Stream& stream : streams_) drain(stream);
}

void Plugin::drain(Stream& stream) {
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
        stream.text.append(buffer, std::min(count, kept_bytes - stream.text.size()));
        stream.written += count;
        taken += count;
    }
}

bool Plugin::floods() const {
    return streams_[0].written + streams_[1].written > flood_bytes;
}

void Plugin::kill() {
    if (reaped_) return;
    if (!ended_)
        for (const pid_t pid : stop_tree(pid_)) ::kill(pid, SIGKILL);
    // Its number is also its group's, and not handed out anew while the ended leader is not reaped.
    ::kill(-pid_, SIGKILL);
}

std::optional<End> Plugin::reap() {
    siginfo_t info{};
    const auto process = static_cast<id_t>(process_.number());
    if (::waitid(P_PIDFD, process, &info, WEXITED | WNOHANG) != 0) {
        reaped_ = true;  // ECHILD: by somebody else, or by a process that ignores SIGCHLD
        return End{};
    }
    if (info.si_pid == 0) return std::nullopt;
    reaped_ = true;
    if (info.si_code == CLD_EXITED) return End{.exit_code = info.si_status};
    return End{.signal = info.si_status};
}

}  // namespace vitals::checks::exec
