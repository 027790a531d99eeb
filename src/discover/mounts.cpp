// File systems that may fill up: those on disks and on the network, once each.
#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "discover/discovery.hpp"

namespace vitals::discover {

namespace {

// Everything else is made by the kernel, holds packages (snap) or belongs to a container.
constexpr std::array<std::string_view, 20> on_disk = {
    "ext2",     "ext3",           "ext4",  "xfs",  "btrfs", "zfs",  "f2fs", "jfs",
    "reiserfs", "bcachefs",       "nfs",   "nfs4", "cifs",  "smb3", "ceph", "fuse.sshfs",
    "9p",       "fuse.glusterfs", "ocfs2", "gfs2"};
constexpr std::array<std::string_view, 12> elsewhere = {"/proc",
                                                        "/sys",
                                                        "/dev",
                                                        "/run",
                                                        "/snap",
                                                        "/var/snap",
                                                        "/var/lib/docker",
                                                        "/var/lib/containers",
                                                        "/var/lib/kubelet",
                                                        "/var/lib/containerd",
                                                        "/boot",
                                                        "/tmp"};

bool lies_below(std::string_view path, std::string_view folder) {
    return path == folder || (path.starts_with(folder) && path[folder.size()] == '/');
}

bool counts(const Mount& mount) {
    if (mount.read_only) return false;
    if (mount.point == "/") return true;
    if (std::ranges::find(on_disk, mount.type) == on_disk.end()) return false;
    // A part of a file system that is mounted once more.
    if (mount.root != "/" && mount.type != "btrfs") return false;
    return std::ranges::none_of(
        elsewhere, [&](std::string_view folder) { return lies_below(mount.point, folder); });
}

std::string name_of(const std::string& point) {
    if (point == "/") return "disks/root";
    std::string name = point.substr(1);
    std::ranges::replace(name, '/', '-');
    return "disks/" + name;
}

std::vector<Proposal> find(const Machine& machine) {
    std::vector<const Mount*> mounts;
    for (const Mount& mount : machine.mounts)
        if (counts(mount)) mounts.push_back(&mount);
    std::ranges::sort(mounts, {},
                      [](const Mount* mount) { return std::pair(mount->point.size(), mount); });
    std::vector<Proposal> found;
    std::set<std::string> devices;
    std::set<std::string> points;
    for (const Mount* mount : mounts) {
        if (!points.insert(mount->point).second || !devices.insert(mount->device).second) continue;
        Candidate candidate{.kind = "disk", .options = {{"path", yaml_text(mount->point)}}};
        // A missing mount must not be confused with the disk below it.
        if (mount->point != "/") candidate.options.emplace_back("mount", "true");
        found.push_back({.name = name_of(mount->point),
                         .found = mount->type + " at " + mount->point,
                         .candidates = {std::move(candidate)}});
    }
    return found;
}

}  // namespace

extern const Discovery mounts;
const Discovery mounts{"File systems", find};

}  // namespace vitals::discover
