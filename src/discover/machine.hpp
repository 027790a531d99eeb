// What was seen of this machine, as plain values: listeners and their owners, mounts, units and
// timers, certificates, backups. look.hpp fills it in; discoveries read it. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vitals/snapshot.hpp"

namespace vitals::discover {

struct Socket {
    enum class Protocol : std::uint8_t { tcp, udp, unix_stream };
    Protocol protocol = Protocol::tcp;
    std::string address;  // its address: 127.0.0.1, 0.0.0.0, ::1; for a unix socket its path
    std::uint16_t port = 0;
    std::uint64_t inode = 0;
    // Facts of its owner, if they are visible; else empty.
    std::string command;  // `redis-server`, at most 15 bytes
    std::string unit;     // `redis-server.service`
    bool operator==(const Socket&) const = default;
};

struct Mount {
    std::string point;
    std::string type;    // ext4, nfs4, ...
    std::string device;  // major:minor
    std::string root;    // of the file system, `/` unless a part of it is mounted
    bool read_only = false;
    bool operator==(const Mount&) const = default;
};

struct Unit {
    std::string name;
    std::string active;
    std::string sub;
};

struct Timer {
    std::string name;
    std::optional<System> last;  // ran
    std::optional<System> next;  // will run
};

struct Process {
    std::int64_t pid = 0;
    std::string command;
    std::string unit;
};

// A folder with backups, and the times of its files, newest first.
struct Folder {
    std::string path;
    std::vector<System> changed;
};

// A running container.
struct Container {
    std::string engine;  // the path of its engine's socket
    std::string name;
};

struct Machine {
    System now{};
    std::vector<Socket> sockets;
    std::vector<Process> processes;
    std::vector<Mount> mounts;
    bool has_systemd = false;
    std::vector<Unit> units;    // that are loaded
    std::vector<Timer> timers;  // that are active
    std::vector<Container> containers;
    std::vector<std::string> certificates;  // files that servers name, folders in the usual places
    std::vector<Folder> backups;
    std::vector<std::string> name_servers;  // of resolv.conf
    std::string user;                       // the user who runs this
};

}  // namespace vitals::discover
