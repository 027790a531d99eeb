// Reads /proc when a dialect shows the figures (process_* metrics), never for other requests.
// Formats: proc(5).
#include "endpoints/process_figures.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <sstream>
#include <string>

namespace vitals::endpoints {
namespace {

// A file of /proc whole; at no moment can a child inherit its descriptor.
std::string read_proc(const char* path) {
    std::string text;
    int descriptor = ::open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return text;
    std::array<char, 4096> part;
    for (ssize_t count; (count = ::read(descriptor, part.data(), part.size())) > 0;)
        text.append(part.data(), static_cast<std::size_t>(count));
    ::close(descriptor);
    return text;
}

double boot_time() {
    std::string text = read_proc("/proc/stat");
    std::size_t line = text.find("\nbtime ");
    return line == std::string::npos ? 0 : std::strtod(text.c_str() + line + 7, nullptr);
}

std::uint64_t count_descriptors() {
    DIR* directory = ::opendir("/proc/self/fd");
    if (directory == nullptr) return 0;
    std::uint64_t count = 0;
    while (const dirent* entry = ::readdir(directory))
        if (entry->d_name[0] != '.') ++count;
    ::closedir(directory);
    return count > 0 ? count - 1 : 0;  // without the one that lists them
}

}  // namespace

dialects::ProcessFigures read_process_figures() {
    dialects::ProcessFigures figures;
    std::string text = read_proc("/proc/self/stat");
    // The second field is the name in parentheses and may hold anything.
    std::size_t name_end = text.rfind(')');
    if (name_end != std::string::npos) {
        std::istringstream fields(text.substr(name_end + 1));
        std::string skip;
        for (int field = 3; field < 14; ++field) fields >> skip;
        double user = 0, system = 0, start = 0;
        std::uint64_t resident = 0;
        fields >> user >> system;
        for (int field = 16; field < 22; ++field) fields >> skip;
        fields >> start >> figures.virtual_bytes >> resident;
        double ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
        figures.cpu_seconds = (user + system) / ticks;
        static const double boot = boot_time();
        figures.start_time = boot + start / ticks;
        figures.resident_bytes = resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    }
    figures.open_descriptors = count_descriptors();
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) figures.max_descriptors = limit.rlim_cur;
    return figures;
}

}  // namespace vitals::endpoints
