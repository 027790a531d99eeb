#include "canary.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <system_error>

#include "model/check_error.hpp"
#include "net/file.hpp"
#include "wire/lsyncd.hpp"

namespace vitals::checks::lsyncd {

namespace {

using wire::lsyncd::Canary;

constexpr std::size_t longest_canary = 256;

CheckError blind(const char* detail, const std::string& path, int error) {
    return CheckError(ErrorClass::local, detail,
                      path + ": " + std::generic_category().message(error));
}

std::optional<Canary> read_own(const std::string& file) {
    const auto text = net::read_file(file, longest_canary);
    if (!text && text.error() != ENOENT) throw blind("cannot read the canary", file, text.error());
    if (!text || text->empty()) return std::nullopt;
    const auto canary = wire::lsyncd::parse_canary(*text);
    if (!canary)
        throw CheckError(ErrorClass::local,
                         "the canary is a file of somebody else: name one that only vitals uses",
                         file);
    return canary;
}

// A file that is missing or half written has not arrived, and neither has one on a target with
// errors.
std::optional<Canary> read_copy(const std::string& copy) {
    const auto text = net::read_file(copy, longest_canary);
    if (!text && (text.error() == EACCES || text.error() == EPERM))
        throw blind("not permitted to look for the canary's copy", copy, text.error());
    return text ? wire::lsyncd::parse_canary(*text) : std::nullopt;
}

// In place: the size is always the same.
void write_own(const std::string& file, const std::string& text) {
    const int descriptor =
        ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
    if (descriptor < 0) throw blind("cannot write the canary", file, errno);
    const auto written = ::pwrite(descriptor, text.data(), text.size(), 0);
    const int error = written < 0 ? errno : ENOSPC;
    ::close(descriptor);
    if (written != static_cast<ssize_t>(text.size()))
        throw blind("cannot write the canary", file, error);
}

}  // namespace

std::chrono::milliseconds release_canary(const std::string& file, const std::string& copy,
                                         std::chrono::milliseconds started) {
    using std::chrono::milliseconds;
    const auto now = std::chrono::duration_cast<milliseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    const Canary next =
        wire::lsyncd::next_canary(read_own(file), read_copy(copy), started.count(), now.count());
    write_own(file, wire::lsyncd::canary_text(next));
    return now - milliseconds(next.since);
}

}  // namespace vitals::checks::lsyncd
