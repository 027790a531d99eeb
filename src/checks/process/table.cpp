#include "table.hpp"

#include <dirent.h>
#include <unistd.h>

#include <charconv>
#include <memory>

#include "net/file.hpp"
#include "wire/procfs.hpp"

namespace vitals::checks::process {

namespace {

constexpr std::size_t command_length = 15;  // the kernel cuts names there

std::string text_of(const std::string& path, std::size_t limit = 16 * 1024) {
    return net::read_file(path, limit).value_or("");
}

std::string base_name(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

template <class Number>
std::optional<Number> number(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end == text.data()) return std::nullopt;
    return value;
}

std::vector<std::string> first_arguments(const std::string& cmdline) {
    std::vector<std::string> arguments;
    std::size_t begin = 0;
    while (begin < cmdline.size() && arguments.size() < 2) {
        const std::size_t end = std::min(cmdline.find('\0', begin), cmdline.size());
        arguments.push_back(cmdline.substr(begin, end - begin));
        begin = end + 1;
    }
    return arguments;
}

}  // namespace

bool Process::runs() const {
    return state != 'Z' && state != 'X' && state != 'x' && state != 'T';
}

bool Process::is_called(const std::string& name) const {
    if (command == name) return true;
    if (!arguments.empty()) {
        const std::string own = base_name(arguments[0]);
        // A login shell is started as `-bash`.
        if (own == name || own == "-" + name) return true;
    }
    // The kernel knows a script by the name of the script, which may be cut.
    return name.size() > command_length && command == name.substr(0, command_length) &&
           arguments.size() > 1 && base_name(arguments[1]) == name;
}

std::chrono::milliseconds Table::uptime() const {
    const auto seconds = number<double>(text_of(proc_ + "/uptime"));
    return std::chrono::milliseconds(static_cast<std::int64_t>(seconds.value_or(0) * 1000));
}

std::optional<Process> Table::find(pid_t pid) const {
    const std::string directory = proc_ + "/" + std::to_string(pid);
    const auto stat = wire::parse_process_stat(text_of(directory + "/stat"));
    if (!stat) return std::nullopt;
    Process process;
    process.pid = pid;
    process.command = stat->command;
    process.state = stat->state;
    process.arguments = first_arguments(text_of(directory + "/cmdline"));
    // Both are counted from boot by clocks that nobody sets.
    const auto ticks = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
    const auto started = std::chrono::milliseconds(stat->start_ticks * 1000 / ticks);
    process.age = std::max(uptime() - started, std::chrono::milliseconds(0));
    return process;
}

std::vector<Process> Table::all_called(const std::string& name) const {
    std::vector<Process> found;
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(proc_.c_str()), ::closedir);
    if (!directory) return found;
    while (const dirent* entry = ::readdir(directory.get())) {
        const std::string_view file = entry->d_name;
        const auto pid = number<pid_t>(file);
        if (!pid || file.find_first_not_of("0123456789") != std::string_view::npos) continue;
        auto process = find(*pid);
        if (process && process->is_called(name)) found.push_back(*std::move(process));
    }
    return found;
}

std::optional<uid_t> Table::user_of(pid_t pid) const {
    const std::string status = text_of(proc_ + "/" + std::to_string(pid) + "/status");
    // Four numbers: real, effective, saved, file system.
    const std::size_t line = status.find("\nUid:");
    const std::size_t real = status.find_first_of("0123456789", line);
    const std::size_t gap = status.find_first_of("\t ", real);
    const std::size_t effective = status.find_first_of("0123456789", gap);
    if (effective == std::string::npos) return std::nullopt;
    return number<uid_t>(std::string_view(status).substr(effective));
}

bool Table::hides_others() const {
    // Process 1 always exists, and vitals can only see it if it can see all processes.
    return text_of(proc_ + "/1/stat").empty();
}

}  // namespace vitals::checks::process
