#include "net/file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace vitals::net {

std::expected<std::string, int> read_file(const std::string& path, std::size_t limit) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (descriptor < 0) return std::unexpected(errno);
    std::string content;
    int error = 0;
    char buffer[16 * 1024];
    while (content.size() < limit) {
        const std::size_t wanted = std::min(limit - content.size(), sizeof buffer);
        const ssize_t got = ::read(descriptor, buffer, wanted);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) error = errno;
        if (got <= 0) break;
        content.append(buffer, static_cast<std::size_t>(got));
    }
    ::close(descriptor);
    if (error != 0) return std::unexpected(error);
    return content;
}

}  // namespace vitals::net
