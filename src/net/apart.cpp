// Uses clone(2) with shared memory; the caller waits.
#include "net/apart.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <climits>
#include <cstdint>
#include <exception>
#include <stdexcept>

namespace vitals::net {

namespace {

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool possible = false;  // they take the new stack for a stray pointer
#else
constexpr bool possible = true;
#endif

constexpr int shared_memory = CLONE_VM | CLONE_VFORK;
constexpr std::size_t stack_size = std::size_t{1} << 20;
constexpr std::size_t guard_size = std::size_t{1} << 16;  // a page at least, on every machine

// Nothing below it may be touched.
class Stack {
  public:
    Stack()
        : memory_(::mmap(nullptr, guard_size + stack_size, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0)) {
        if (memory_ != MAP_FAILED) ::mprotect(memory_, guard_size, PROT_NONE);
    }
    ~Stack() {
        if (memory_ != MAP_FAILED) ::munmap(memory_, guard_size + stack_size);
    }
    Stack(const Stack&) = delete;
    Stack& operator=(const Stack&) = delete;
    char* top() const {
        if (memory_ == MAP_FAILED) return nullptr;
        return static_cast<char*>(memory_) + guard_size + stack_size;
    }

  private:
    void* memory_;
};

// Blocks every signal: none of the host's handlers may run in the other process.
class SignalsBlocked {
  public:
    SignalsBlocked() {
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

  private:
    sigset_t before_{};
};

std::atomic<int> sharing = 0;

class Sharing {
  public:
    explicit Sharing(Descriptors descriptors) : count_(descriptors == Descriptors::shared ? 1 : 0) {
        sharing += count_;
    }
    ~Sharing() { sharing -= count_; }
    Sharing(const Sharing&) = delete;
    Sharing& operator=(const Sharing&) = delete;

  private:
    int count_;
};

struct Call {
    enum class State : std::uint8_t { refused, running, ended };
    const std::function<void()>& code;
    pid_t parent;
    Descriptors descriptors;
    State state = State::refused;
    std::exception_ptr error{};
};

int nothing(void*) {
    return 0;
}

// Leaves the last process of a limit to code that cannot do without one.
bool another_is_allowed() {
    alignas(16) char stack[4096];
    const pid_t process = ::clone(nothing, stack + sizeof stack, shared_memory, nullptr);
    if (process < 0) return false;
    ::waitpid(process, nullptr, __WALL);
    return true;
}

int run_apart(void* given) {
    Call& call = *static_cast<Call*>(given);
    // It ends with the thread that waits for it, as soon as the kernel allows it.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != call.parent || !another_is_allowed()) return 0;
    if (call.descriptors == Descriptors::own) {
        // A new and empty table of descriptors; that of this process is never copied.
        if (::close_range(0, UINT_MAX, CLOSE_RANGE_UNSHARE) != 0) return 0;
        for (int i = 0; i < 3; ++i) (void)::open("/dev/null", O_RDWR);
    }
    call.state = Call::State::running;
    try {
        call.code();
    } catch (...) {
        call.error = std::current_exception();
    }
    call.state = Call::State::ended;
    return 0;
}

}  // namespace

bool left_behind() noexcept {
    return sharing > 0;
}

void apart(const std::function<void()>& code, Descriptors descriptors) {
    Call call{code, ::getpid(), descriptors};
    if (possible) {
        const Sharing counted(descriptors);
        const Stack stack;
        const SignalsBlocked blocked;
        // No signal at its end, so a host does not take it for one of its own children.
        const pid_t process = stack.top() == nullptr ? -1
                                                     : ::clone(run_apart, stack.top(),
                                                               shared_memory | CLONE_FILES, &call);
        if (process >= 0) ::waitpid(process, nullptr, __WALL);
    }
    switch (call.state) {
        case Call::State::refused:
            return code();
        case Call::State::running:
            throw std::runtime_error("a process that looked at files was killed");
        case Call::State::ended:
            if (call.error) std::rethrow_exception(call.error);
    }
}

}  // namespace vitals::net
