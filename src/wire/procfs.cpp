#include "wire/procfs.hpp"

#include <charconv>
#include <cmath>
#include <ranges>

namespace vitals::wire {

namespace {

// Takes the part before the delimiter, and the delimiter, from the text.
std::string_view take(std::string_view& text, char delimiter) {
    const std::size_t end = std::min(text.find(delimiter), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return part;
}

// Takes the next word, and the blanks before it, from the text.
std::string_view take_word(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\n"), text.size()));
    const std::size_t end = std::min(text.find_first_of(" \t\n"), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(end);
    return word;
}

template <class Number>
std::optional<Number> number(std::string_view text) {
    Number value{};
    const char* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, value);
    if (error != std::errc() || end != last || text.empty()) return std::nullopt;
    if constexpr (std::is_floating_point_v<Number>)
        if (!std::isfinite(value)) return std::nullopt;
    return value;
}

// The text after the key, on the line that begins with it.
std::optional<std::string_view> line_of(std::string_view text, std::string_view key) {
    while (!text.empty()) {
        std::string_view line = take(text, '\n');
        if (take_word(line) == key) return line;
    }
    return std::nullopt;
}

std::optional<double> average_of_minute(std::string_view line) {
    while (!line.empty()) {
        const std::string_view word = take_word(line);
        if (word.starts_with("avg60=")) return number<double>(word.substr(6));
    }
    return std::nullopt;
}

bool lists(std::string_view list, std::string_view entry) {
    while (!list.empty())
        if (take(list, ',') == entry) return true;
    return false;
}

// mountinfo writes blanks, tabs, newlines and backslashes as \ooo.
std::string unescape(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned code = 0;
        const char* const digits = text.data() + i + 1;
        if (text[i] == '\\' && text.size() - i > 3 &&
            std::from_chars(digits, digits + 3, code, 8).ptr == digits + 3) {
            plain += static_cast<char>(code);
            i += 3;
        } else {
            plain += text[i];
        }
    }
    return plain;
}

struct CgroupMount {
    std::string root;   // which group the mount shows
    std::string point;  // where
};

// The first mount of version 2, or of version 1 with the controller.
std::optional<CgroupMount> find_mount(std::string_view mountinfo, int version,
                                      std::string_view controller) {
    while (!mountinfo.empty()) {
        std::string_view line = take(mountinfo, '\n');
        for (int skipped = 0; skipped < 3; ++skipped) take_word(line);
        CgroupMount mount;
        mount.root = unescape(take_word(line));
        mount.point = unescape(take_word(line));
        const std::size_t dash = line.find(" - ");
        if (dash == std::string_view::npos) continue;
        line.remove_prefix(dash + 3);
        const std::string_view type = take_word(line);
        take_word(line);  // the source
        const std::string_view options = take_word(line);
        if (version == 2 && type == "cgroup2") return mount;
        if (version == 1 && type == "cgroup" && lists(options, controller)) return mount;
    }
    return std::nullopt;
}

// The group of /proc/self/cgroup: `0::/path` or `4:cpu,memory:/path`.
std::optional<std::string_view> find_group(std::string_view self_cgroup, int version,
                                           std::string_view controller) {
    while (!self_cgroup.empty()) {
        std::string_view line = take(self_cgroup, '\n');
        const std::string_view number_text = take(line, ':');
        const std::string_view controllers = take(line, ':');
        if (version == 2 ? number_text == "0" && controllers.empty()
                         : lists(controllers, controller))
            return line;
    }
    return std::nullopt;
}

std::vector<std::string> directories_of(const CgroupMount& mount, std::string_view group) {
    // In a container, the mount may show only the group itself, which is then its root; a group
    // outside (`/../..`) is not visible.
    std::string_view below = group;
    if (mount.root != "/") {
        if (!below.starts_with(mount.root))
            below = {};
        else
            below.remove_prefix(mount.root.size());
    }
    if (!below.starts_with('/') || below.find("..") != std::string_view::npos) below = {};
    while (below.ends_with('/')) below.remove_suffix(1);
    std::vector<std::string> directories;
    while (!below.empty()) {
        directories.push_back(mount.point + std::string(below));
        below = below.substr(0, below.rfind('/'));
    }
    directories.push_back(mount.point);
    return directories;
}

}  // namespace

std::optional<std::uint64_t> meminfo_bytes(std::string_view meminfo, std::string_view key) {
    std::optional<std::string_view> line = line_of(meminfo, std::string(key) + ":");
    if (!line) return std::nullopt;
    const std::optional<std::uint64_t> value = number<std::uint64_t>(take_word(*line));
    if (!value || *value > UINT64_MAX / 1024 || take_word(*line) != "kB") return std::nullopt;
    return *value * 1024;
}

std::optional<std::uint64_t> keyed_number(std::string_view text, std::string_view key) {
    std::optional<std::string_view> line = line_of(text, key);
    if (!line) return std::nullopt;
    return number<std::uint64_t>(take_word(*line));
}

std::optional<std::uint64_t> single_number(std::string_view text) {
    const std::optional<std::uint64_t> value = number<std::uint64_t>(take_word(text));
    if (!take_word(text).empty()) return std::nullopt;
    return value;
}

std::optional<LoadAverages> parse_loadavg(std::string_view text) {
    const auto one = number<double>(take_word(text));
    const auto five = number<double>(take_word(text));
    const auto fifteen = number<double>(take_word(text));
    if (!one || !five || !fifteen) return std::nullopt;
    return LoadAverages{*one, *five, *fifteen};
}

unsigned count_cpus(std::string_view list) {
    list = take_word(list);
    unsigned count = 0;
    while (!list.empty()) {
        std::string_view range = take(list, ',');
        const auto first = number<unsigned>(take(range, '-'));
        const auto last = range.empty() ? first : number<unsigned>(range);
        if (!first || !last || *last < *first || *last > 65'535) return 0;
        count += *last - *first + 1;
    }
    return count;
}

std::optional<double> parse_cpu_max(std::string_view text) {
    const auto quota = number<std::uint64_t>(take_word(text));
    const auto period = number<std::uint64_t>(take_word(text));
    if (!quota || !period || *period == 0) return std::nullopt;
    return static_cast<double>(*quota) / static_cast<double>(*period);
}

std::optional<Pressure> parse_pressure(std::string_view text) {
    const auto some = line_of(text, "some");
    if (!some) return std::nullopt;
    const auto share = average_of_minute(*some);
    if (!share) return std::nullopt;
    Pressure pressure{.some = *share};
    if (const auto full = line_of(text, "full")) pressure.full = average_of_minute(*full);
    return pressure;
}

std::optional<ProcessStat> parse_process_stat(std::string_view text) {
    const std::size_t open = text.find('(');
    const std::size_t close = text.rfind(')');
    if (open == std::string_view::npos || close == std::string_view::npos || close < open)
        return std::nullopt;
    ProcessStat stat;
    stat.command = text.substr(open + 1, close - open - 1);
    std::string_view rest = text.substr(close + 1);
    const std::string_view state = take_word(rest);
    if (state.size() != 1) return std::nullopt;
    stat.state = state[0];
    for (int field = 4; field < 22; ++field) take_word(rest);
    const auto start = number<std::uint64_t>(take_word(rest));
    if (!start) return std::nullopt;
    stat.start_ticks = *start;
    return stat;
}

CgroupPlace cgroup_place(std::string_view self_cgroup, std::string_view self_mountinfo,
                         std::string_view controller) {
    // If both are mounted, a controller belongs to one of them: version 1 if it is named there.
    for (const int version : {1, 2}) {
        const auto group = find_group(self_cgroup, version, controller);
        const auto mount = find_mount(self_mountinfo, version, controller);
        if (group && mount) return {version, directories_of(*mount, *group)};
    }
    return {};
}

std::optional<bool> file_system_read_only(std::string_view mountinfo, std::uint64_t mount) {
    while (!mountinfo.empty()) {
        std::string_view line = take(mountinfo, '\n');
        if (number<std::uint64_t>(take_word(line)) != mount) continue;
        // After the dash: type, source, and the options of the file system itself.
        const std::size_t dash = line.find(" - ");
        if (dash == std::string_view::npos) return std::nullopt;
        line.remove_prefix(dash + 3);
        take_word(line);
        take_word(line);
        return lists(take_word(line), "ro");
    }
    return std::nullopt;
}

}  // namespace vitals::wire
