#include "discover/look.hpp"

#include <dirent.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <map>
#include <memory>
#include <set>

#include "backends/systemd/session.hpp"
#include "discover/engines.hpp"
#include "discover/tables.hpp"
#include "model/check_error.hpp"
#include "model/clock.hpp"
#include "model/moment.hpp"
#include "net/environment.hpp"
#include "net/file.hpp"
#include "net/loop.hpp"

namespace vitals::discover {

namespace {

using wire::dbus::Value;

constexpr std::size_t most_text = std::size_t{8} << 20;  // of one table of /proc
constexpr std::size_t most_entries = 10'000;             // of one folder

std::string text_of(const std::string& path) {
    return net::read_file(path, most_text).value_or("");
}

std::vector<std::string> names_in(const std::string& folder) {
    std::vector<std::string> names;
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(folder.c_str()), ::closedir);
    if (!directory) return names;
    while (const dirent* entry = ::readdir(directory.get())) {
        if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
        if (names.size() == most_entries) break;
    }
    std::ranges::sort(names);
    return names;
}

bool is_folder(const std::string& path) {
    struct stat status{};
    return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

// ---- processes and what they hold open
// -----------------------------------------------------------

// The inode of `socket:[123]`.
std::optional<std::uint64_t> socket_behind(const std::string& link) {
    char target[64];
    const ssize_t size = ::readlink(link.c_str(), target, sizeof target);
    constexpr std::string_view begin = "socket:[";
    const std::string_view text(target, size < 0 ? 0 : static_cast<std::size_t>(size));
    if (!text.starts_with(begin)) return std::nullopt;
    std::uint64_t inode = 0;
    std::from_chars(text.data() + begin.size(), text.data() + text.size(), inode);
    return inode;
}

void look_at_processes(const std::string& root, Steady until, Machine& machine) {
    std::map<std::uint64_t, std::vector<Socket*>> wanted;
    for (Socket& socket : machine.sockets) wanted[socket.inode].push_back(&socket);
    const std::string proc = root + "/proc/";
    for (const std::string& name : names_in(proc)) {
        Process process;
        const char* const end = name.data() + name.size();
        if (std::from_chars(name.data(), end, process.pid).ptr != end) continue;
        if (real_clock().steady() > until) return;
        process.command = text_of(proc + name + "/comm");
        if (process.command.ends_with('\n')) process.command.pop_back();
        process.unit = unit_of_cgroup(text_of(proc + name + "/cgroup"));
        for (const std::string& descriptor : names_in(proc + name + "/fd")) {
            const auto inode = socket_behind(proc + name + "/fd/" + descriptor);
            const auto found = inode ? wanted.find(*inode) : wanted.end();
            if (found == wanted.end()) continue;
            for (Socket* socket : found->second) {
                // systemd also holds the sockets of services that it starts.
                if (!socket->command.empty() && process.pid == 1) continue;
                if (!socket->command.empty() && socket->command != "systemd") continue;
                socket->command = process.command;
                socket->unit = process.unit;
            }
        }
        machine.processes.push_back(std::move(process));
    }
}

// ---- certificates
// --------------------------------------------------------------------------------

struct Mention {
    const char* folder;  // its files are read; or a file
    const char* word;    // the word before a certificate's path; null: HAProxy's form
};
constexpr Mention mentions[] = {
    {"/etc/nginx/nginx.conf", "ssl_certificate"},
    {"/etc/nginx/conf.d", "ssl_certificate"},
    {"/etc/nginx/sites-enabled", "ssl_certificate"},
    {"/etc/apache2/sites-enabled", "SSLCertificateFile"},
    {"/etc/httpd/conf.d", "SSLCertificateFile"},
    {"/etc/haproxy/haproxy.cfg", nullptr},
    {"/etc/postfix/main.cf", "smtpd_tls_cert_file"},
    {"/etc/dovecot/conf.d", "ssl_cert"},
};
constexpr const char* usual_folders[] = {"/etc/letsencrypt/live"};

// Whether a file may hold a server's certificates: not a key, and not a list of authorities.
bool may_hold_certificates(const std::string& path) {
    constexpr std::size_t longest_chain = 10;
    const auto text = net::read_file(path, most_text);
    if (!text) return text.error() == EACCES;
    constexpr std::string_view mark = "-----BEGIN CERTIFICATE-----";
    std::size_t count = 0;
    for (std::size_t at = text->find(mark); at != std::string::npos; at = text->find(mark, at + 1))
        ++count;
    return count > 0 && count <= longest_chain;
}

void look_for_certificates(const std::string& root, Machine& machine) {
    std::set<std::string> found;
    for (const char* folder : usual_folders)
        if (is_folder(root + folder)) found.insert(folder);
    // Of /etc/ssl itself, not of certs/ (authorities) and private/ (keys).
    for (const std::string& name : names_in(root + "/etc/ssl"))
        if ((name.ends_with(".pem") || name.ends_with(".crt")) &&
            may_hold_certificates(root + "/etc/ssl/" + name))
            found.insert("/etc/ssl/" + name);
    for (const Mention& mention : mentions) {
        const std::string path = root + mention.folder;
        std::vector<std::string> files;
        if (is_folder(path))
            for (const std::string& name : names_in(path)) files.push_back(path + "/" + name);
        else
            files.push_back(path);
        for (const std::string& file : files) {
            const std::string text = text_of(file);
            for (std::string& each : mention.word == nullptr ? haproxy_certificates(text)
                                                             : paths_behind(text, mention.word))
                // Certificates that certbot renews are found through its folder.
                if (!each.starts_with(usual_folders[0])) found.insert(std::move(each));
        }
    }
    machine.certificates.assign(found.begin(), found.end());
}

// ---- backups
// -------------------------------------------------------------------------------------

std::optional<System> changed(const std::string& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
    return moment_of(status.st_mtim);
}

// A server that is gone would block for ever, so network file systems are not searched.
bool lies_on_the_network(const Machine& machine, const std::string& path) {
    const Mount* nearest = nullptr;
    for (const Mount& mount : machine.mounts) {
        const bool above = path.starts_with(mount.point) &&
                           (mount.point == "/" || path.size() == mount.point.size() ||
                            path[mount.point.size()] == '/');
        if (above && (nearest == nullptr || mount.point.size() >= nearest->point.size()))
            nearest = &mount;
    }
    if (nearest == nullptr) return false;
    const std::string& type = nearest->type;
    return type.starts_with("nfs") || type.starts_with("fuse") || type.starts_with("smb") ||
           type == "cifs" || type == "autofs" || type == "ceph" || type == "9p";
}

void look_for_backups(const std::string& root, Machine& machine) {
    std::vector<std::string> folders;
    for (const char* top : {"/var/backups", "/backup", "/backups", "/srv/backup", "/srv/backups"}) {
        if (lies_on_the_network(machine, top)) continue;
        // Debian's own copies are in /var/backups itself, and change with packages.
        if (std::string_view(top) != "/var/backups") folders.emplace_back(top);
        for (const std::string& name : names_in(root + top))
            if (!lies_on_the_network(machine, std::string(top) + "/" + name) &&
                is_folder(root + top + "/" + name))
                folders.push_back(std::string(top) + "/" + name);
    }
    for (const std::string& folder : folders) {
        Folder found{.path = folder};
        for (const std::string& name : names_in(root + folder))
            if (const auto time = changed(root + folder + "/" + name))
                found.changed.push_back(*time);
        std::ranges::sort(found.changed, std::greater());
        if (!found.changed.empty()) machine.backups.push_back(std::move(found));
    }
}

// ---- systemd
// -------------------------------------------------------------------------------------

std::optional<std::uint64_t> microseconds(const Value& properties, std::string_view name) {
    const Value* const found = properties.at(name);
    const auto number = found == nullptr ? std::nullopt : found->number();
    if (!number || *number == 0 || *number > static_cast<std::uint64_t>(INT64_MAX) / 1000)
        return std::nullopt;
    return number;
}

std::optional<System> time_at(const Value& properties, std::string_view name) {
    const auto number = microseconds(properties, name);
    if (!number) return std::nullopt;
    return System(std::chrono::microseconds(static_cast<std::int64_t>(*number)));
}

Timer timer_of(const std::string& name, const Value& properties, System now) {
    Timer timer{.name = name,
                .last = time_at(properties, "LastTriggerUSec"),
                .next = time_at(properties, "NextElapseUSecRealtime")};
    timespec monotonic{};
    ::clock_gettime(CLOCK_MONOTONIC, &monotonic);
    const auto next = microseconds(properties, "NextElapseUSecMonotonic");
    if (!timer.next && next) {
        const auto from_boot = std::chrono::seconds(monotonic.tv_sec);
        timer.next = now + std::chrono::microseconds(static_cast<std::int64_t>(*next)) - from_boot;
    }
    return timer;
}

net::awaitable<void> ask_systemd(net::Context& context, Machine& machine) {
    const backends::systemd::Manager system;
    const auto session = co_await backends::systemd::Session::open(context, system);
    machine.has_systemd = true;
    std::vector<std::string> any;
    const auto listed = co_await session->units(std::move(any));
    for (const auto& unit : listed) {
        machine.units.push_back({unit.name, unit.active, unit.sub});
        if (!unit.name.ends_with(".timer") || unit.active != "active") continue;
        const Value properties = co_await session->unit(unit.name);
        machine.timers.push_back(timer_of(unit.name, properties, machine.now));
    }
}

// Runs `ask` for at most that time. If nobody answers, or it is not permitted, nothing is proposed
// from it.
void look_by_asking(std::string_view whom, std::chrono::milliseconds patience, Machine& machine,
                    net::awaitable<void> (*ask)(net::Context&, Machine&)) {
    net::Loop loop;
    net::Environment environment(loop);
    Clock& clock = real_clock();
    const Steady deadline = clock.steady() + patience;
    net::Context context(environment, clock, "init", std::string(whom), deadline);
    const net::Task task =
        loop.spawn(ask(context, machine), [&](std::exception_ptr) { loop.stop(); });
    net::Timer timer(loop);
    timer.arm(deadline, [&] { loop.stop(); });
    loop.run();
}

std::string own_name() {
    const passwd* const entry = ::getpwuid(::geteuid());
    return entry == nullptr ? "" : entry->pw_name;
}

}  // namespace

Machine look_around(std::chrono::milliseconds patience, const std::string& root) {
    Machine machine;
    Clock& clock = real_clock();
    const Steady until = clock.steady() + patience;
    machine.now = clock.system();
    machine.user = own_name();
    using enum Socket::Protocol;
    const auto add = [&](std::vector<Socket> sockets) {
        std::ranges::move(sockets, std::back_inserter(machine.sockets));
    };
    for (const char* table : {"tcp", "tcp6"})
        add(listening(text_of(root + "/proc/net/" + table), tcp));
    for (const char* table : {"udp", "udp6"})
        add(listening(text_of(root + "/proc/net/" + table), udp));
    add(listening_unix(text_of(root + "/proc/net/unix")));
    machine.mounts = mounts_of(text_of(root + "/proc/self/mountinfo"));
    machine.name_servers = name_servers_of(text_of(root + "/etc/resolv.conf"));
    look_for_certificates(root, machine);
    look_for_backups(root, machine);
    look_at_processes(root, until, machine);
    const auto left = [&] {
        const auto time =
            std::chrono::duration_cast<std::chrono::milliseconds>(until - clock.steady());
        return std::max(time, std::chrono::milliseconds(200));
    };
    look_by_asking("containers", left() / 2, machine, ask_engines);
    look_by_asking("systemd", left(), machine, ask_systemd);
    return machine;
}

}  // namespace vitals::discover
