// Binds sockets, and says in words what can go wrong.
#include "server/listening.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <stdexcept>

namespace vitals::server {
namespace {

constexpr int backlog = 4096;

void set(int descriptor, int level, int option, int value) {
    ::setsockopt(descriptor, level, option, &value, sizeof value);
}

std::string hint(int error) {
    if (error == EADDRINUSE) return "; another process listens there: stop it or choose another";
    if (error == EACCES) return "; ports below 1024 need the right to bind them";
    if (error == EADDRNOTAVAIL) return "; no interface of this machine has this address";
    return {};
}

// Returns 0 or errno; sets the port that the socket got.
int open_tcp(const addrinfo& address, std::uint16_t& port, std::vector<int>& descriptors) {
    int descriptor = ::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) return errno;
    set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1);
    set(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);  // accepted sockets inherit it
    sockaddr_storage bound{};
    std::memcpy(&bound, address.ai_addr, address.ai_addrlen);
    if (address.ai_family == AF_INET6) {
        auto& six = reinterpret_cast<sockaddr_in6&>(bound);
        // `[::]` means every address, also those of IPv4.
        bool any = std::memcmp(&six.sin6_addr, &in6addr_any, sizeof in6addr_any) == 0;
        set(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, any ? 0 : 1);
        six.sin6_port = htons(port);
    } else {
        reinterpret_cast<sockaddr_in&>(bound).sin_port = htons(port);
    }
    socklen_t size = address.ai_addrlen;
    if (::bind(descriptor, reinterpret_cast<sockaddr*>(&bound), size) != 0 ||
        ::listen(descriptor, backlog) != 0) {
        int error = errno;
        ::close(descriptor);
        return error;
    }
    ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&bound), &size);
    port = ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(bound).sin6_port
                                             : reinterpret_cast<sockaddr_in&>(bound).sin_port);
    descriptors.push_back(descriptor);
    return 0;
}

// Removes a file that a dead process left behind; any other file belongs to somebody else.
void clear_stale(const std::string& path, const sockaddr_un& address) {
    struct stat status{};
    if (::lstat(path.c_str(), &status) != 0) return;
    if (!S_ISSOCK(status.st_mode))
        throw std::runtime_error(fmt::format(
            "unix:{} cannot be listened on: there is a file of that name which is no socket",
            path));
    int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0) throw std::runtime_error(fmt::format("unix:{}: {}", path, std::strerror(errno)));
    int result = ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    int error = result == 0 ? 0 : errno;
    ::close(probe);
    if (error != ECONNREFUSED)
        throw std::runtime_error(fmt::format(
            "unix:{} cannot be listened on: {}", path,
            error == 0 || error == EAGAIN ? "another process listens there: stop it or choose "
                                            "another path"
                                          : std::strerror(error)));
    ::unlink(path.c_str());
}

Offers offers_of(const Listener& listener) {
    if (listener.protocol == Protocol::grpc) return Offers::http2;
    return listener.http2 ? Offers::http2_and_1 : Offers::none;
}

}  // namespace

std::string peer_name(int socket) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (::getpeername(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        return "somebody who is gone";
    if (address.ss_family == AF_UNIX) {
        ucred peer{};
        size = sizeof peer;
        if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
            return "somebody on this machine";
        return fmt::format("uid {}", peer.uid);
    }
    char text[NI_MAXHOST] = "";
    ::getnameinfo(reinterpret_cast<sockaddr*>(&address), size, text, sizeof text, nullptr, 0,
                  NI_NUMERICHOST);
    return text;
}

ListeningSocket::ListeningSocket(const Listener& listener) {
    try {
        if (listener.proxy_protocol)
            for (const std::string& each : listener.proxy_protocol->trusted) {
                const auto block = text::AddressBlock::parse(each);
                if (!block) throw std::runtime_error(block.error());
                trusted_.push_back(*block);
            }
        if (listener.tls) tls_ = std::make_shared<TlsContext>(*listener.tls, offers_of(listener));
        if (listener.unix_path.empty())
            bind_tcp(listener);
        else
            bind_unix(listener.unix_path);
    } catch (const std::exception& error) {
        close();
        std::string name = listener.text.empty() ? listener.host : listener.text;
        throw std::runtime_error(fmt::format("listener {}: {}", name, error.what()));
    }
}

ListeningSocket::~ListeningSocket() {
    close();
}

bool ListeningSocket::trusts(const sockaddr_storage& peer) const noexcept {
    if (peer.ss_family == AF_UNIX) return true;
    std::span<const std::uint8_t> address;
    if (peer.ss_family == AF_INET) {
        const auto& four = reinterpret_cast<const sockaddr_in&>(peer).sin_addr;
        address = {reinterpret_cast<const std::uint8_t*>(&four), sizeof four};
    } else if (peer.ss_family == AF_INET6) {
        address = reinterpret_cast<const sockaddr_in6&>(peer).sin6_addr.s6_addr;
    }
    return std::ranges::any_of(
        trusted_, [&](const text::AddressBlock& block) { return block.contains(address); });
}

void ListeningSocket::bind_tcp(const Listener& listener) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE;
    addrinfo* found = nullptr;
    std::string host = listener.host;
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    int result = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
    if (result != 0)
        throw std::runtime_error(
            fmt::format("the host {} has no address: {}", host, ::gai_strerror(result)));
    std::unique_ptr<addrinfo, void (*)(addrinfo*)> addresses(found, ::freeaddrinfo);
    port_ = listener.port;
    int error = EADDRNOTAVAIL;
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
        int failed = open_tcp(*each, port_, descriptors_);
        // A name may have an address of a family that this machine does not use.
        if (failed == EADDRNOTAVAIL || failed == EAFNOSUPPORT) continue;
        error = failed;
        if (failed != 0) break;
    }
    if (descriptors_.empty() || error != 0)
        throw std::runtime_error(fmt::format("{} port {} cannot be listened on: {}{}", host,
                                             listener.port, std::strerror(error), hint(error)));
}

void ListeningSocket::bind_unix(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        throw std::runtime_error(
            fmt::format("unix:{} cannot be listened on: the path is longer "
                        "than {} bytes",
                        path, sizeof address.sun_path - 1));
    std::memcpy(address.sun_path, path.data(), path.size());
    clear_stale(path, address);
    int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) throw std::runtime_error(std::strerror(errno));
    descriptors_.push_back(descriptor);
    // Before bind, so that at no moment others may connect; and after, whatever the umask took.
    ::fchmod(descriptor, 0660);
    if (::bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        throw std::runtime_error(
            fmt::format("unix:{} cannot be listened on: {}", path, std::strerror(errno)));
    unix_path_ = path;
    struct stat status{};
    if (::stat(path.c_str(), &status) == 0) device_ = status.st_dev, inode_ = status.st_ino;
    ::chmod(path.c_str(), 0660);
    if (::listen(descriptor, backlog) != 0)
        throw std::runtime_error(
            fmt::format("unix:{} cannot be listened on: {}", path, std::strerror(errno)));
}

void ListeningSocket::close() noexcept {
    for (int descriptor : descriptors_) ::close(descriptor);
    descriptors_.clear();
    if (unix_path_.empty()) return;
    struct stat status{};
    if (::lstat(unix_path_.c_str(), &status) == 0 && status.st_dev == device_ &&
        status.st_ino == inode_)
        ::unlink(unix_path_.c_str());
    unix_path_.clear();
}

}  // namespace vitals::server
