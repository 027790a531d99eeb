#include "disk.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <fstream>
#include <iterator>
#include <random>
#include <system_error>

#include <fmt/format.h>

#include "checks/file_error.hpp"
#include "checks/path_from_url.hpp"
#include "model/findings.hpp"
#include "model/space.hpp"
#include "net/reading.hpp"
#include "text/amount.hpp"
#include "text/prose.hpp"
#include "wire/procfs.hpp"

namespace vitals::checks::disk {

namespace {

constexpr long autofs_magic = 0x0187;  // linux/magic.h

// What a failed system call says about the disk. `blind` is the detail when vitals may not look.
Outcome refused(const std::string& path, int error, const char* blind) {
    const std::string text = system_text(path, error);
    if (auto own = could_not_look(text, error, blind)) return *std::move(own);
    switch (error) {
        case ENOENT:
        case ENOTDIR:
            return failed("path does not exist", ErrorClass::assertion, text);
        case EROFS:
            return failed("file system is read-only", ErrorClass::assertion, text);
        case ENOSPC:
            return failed("no space left", ErrorClass::assertion, text);
        case EDQUOT:
            return failed("quota exceeded", ErrorClass::assertion, text);
        default:
            return failed("file system does not work", ErrorClass::assertion, text);
    }
}

// Whether a file system is mounted at the path, bind mounts included.
bool is_mount_point(const std::string& path) {
    struct statx own{};
    if (::statx(AT_FDCWD, path.c_str(), 0, STATX_BASIC_STATS, &own) != 0) return false;
    if (own.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT)
        return (own.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
    struct statx parent{};  // kernels before 5.8
    if (::statx(AT_FDCWD, (path + "/..").c_str(), 0, STATX_BASIC_STATS, &parent) != 0) return false;
    return own.stx_dev_major != parent.stx_dev_major || own.stx_dev_minor != parent.stx_dev_minor ||
           own.stx_ino == parent.stx_ino;
}

// Whether nobody can write there. A mount that is read-only only for this process, as systemd and
// containers make them, says nothing about the users of the disk.
bool is_read_only(const std::string& path, const struct statfs& found) {
    if ((static_cast<unsigned long>(found.f_flags) & ST_RDONLY) == 0) return false;
    struct statx own{};
    if (::statx(AT_FDCWD, path.c_str(), 0, STATX_MNT_ID, &own) != 0) return true;
    if ((own.stx_mask & STATX_MNT_ID) == 0) return true;  // kernels before 5.8
    std::ifstream file("/proc/self/mountinfo");
    const std::string mounts{std::istreambuf_iterator<char>(file),
                             std::istreambuf_iterator<char>()};
    return wire::file_system_read_only(mounts, own.stx_mnt_id).value_or(true);
}

Outcome examine(const Options& options) {
    struct statfs found{};
    if (::statfs(options.path.c_str(), &found) != 0)
        return refused(options.path, errno, "not permitted to look at the path");
    // The automounter's own mount: the file system that it should have mounted is missing.
    const bool waiting = static_cast<long>(found.f_type) == autofs_magic;
    if (options.mount && (waiting || !is_mount_point(options.path)))
        return failed("nothing is mounted there", ErrorClass::assertion,
                      options.path + ": part of the file system around it");
    Figures figures = figures_of(found);
    figures.read_only = is_read_only(options.path, found);
    return judge(options, figures);
}

struct Descriptor {
    int number = -1;
    Descriptor() = default;
    explicit Descriptor(int number) : number(number) {}
    Descriptor(Descriptor&& other) noexcept : number(std::exchange(other.number, -1)) {}
    Descriptor& operator=(Descriptor&&) = delete;
    ~Descriptor() {
        if (number >= 0) ::close(number);
    }
};

// A file without a name. If the file system does not support that, a file whose name is removed
// before anything is written. Only a crash between two system calls leaves an empty file, which its
// name identifies.
Descriptor open_nameless(const std::string& directory) {
    const int nameless = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (nameless >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
        return Descriptor(nameless);
    std::random_device random;
    const std::string name =
        fmt::format("{}/.vitals-probe-{:08x}{:08x}", directory, random(), random());
    const int named =
        ::open(name.c_str(), O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR | O_CLOEXEC, 0600);
    if (named >= 0) ::unlink(name.c_str());
    return Descriptor(named);
}

// Writes a block to the disk itself and reads it back. Nothing if that succeeded.
std::optional<Outcome> probe(const std::string& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0)
        return refused(path, errno, "not permitted to look at the path");
    std::string directory = path;
    if (!S_ISDIR(status.st_mode)) {
        const std::size_t slash = path.rfind('/');
        directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    }
    const Descriptor file = open_nameless(directory);
    if (file.number < 0) return refused(directory, errno, "not permitted to write there");
    std::array<char, 4096> written{};
    std::mt19937 random(std::random_device{}());
    for (char& byte : written) byte = static_cast<char>(random());
    const ssize_t taken = ::pwrite(file.number, written.data(), written.size(), 0);
    if (taken < 0) return refused(directory, errno, "not permitted to write there");
    if (static_cast<std::size_t>(taken) != written.size())
        return failed("no space left", ErrorClass::assertion, directory + ": short write");
    if (::fsync(file.number) != 0) return refused(directory, errno, "not permitted to write there");
    std::array<char, 4096> found{};
    const ssize_t given = ::pread(file.number, found.data(), found.size(), 0);
    if (given < 0) return refused(directory, errno, "not permitted to read there");
    if (static_cast<std::size_t>(given) != found.size() || found != written)
        return failed("what was written is not what was read back", ErrorClass::assertion,
                      directory);
    return std::nullopt;
}

net::awaitable<Outcome> run(const Options& options, net::Context& context) {
    context.enter("stat");
    std::function<Outcome()> look = [options] { return examine(options); };
    Outcome outcome = co_await net::reading(context, std::move(look));
    if (!options.write || outcome.status == Status::failed || outcome.status == Status::unknown)
        co_return outcome;
    context.enter("write");
    std::function<std::optional<Outcome>()> write = [path = options.path] { return probe(path); };
    std::optional<Outcome> trouble = co_await net::reading(context, std::move(write));
    if (!trouble) co_return outcome;
    trouble->properties = std::move(outcome.properties);
    trouble->failed_phase = context.phase();
    co_return *std::move(trouble);
}

// The share that users have used, as df counts it: the reserve of root counts for neither side.
double share(std::uint64_t used, std::uint64_t available) {
    const double all = static_cast<double>(used) + static_cast<double>(available);
    return all > 0 ? 100 * static_cast<double>(used) / all : 0;
}

double one_decimal(double value) {
    return std::round(value * 10) / 10;
}

Verified verify(const Options& options) {
    if (options.degraded_above.value > options.failed_above.value)
        return std::unexpected("degraded_above is greater than failed_above: it could never show");
    if (options.inodes_degraded_above.value > options.inodes_failed_above.value)
        return std::unexpected(
            "inodes_degraded_above is greater than inodes_failed_above: it could never show");
    if (options.write && !options.writable)
        return std::unexpected("write: true contradicts writable: false");
    if (options.path.empty())
        return std::unexpected("path is empty: expected a path such as /var/lib");
    return {};
}

constexpr Field fields[] = {
    field<&Options::path>("path", "A path on the file system that is checked.",
                          {.example = "/var/lib/postgresql"}),
    field<&Options::mount>("mount",
                           "Whether the path itself must be a mount point. A missing mount is then "
                           "failed; otherwise the disk below it is judged instead."),
    field<&Options::writable>(
        "writable",
        "Whether the file system must be mounted for writing. With false, a read-only one is not "
        "failed, and its space is not judged. A mount that is read-only only for vitals, as under "
        "systemd's ProtectSystem, does not count."),
    field<&Options::write>("write",
                           "Whether to write 4 KiB to a file without a name, as far as the disk "
                           "itself, and to read them back."),
    field<&Options::degraded_above>("degraded_above",
                                    "Share of used space above which it is degraded; 100% never."),
    field<&Options::failed_above>("failed_above",
                                  "Share of used space above which it is failed; 100% never."),
    field<&Options::enough_free>("enough_free",
                                 "With at least this much free space the used share does not "
                                 "count; for disks so large that 5% is plenty.",
                                 {.example = "100GiB"}),
    field<&Options::inodes_degraded_above>(
        "inodes_degraded_above", "Share of used inodes above which it is degraded; 100% never."),
    field<&Options::inodes_failed_above>(
        "inodes_failed_above", "Share of used inodes above which it is failed; 100% never."),
};

constexpr std::string_view proves = R"(
    The file system that holds `path` answers, has space and inodes left for users without
    privileges (counted as df counts them), and is mounted for writing. With `mount`, it
    is the file system meant and not the one below a missing mount. With `write`, a file
    can be created there, reaches the disk and is read back. Without `write`, the check
    does not see a user's quota, or a disk that fails on writing while its mount is still
    writable. If the server of a mount is gone, the run ends in a timeout and delays
    nothing else.)"_prose;

}  // namespace

Figures figures_of(const struct statfs& counts) {
    const auto block =
        static_cast<std::uint64_t>(counts.f_frsize > 0 ? counts.f_frsize : counts.f_bsize);
    const std::uint64_t all = bytes_of(counts.f_blocks, counts.f_blocks, block);
    const std::uint64_t inodes_free = bytes_of(counts.f_ffree, counts.f_files, 1);
    Figures figures;
    figures.used_bytes = all - std::min(bytes_of(counts.f_bfree, counts.f_blocks, block), all);
    if (counts.f_blocks > 0)
        figures.available_bytes = bytes_of(counts.f_bavail, counts.f_blocks, block);
    figures.inodes_used = counts.f_files - std::min(inodes_free, counts.f_files);
    if (counts.f_files > 0) figures.inodes_available = inodes_free;
    return figures;
}

Outcome judge(const Options& options, const Figures& figures) {
    const double used = share(figures.used_bytes, figures.available_bytes);
    const double inodes = share(figures.inodes_used, figures.inodes_available);
    const std::uint64_t all = figures.used_bytes + figures.available_bytes;
    const bool counts_space = all > 0;
    const bool counts_inodes = figures.inodes_used + figures.inodes_available > 0;
    const bool for_reading = figures.read_only && !options.writable;

    Findings findings;
    if (figures.read_only && options.writable)
        findings.add(Status::failed, "file system is read-only");
    const std::string space = fmt::format("{} used, {} free", text::about_percent(used),
                                          text::about_bytes(figures.available_bytes));
    const bool plenty =
        options.enough_free && figures.available_bytes >= options.enough_free->bytes;
    if (!for_reading && !plenty)
        findings.add(judged_above(used, options.degraded_above.value, options.failed_above.value),
                     space);
    if (!for_reading)
        findings.add(judged_above(inodes, options.inodes_degraded_above.value,
                                  options.inodes_failed_above.value),
                     text::about_percent(inodes) + " of the inodes used");

    Outcome outcome = findings.outcome(counts_space ? space : "the file system counts no space");
    if (counts_space) {
        outcome.with("used_percent", one_decimal(used))
            .with("free_bytes", static_cast<std::int64_t>(figures.available_bytes))
            .with("total_bytes", static_cast<std::int64_t>(bytes_of(all, all, 1)));
    }
    if (counts_inodes) outcome.with("inodes_used_percent", one_decimal(inodes));
    outcome.with("read_only", figures.read_only);
    return outcome;
}

const Kind kind = make_kind<Options, fields, run, verify, path_from_url<Options>>(
    "disk", "A file system has space and inodes left and is mounted for writing.",
    {.proves = proves, .schemes = {"disk"}, .category = Category::system});

}  // namespace vitals::checks::disk
