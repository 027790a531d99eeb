#include "discover/tables.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>

namespace vitals::discover {

namespace {

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        lines.push_back(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return lines;
}

std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> words;
    for (;;) {
        const std::size_t begin = line.find_first_not_of(" \t\r");
        if (begin == std::string_view::npos) return words;
        line.remove_prefix(begin);
        const std::size_t end = line.find_first_of(" \t\r");
        words.push_back(line.substr(0, end));
        if (end == std::string_view::npos) return words;
        line.remove_prefix(end);
    }
}

template <class Number>
std::optional<Number> number(std::string_view text, int base = 10) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// The kernel prints each 32 bits as a number in the machine's own byte order.
std::optional<std::string> address_of(std::string_view hex) {
    std::array<std::uint32_t, 4> words{};
    const std::size_t count = hex.size() / 8;
    if (hex.size() % 8 != 0 || (count != 1 && count != 4)) return std::nullopt;
    for (std::size_t i = 0; i < count; ++i) {
        const auto word = number<std::uint32_t>(hex.substr(8 * i, 8), 16);
        if (!word) return std::nullopt;
        words[i] = *word;
    }
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (::inet_ntop(count == 1 ? AF_INET : AF_INET6, words.data(), text.data(), text.size()) ==
        nullptr)
        return std::nullopt;
    const std::string found = text.data();
    constexpr std::string_view mapped = "::ffff:";
    return found.starts_with(mapped) && found.contains('.') ? found.substr(mapped.size()) : found;
}

// `\040` and the like, as mountinfo writes blanks.
std::string unescaped(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto code =
            text[i] == '\\' ? number<unsigned>(text.substr(i + 1, 3), 8) : std::nullopt;
        if (code && i + 3 < text.size()) {
            plain += static_cast<char>(*code);
            i += 3;
        } else {
            plain += text[i];
        }
    }
    return plain;
}

bool has_word(std::string_view list, std::string_view word) {
    while (!list.empty()) {
        const std::size_t end = list.find(',');
        if (list.substr(0, end) == word) return true;
        list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
    }
    return false;
}

// Without quotes and the end of a statement; nothing if it is not a path.
std::optional<std::string> path_in(std::string_view word) {
    while (!word.empty() && std::string_view("\"';<").contains(word.back())) word.remove_suffix(1);
    while (!word.empty() && std::string_view("\"'<").contains(word.front())) word.remove_prefix(1);
    if (!word.starts_with('/') || word.contains('$')) return std::nullopt;
    return std::string(word);
}

}  // namespace

std::vector<Socket> listening(std::string_view table, Socket::Protocol protocol) {
    // local address, remote address, state, ..., inode
    const std::string_view state = protocol == Socket::Protocol::udp ? "07" : "0A";
    std::vector<Socket> found;
    for (const std::string_view line : lines_of(table)) {
        const auto words = words_of(line);
        if (words.size() < 10 || words[3] != state) continue;
        const std::size_t colon = words[1].find(':');
        if (colon == std::string_view::npos) continue;
        const auto address = address_of(words[1].substr(0, colon));
        const auto port = number<std::uint16_t>(words[1].substr(colon + 1), 16);
        const auto inode = number<std::uint64_t>(words[9]);
        if (!address || !port || !inode || *port == 0) continue;
        found.push_back(
            {.protocol = protocol, .address = *address, .port = *port, .inode = *inode});
    }
    return found;
}

std::vector<Socket> listening_unix(std::string_view table) {
    // number, references, protocol, flags, type, state, inode, path
    constexpr std::string_view accepts = "00010000";
    std::vector<Socket> found;
    for (const std::string_view line : lines_of(table)) {
        const auto words = words_of(line);
        if (words.size() < 8 || words[3] != accepts || words[4] != "0001") continue;
        const auto inode = number<std::uint64_t>(words[6]);
        const std::size_t path = line.find('/');
        if (!inode || !words[7].starts_with('/')) continue;
        found.push_back({.protocol = Socket::Protocol::unix_stream,
                         .address = std::string(line.substr(path)),
                         .inode = *inode});
    }
    return found;
}

std::vector<Mount> mounts_of(std::string_view mountinfo) {
    std::vector<Mount> found;
    for (const std::string_view line : lines_of(mountinfo)) {
        // id, parent, device, root, point, options, optional fields, -, type, source, options
        const std::size_t dash = line.find(" - ");
        if (dash == std::string_view::npos) continue;
        const auto before = words_of(line.substr(0, dash));
        const auto behind = words_of(line.substr(dash + 3));
        if (before.size() < 6 || behind.size() < 3) continue;
        found.push_back({.point = unescaped(before[4]),
                         .type = std::string(behind[0]),
                         .device = std::string(before[2]),
                         .root = unescaped(before[3]),
                         .read_only = has_word(before[5], "ro") || has_word(behind[2], "ro")});
    }
    return found;
}

std::string unit_of_cgroup(std::string_view text) {
    for (const std::string_view line : lines_of(text)) {
        const std::size_t path = line.find(":/");
        if (path == std::string_view::npos || line.contains("/user.slice/")) continue;
        std::string_view rest = line.substr(path + 2);
        while (!rest.empty()) {
            const std::size_t end = rest.find('/');
            const std::string_view part = rest.substr(0, end);
            if (part.ends_with(".service")) return std::string(part);
            rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        }
    }
    return {};
}

std::vector<std::string> paths_behind(std::string_view configuration, std::string_view word) {
    std::vector<std::string> found;
    for (const std::string_view line : lines_of(configuration)) {
        auto words = words_of(line);
        // `word = value`, `word=value`
        if (!words.empty() && words[0].starts_with(word) &&
            words[0].substr(word.size()).starts_with('='))
            words = {word, words[0].substr(word.size() + 1)};
        if (words.size() < 2 || words[0] != word) continue;
        const std::string_view value = words[1] == "=" && words.size() > 2 ? words[2] : words[1];
        if (auto path = path_in(value)) found.push_back(*std::move(path));
    }
    return found;
}

std::vector<std::string> haproxy_certificates(std::string_view configuration) {
    std::vector<std::string> found;
    for (const std::string_view line : lines_of(configuration)) {
        const auto words = words_of(line);
        if (words.empty() || words[0] != "bind") continue;
        for (std::size_t i = 1; i + 1 < words.size(); ++i)
            if (words[i] == "crt")
                if (auto path = path_in(words[i + 1])) found.push_back(*std::move(path));
    }
    return found;
}

std::vector<std::string> name_servers_of(std::string_view resolv_conf) {
    std::vector<std::string> found;
    for (const std::string_view line : lines_of(resolv_conf)) {
        const auto words = words_of(line);
        if (words.size() > 1 && words[0] == "nameserver") found.emplace_back(words[1]);
    }
    return found;
}

}  // namespace vitals::discover
