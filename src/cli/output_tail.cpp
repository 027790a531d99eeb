#include "cli/output_tail.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace vitals::cli {

namespace {

constexpr int look_every = 50;  // ms, for the command's end

bool same_place(int one, int other) {
    struct stat first{}, second{};
    return fstat(one, &first) == 0 && fstat(other, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

bool is_passed_on(int stream) {
    return fcntl(stream, F_GETFD) != -1 && isatty(stream) == 0;
}

bool write_all(int to, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto written = write(to, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0 && errno == EAGAIN) {
            pollfd ready{.fd = to, .events = POLLOUT, .revents = 0};
            poll(&ready, 1, -1);
            continue;
        }
        if (written <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

void close_once(int& descriptor) {
    if (descriptor >= 0) close(descriptor);
    descriptor = -1;
}

}  // namespace

OutputTail::OutputTail() {
    const bool both = is_passed_on(STDOUT_FILENO) && is_passed_on(STDERR_FILENO) &&
                      same_place(STDOUT_FILENO, STDERR_FILENO);
    for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) {
        if (!is_passed_on(stream) || (both && stream == STDERR_FILENO)) continue;
        std::array<int, 2> ends{};
        if (pipe2(ends.data(), O_CLOEXEC) != 0) continue;  // otherwise it is left as it is
        streams_.push_back({.to = stream, .read = ends[0], .write = ends[1], .both = both});
    }
}

OutputTail::~OutputTail() {
    end();
    for (Stream& stream : streams_) {
        close_once(stream.read);
        close_once(stream.write);
    }
}

void OutputTail::take_over() const noexcept {
    for (const Stream& stream : streams_) {
        dup2(stream.write, stream.to);
        if (stream.both) dup2(stream.write, STDERR_FILENO);
    }
}

void OutputTail::begin() {
    for (Stream& stream : streams_) {
        close_once(stream.write);
        threads_.emplace_back([this, &stream] { pass_on(stream); });
    }
}

void OutputTail::end() {
    ended_ = true;
    for (std::thread& thread : threads_)
        if (thread.joinable()) thread.join();
}

// If the reader of this program is gone, the command must notice: its pipe is closed.
void OutputTail::pass_on(Stream& stream) {
    std::array<char, 16'384> buffer{};
    for (;;) {
        const bool last = ended_;
        pollfd ready{.fd = stream.read, .events = POLLIN, .revents = 0};
        if (poll(&ready, 1, last ? 0 : look_every) <= 0) {
            if (last) break;
            continue;
        }
        const auto count = read(stream.read, buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        const std::string_view bytes(buffer.data(), static_cast<std::size_t>(count));
        keep(bytes);
        if (!write_all(stream.to, bytes)) break;
    }
    close_once(stream.read);
}

void OutputTail::keep(std::string_view bytes) {
    const std::scoped_lock lock(mutex_);
    kept_ += bytes;
    if (kept_.size() > longest) kept_.erase(0, kept_.size() - longest);
}

std::string OutputTail::last_lines() const {
    const std::scoped_lock lock(mutex_);
    return kept_;
}

}  // namespace vitals::cli
