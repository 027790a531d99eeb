// Folders in which new files appear regularly: the check sees whether that continues.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "discover/discovery.hpp"

namespace vitals::discover {

namespace {

constexpr std::size_t enough = 3;  // files that show a rhythm
constexpr std::size_t looked_at = 10;
constexpr auto shortest = std::chrono::hours(1);
constexpr auto longest = std::chrono::hours(24 * 35);

// The longest time between two of the latest files.
std::optional<std::chrono::hours> rhythm(const Folder& folder) {
    if (folder.changed.size() < enough) return std::nullopt;
    System::duration gap{};
    const std::size_t count = std::min(folder.changed.size(), looked_at);
    for (std::size_t i = 1; i < count; ++i)
        gap = std::max(gap, folder.changed[i - 1] - folder.changed[i]);
    const auto hours = std::chrono::ceil<std::chrono::hours>(gap);
    if (gap < shortest || hours > longest) return std::nullopt;
    return hours;
}

std::vector<Proposal> find(const Machine& machine) {
    std::vector<Proposal> found;
    for (const Folder& folder : machine.backups) {
        const auto gap = rhythm(folder);
        if (!gap) continue;
        const std::string name = folder.path.substr(folder.path.rfind('/') + 1);
        found.push_back(
            {.name = "backups/" + name,
             .found =
                 fmt::format("new files come to {} at least every {} h", folder.path, gap->count()),
             .candidates = {{.kind = "backup",
                             .options = {{"path", yaml_text(folder.path)},
                                         {"degraded_after",
                                          fmt::format("{}h", gap->count() * 3 / 2 + 1)},
                                         {"failed_after", fmt::format("{}h", gap->count() * 3)},
                                         // They may belong to different things.
                                         {"smaller_than", "0%"},
                                         {"interval", "10m"}}}},
             .critical = false});
    }
    return found;
}

}  // namespace

extern const Discovery backups;
const Discovery backups{"Backups", find};

}  // namespace vitals::discover
