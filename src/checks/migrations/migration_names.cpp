#include "migration_names.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include <fmt/format.h>

namespace vitals::checks::migrations {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool all_digits(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

// The text before the first `_`, if that is digits only.
std::string_view leading_number(std::string_view file) {
    const std::string_view number = file.substr(0, file.find('_'));
    return number.size() < file.size() && all_digits(number) ? number : std::string_view();
}

constexpr std::array<std::uint32_t, 256> crc_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t index = 0; index < table.size(); ++index) {
        std::uint32_t value = index;
        for (int bit = 0; bit < 8; ++bit)
            value = (value & 1) != 0 ? value >> 1 ^ 0xedb88320 : value >> 1;
        table.at(index) = value;
    }
    return table;
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\v\f");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\v\f") - first + 1);
}

}  // namespace

std::optional<Version> Version::parse(std::string_view text) {
    Version version;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find_first_of("._", begin), text.size());
        const std::string_view part = text.substr(begin, end - begin);
        if (!all_digits(part)) return std::nullopt;
        const auto first = part.find_first_not_of('0');
        version.parts_.emplace_back(first == part.npos ? "0" : part.substr(first));
        begin = end + 1;
    }
    while (version.parts_.size() > 1 && version.parts_.back() == "0") version.parts_.pop_back();
    return version;
}

std::string Version::text() const {
    std::string made;
    for (const std::string& part : parts_) made += (made.empty() ? "" : ".") + part;
    return made;
}

std::strong_ordering Version::operator<=>(const Version& other) const {
    const std::size_t common = std::min(parts_.size(), other.parts_.size());
    for (std::size_t index = 0; index < common; ++index) {
        const std::string& mine = parts_[index];
        const std::string& theirs = other.parts_[index];
        if (mine.size() != theirs.size()) return mine.size() <=> theirs.size();
        if (const auto order = mine.compare(theirs); order != 0) return order <=> 0;
    }
    return parts_.size() <=> other.parts_.size();
}

std::optional<Version> rails_version(std::string_view file) {
    if (!file.ends_with(".rb")) return std::nullopt;
    const std::string_view number = leading_number(file);
    if (number.empty()) return std::nullopt;
    std::string_view name = file.substr(number.size() + 1);
    name.remove_suffix(3);
    const bool good =
        std::all_of(
            name.begin(), name.end(),
            [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '_' || c == '.'; }) &&
        std::count(name.begin(), name.end(), '.') <= 1;
    return good ? Version::parse(number) : std::nullopt;
}

std::optional<Version> golang_version(std::string_view file) {
    const std::string_view number = leading_number(file);
    if (number.empty()) return std::nullopt;
    // Greedy there: the last `.up.` or `.down.` that something follows counts.
    const auto up = file.rfind(".up.", file.size() < 5 ? 0 : file.size() - 5);
    const auto down = file.rfind(".down.", file.size() < 7 ? 0 : file.size() - 7);
    if (up == file.npos || up <= number.size()) return std::nullopt;
    if (down != file.npos && down > up) return std::nullopt;
    return Version::parse(number);
}

std::optional<std::string> diesel_version(std::string_view directory) {
    const auto end = directory.find('_');
    if (end == 0 || end == directory.npos || directory.starts_with('.')) return std::nullopt;
    std::string version(directory.substr(0, end));
    std::erase(version, '-');
    if (!all_digits(version)) return std::nullopt;
    return version;
}

std::optional<FlywayName> flyway_name(std::string_view file) {
    FlywayName made;
    const auto dot = file.rfind('.');
    if (dot == file.npos || dot == 0) return std::nullopt;
    const std::string_view suffix = file.substr(dot);
    made.is_sql = suffix == ".sql";
    const bool code = suffix == ".java" || suffix == ".kt" || suffix == ".class";
    if (!made.is_sql && (!code || file.find('$') != file.npos)) return std::nullopt;
    std::string_view name = file.substr(0, dot);
    made.kind = name.front();
    if (std::string_view("VRBU").find(made.kind) == std::string_view::npos) return std::nullopt;
    name.remove_prefix(1);
    const auto separator = name.find("__");
    if (separator == name.npos) return std::nullopt;
    const std::string_view version = name.substr(0, separator);
    made.version = Version::parse(version);
    if (made.kind == 'R' ? !version.empty() : !made.version) return std::nullopt;
    made.description = name.substr(separator + 2);
    std::replace(made.description.begin(), made.description.end(), '_', ' ');
    if (made.kind == 'R' && made.description.empty()) return std::nullopt;
    return made;
}

std::int32_t flyway_checksum(std::string_view content) {
    static constexpr auto table = crc_table();
    if (content.starts_with("\xef\xbb\xbf")) content.remove_prefix(3);
    std::uint32_t crc = 0xffffffff;
    for (const char c : content) {
        if (c == '\n' || c == '\r') continue;
        crc = crc >> 8 ^ table.at((crc ^ static_cast<unsigned char>(c)) & 0xff);
    }
    return static_cast<std::int32_t>(~crc);
}

std::expected<SqitchPlan, std::string> parse_sqitch_plan(std::string_view text) {
    SqitchPlan plan;
    std::size_t number = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        std::string_view line = trimmed(text.substr(begin, end - begin));
        begin = end + 1;
        ++number;
        if (line.empty() || line.starts_with('#') || line.starts_with('@')) continue;
        if (line.starts_with('%')) {
            const auto equals = line.find('=');
            const std::string_view name = trimmed(line.substr(1, equals - 1));
            if (name == "project" && equals != line.npos)
                plan.project = trimmed(line.substr(equals + 1));
            continue;
        }
        if (line.starts_with('+') || line.starts_with('-')) {
            if (line.starts_with('-'))
                return std::unexpected(fmt::format("line {} takes a change back", number));
            line = trimmed(line.substr(1));
        }
        const std::string_view name = line.substr(0, line.find_first_of(" \t"));
        if (name.empty() || name.find_first_of("[]<>:@#") != name.npos)
            return std::unexpected(fmt::format("line {} is no change", number));
        plan.changes.emplace_back(name);
    }
    if (plan.project.empty()) return std::unexpected("there is no %project");
    return plan;
}

}  // namespace vitals::checks::migrations
